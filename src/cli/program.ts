/** The commands and options of the command line, in one view. Each command is a file in `commands/`. */
import { Command, Option } from "commander";
import { Host } from "./host.ts";
import { FORMATS } from "./session.ts";
import { Terminal } from "./terminal.ts";
import type { Sink } from "./terminal.ts";
import { VERSION } from "./version.ts";

/** Adds arguments, options and actions to a command. */
type Definition = (command: Command, host: Host) => void;

/** In the order a newcomer needs them. What a command needs is loaded only when it is named. */
const COMMANDS: readonly (readonly [name: string, description: string, load: () => Promise<Definition>])[] = [
  [
    "demo",
    "everything at once, on a pretend tenant",
    async () => (await import("./commands/demo.ts")).defineDemo,
  ],
  ["init", "write a settings file to fill in", async () => (await import("./commands/init.ts")).defineInit],
  [
    "tenants",
    "the tenants of the settings file, and whether we can sign in to them",
    async () => (await import("./commands/tenants.ts")).defineTenants,
  ],
  ["jobs", "what can be done", async () => (await import("./commands/jobs.ts")).defineJobs],
  ["run", "run a job on a tenant", async () => (await import("./commands/run.ts")).defineRun],
  [
    "runs",
    "what was run and what is running: watch, pause, resume, cancel, redrive",
    async () => (await import("./commands/runs.ts")).defineRuns,
  ],
  [
    "schedule",
    "runs that start by themselves: add, list, next, history, pause, resume, run-now, remove",
    async () => (await import("./commands/schedule.ts")).defineSchedule,
  ],
  [
    "notify",
    "messages after scheduled runs: list, test, log, retry",
    async () => (await import("./commands/notify.ts")).defineNotify,
  ],
  [
    "apply",
    "carry out a file of changes: first its plan, then your word, then each change once",
    async () => (await import("./commands/apply.ts")).defineApply,
  ],
  [
    "reconcile",
    "writes nobody could be sure of, and your word about them",
    async () => (await import("./commands/reconcile.ts")).defineReconcile,
  ],
  [
    "throttle",
    "what was learned of a tenant's limit, and your own bounds for it",
    async () => (await import("./commands/throttle.ts")).defineThrottle,
  ],
  [
    "who-can-access",
    "who holds rights on a mailbox, since when, and how old the answer is",
    async () => (await import("./commands/access.ts")).defineWhoCanAccess,
  ],
  [
    "what-can-access",
    "the mailboxes somebody holds rights on",
    async () => (await import("./commands/access.ts")).defineWhatCanAccess,
  ],
  [
    "findings",
    "what deserves a look in a run, by your rules",
    async () => (await import("./commands/findings.ts")).defineFindings,
  ],
  [
    "rules",
    "by which rules jobs find what deserves a look",
    async () => (await import("./commands/rules.ts")).defineRules,
  ],
  ["export", "the rows of a run", async () => (await import("./commands/export.ts")).defineExport],
  [
    "import",
    "a file of another tool, as a run",
    async () => (await import("./commands/import.ts")).defineImport,
  ],
  [
    "diff",
    "what changed from one run to another",
    async () => (await import("./commands/diff.ts")).defineDiff,
  ],
  [
    "cmdlets",
    "what the app may run on a tenant, and which role is missing",
    async () => (await import("./commands/cmdlets.ts")).defineCmdlets,
  ],
  [
    "invoke",
    "run one reading cmdlet, like curl",
    async () => (await import("./commands/invoke.ts")).defineInvoke,
  ],
  [
    "worker",
    "work on open runs until stopped; start as many as you like",
    async () => (await import("./commands/worker.ts")).defineWorker,
  ],
  [
    "emulator",
    "a pretend Exchange Online, and the settings to reach it",
    async () => (await import("./commands/emulator.ts")).defineEmulator,
  ],
];

/** The part of `process` the command line uses. */
export interface Surroundings {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Runs one command line. Never throws. @returns the exit code */
export async function runCommandLine(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdout } = surroundings;
  const host = hostFor(words, surroundings);
  const { terminal } = host;
  const program = await buildProgram(host, words);
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

/** Says what went wrong where nothing was awaiting it. */
export async function sayCrash(
  error: unknown,
  words: readonly string[],
  surroundings: Surroundings,
): Promise<void> {
  const host = hostFor(words, surroundings);
  await host.fail(error, words.includes("--debug"));
  await host.terminal.flush();
}

function hostFor(words: readonly string[], { stdout, stderr, env }: Surroundings): Host {
  const colour = !words.includes("--no-color") && (env["NO_COLOR"] ?? "") === "";
  return new Host(new Terminal(stdout, stderr, colour), env);
}

async function buildProgram(host: Host, words: readonly string[]): Promise<Command> {
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
  for (const [name, description, load] of COMMANDS) {
    const command = program.command(name).description(description);
    if (words.includes(name)) (await load())(command, host);
  }
  return program;
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}
