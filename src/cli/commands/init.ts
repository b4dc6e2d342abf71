/** `exosweep init`: a settings file to fill in. Asks only a person at a terminal, and never overwrites. */
import { writeFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { parseSettings } from "../../config.ts";
import { errorCode } from "../error-code.ts";
import type { Host } from "../host.ts";
import { PLACEHOLDERS, skeleton } from "../skeleton.ts";
import type { FirstTenant } from "../skeleton.ts";
import type { Session } from "../session.ts";
import { UsageError } from "../usage.ts";

const QUESTIONS: readonly (readonly [keyof FirstTenant, string])[] = [
  ["name", "What do you call the tenant"],
  ["domain", "Its initial domain, such as contoso.onmicrosoft.com"],
  ["tenantId", "Its tenant id (a GUID)"],
  ["clientId", "Client id of the app registration (a GUID)"],
];

export function defineInit(command: Command, host: Host): void {
  command
    .option("--name <name>", "what you call the tenant")
    .option("--domain <domain>", "its initial domain, such as contoso.onmicrosoft.com")
    .option("--tenant-id <guid>", "its tenant id")
    .option("--client-id <guid>", "client id of the app registration")
    .action(
      host.action(async (session, command) => {
        const given = command.opts<FirstTenant>();
        const tenant = { ...given, ...(await ask(session, given)) };
        parseSettings(skeleton({ ...PLACEHOLDERS, ...tenant }), "the answers"); // mistakes are not written
        await write(session.settingsFile, skeleton(tenant));
        await session.terminal.text(session.settingsFile);
        session.terminal.note(
          'next: fill in what is marked, set the secret in the environment, then "exosweep tenants test"',
        );
      }),
    );
}

async function ask(session: Session, given: FirstTenant): Promise<FirstTenant> {
  if (!process.stdin.isTTY || !session.terminal.interactive) return {};
  const answers: { -readonly [Key in keyof FirstTenant]: FirstTenant[Key] } = {};
  const dialogue = createInterface({ input: process.stdin, output: process.stderr });
  try {
    for (const [key, question] of QUESTIONS) {
      if (given[key] !== undefined) continue;
      const answer = (
        await dialogue.question(`${question} (Enter to fill in later): `, { signal: session.signals.soft })
      ).trim();
      if (answer !== "") answers[key] = answer;
    }
  } finally {
    dialogue.close();
  }
  return answers;
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
    throw new UsageError(
      `Cannot write "${path}": it is there already`,
      "edit it, or name another file with --config FILE",
      { cause: error },
    );
  }
}
