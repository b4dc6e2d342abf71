/** `exosweep emulator`: a pretend Exchange Online, and the settings to reach it. */
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import type { Command } from "commander";
import { PROFILES, ProfileError, readProfile, startEmulator } from "../../emulator/index.ts";
import type { Emulator, EmulatorOptions } from "../../emulator/index.ts";
import { serveUntilStopped } from "../../process.ts";
import { settingsFor } from "../emulator-settings.ts";
import { errorCode, fileFault } from "../error-code.ts";
import type { Host } from "../host.ts";
import { printRecord } from "../output.ts";
import { wholeNumber } from "../scope-words.ts";
import { suggestion, UsageError } from "../usage.ts";

interface Options {
  readonly mailboxes?: string;
  readonly seed?: string;
  readonly tenants?: string;
  readonly profile?: string;
  readonly host?: string;
  readonly port?: string;
  readonly ledger?: string;
}

export function defineEmulator(command: Command, host: Host): void {
  command
    .option("--mailboxes <count>", "in each tenant")
    .option("--seed <number>", "the same seed gives the same tenants")
    .option("--tenants <count>", "how many")
    .option(
      "--profile <name|file>",
      `limits, delays and faults: ${Object.keys(PROFILES).join(", ")}, or a JSON file`,
    )
    .option("--host <address>", "where to listen, beyond loopback only when told to")
    .option("--port <number>", "a free one when absent")
    .option(
      "--ledger <file>",
      "append every call that arrives, is executed and is answered, a line of JSON each",
    )
    .addHelpText("after", "\nExample:\n  exosweep emulator --mailboxes 2000 --port 8080 > exosweep.yaml")
    .action(
      host.drainingAction(async (session, command) => {
        const emulator = await start(command.opts<Options>());
        const url = reachable(emulator.url);
        const { yaml, variables } = settingsFor(url, emulator.tenants);
        const view = { schemaVersion: 1, url: url.origin, tenants: emulator.tenants, variables };
        await printRecord(session, view, () => yaml);
        session.terminal.note(`emulator at ${url.origin}; Ctrl-C stops it. In the other terminal:`);
        for (const [name, value] of Object.entries(variables))
          session.terminal.note(`  export ${name}='${value}'`);
        // It has nothing to lose: its connections are ended at once.
        return serveUntilStopped({ stop: () => emulator.stop() }, session.signals, 0);
      }),
    );
}

async function start(options: Options): Promise<Emulator> {
  const parts: { -readonly [Key in keyof EmulatorOptions]: EmulatorOptions[Key] } = {};
  if (options.mailboxes !== undefined)
    parts.mailboxes = wholeNumber("--mailboxes", options.mailboxes, 1, 1_000_000);
  if (options.seed !== undefined) parts.seed = wholeNumber("--seed", options.seed, 0, 2 ** 31 - 1);
  if (options.tenants !== undefined) parts.tenants = wholeNumber("--tenants", options.tenants, 1, 1_000);
  if (options.port !== undefined) parts.port = wholeNumber("--port", options.port, 0, 65_535);
  if (options.host !== undefined) parts.host = options.host;
  if (options.ledger !== undefined) parts.ledgerFile = options.ledger;
  try {
    if (options.profile !== undefined) parts.profile = await profileNamed(options.profile);
    return await startEmulator(parts);
  } catch (error) {
    const isOfFile = error instanceof Error && "path" in error && typeof error.path === "string";
    if (isOfFile && error.path === options.ledger)
      throw new UsageError(
        `Cannot append to the ledger "${options.ledger}": ${errorCode(error) ?? error.message}`,
        "name a file in a folder that is there and may be written to",
        { cause: error },
      );
    if (!(error instanceof ProfileError)) throw error;
    throw new UsageError(
      error.message,
      `correct the profile, or use one of: ${Object.keys(PROFILES).join(", ")}`,
      {
        cause: error,
      },
    );
  }
}

/** @throws {ProfileError} for what is in the file; {UsageError} when there is neither such a name nor such a file */
async function profileNamed(name: string): Promise<NonNullable<EmulatorOptions["profile"]>> {
  const names = Object.keys(PROFILES);
  if (names.includes(name)) return readProfile(name);
  try {
    return readProfile(JSON.parse(await readFile(name, "utf8")));
  } catch (error) {
    if (error instanceof ProfileError) throw error;
    const what = error instanceof SyntaxError ? "it is not JSON" : fileFault(error);
    throw new UsageError(
      `Cannot use profile "${name}": ${what}`,
      `${suggestion(name, names)}use one of ${names.join(", ")}, or a JSON file`,
      { cause: error },
    );
  }
}

/** An address of this machine, where the emulator listens on all of them. */
function reachable(text: string): URL {
  const url = new URL(text);
  if (url.hostname === "0.0.0.0" || url.hostname === "[::]") url.hostname = hostname();
  return url;
}
