/** The commands and options of the command line, in one view. Each command is a file in `commands/`. */
import { Command, Option } from "commander";
import { Host } from "./host.ts";
import { FORMATS } from "./session.ts";
import { Terminal } from "./terminal.ts";
import type { Sink } from "./terminal.ts";
import { exportCommand } from "./commands/export.ts";
import { initCommand } from "./commands/init.ts";
import { invokeCommand } from "./commands/invoke.ts";
import { jobsCommand } from "./commands/jobs.ts";
import { runCommand } from "./commands/run.ts";
import { runsCommand } from "./commands/runs.ts";
import { tenantsCommand } from "./commands/tenants.ts";
import { workerCommand } from "./commands/worker.ts";
import { VERSION } from "./version.ts";

/** In the order a newcomer needs them. */
const COMMANDS = [
  initCommand,
  tenantsCommand,
  jobsCommand,
  runCommand,
  runsCommand,
  exportCommand,
  invokeCommand,
  workerCommand,
];

/** The part of `process` the command line uses. */
export interface Surroundings {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Runs one command line. Never throws. @returns the exit code */
export async function runCommandLine(
  words: readonly string[],
  { stdout, stderr, env }: Surroundings,
): Promise<number> {
  const colour = !words.includes("--no-color") && (env["NO_COLOR"] ?? "") === "";
  const terminal = new Terminal(stdout, stderr, colour);
  const host = new Host(terminal, env);
  const program = buildProgram(host);
  for (const command of withSubcommands(program)) {
    // Commander neither ends the process nor speaks for itself: errors go through the host, like all others.
    command.exitOverride().configureHelp({ showGlobalOptions: true });
    command.configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => terminal.note(text.trimEnd()),
      outputError: () => {},
    });
  }
  try {
    await program.parseAsync(words.length > 0 ? [...words] : ["--help"], { from: "user" });
  } catch (error) {
    await host.fail(error, words.includes("--debug"));
  }
  await terminal.flush();
  return host.exitCode;
}

function buildProgram(host: Host): Command {
  const program = new Command("exosweep")
    .description(
      "Bulk operations on Exchange Online tenants that use all of the throttle and account for every mailbox",
    )
    .version(VERSION)
    .helpCommand(false)
    .option("--config <file>", "settings (default: ./exosweep.yaml, when it is there)")
    .option("--data <dir>", "where runs are recorded (default: ./exosweep-data)")
    .addOption(new Option("-o, --output <format>", "how results are printed").choices(FORMATS))
    .option("--no-color", "no colours (also: NO_COLOR)")
    .option("--debug", "say everything that is known of an error")
    .addHelpText("after", "\nFirst steps: exosweep demo, exosweep init. Exit codes: docs/exit-codes.md");
  for (const command of COMMANDS) program.addCommand(command(host));
  return program;
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}
