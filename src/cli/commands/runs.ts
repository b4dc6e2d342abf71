/** `exosweep runs`: what was run, what is running, and the hand on the switch. */
import { userInfo } from "node:os";
import type { Command } from "commander";
import { OUTCOMES } from "../../journal/index.ts";
import type { Outcome, TargetFilter } from "../../journal/index.ts";
import { exitCodeOfRun, EXIT } from "../exit-codes.ts";
import { follow } from "../follow.ts";
import type { Host } from "../host.ts";
import { argument } from "../host.ts";
import { listPrinter, printList, printRecord } from "../output.ts";
import { printRun } from "../run-report.ts";
import { wholeNumber } from "../scope-words.ts";
import type { Session } from "../session.ts";
import { suggestion, UsageError } from "../usage.ts";
import { ITEM_COLUMNS, itemView } from "../views/item.ts";
import { runLine } from "../views/run.ts";
import { count } from "../words.ts";

const LIST_COLUMNS = ["id", "job", "tenant", "state", "targets", "settled", "rows", "startedAt", "endedAt"];

interface ItemOptions {
  readonly outcome?: string;
  readonly pending?: boolean;
  readonly fingerprint?: string;
}

export function defineRuns(runs: Command, host: Host): void {
  runs.helpCommand(false);
  addList(runs, host);
  addViews(runs, host);
  addSwitches(runs, host);
}

function addList(runs: Command, host: Host): void {
  const list = runs
    .command("list [words...]", { isDefault: true })
    .usage("[options]")
    .description("newest first (also: exosweep runs)")
    .option("--open", "only those that are not over")
    .option("--tenant <name>", "only those of this tenant")
    .option("--limit <count>", "at most so many", "50")
    .action(
      host.action(async (session, command) => {
        const word = command.args[0];
        if (word !== undefined) throw unknownCommand(word, runs);
        const { open, tenant, limit } = command.opts<{ open?: boolean; tenant?: string; limit: string }>();
        const app = await session.app();
        const found = await app.runs.list({
          ...(open === undefined ? {} : { open }),
          ...(tenant === undefined ? {} : { tenant }),
          limit: wholeNumber("--limit", limit, 1, 1_000),
        });
        await printList(session, found.map(runLine), LIST_COLUMNS);
        if (found.length === 0)
          session.terminal.note("no runs yet: start one with exosweep run, or try exosweep demo");
      }),
    );
  list.allowExcessArguments(true);
}

function addViews(runs: Command, host: Host): void {
  runs
    .command("show <run>")
    .description("one run as it stands; -o json for the whole record")
    .action(
      host.action(async (session, command) => {
        const app = await session.app();
        await printRun(session, app, await app.runs.get(argument(command, 0)), {});
      }),
    );
  runs
    .command("watch <run>")
    .description("its progress until it is over or paused; works on it when no worker is alive")
    .action(
      host.drainingAction(async (session, command) => {
        const app = await session.app();
        const { id } = await app.runs.get(argument(command, 0));
        const { run, exitCode } = await follow(session, app, id);
        return printRun(session, app, run, { exitCode });
      }),
    );
  withFilter(runs.command("items <run>"))
    .description("its mailboxes and bulk reads, each with its outcome")
    .option("--pending", "only those without an outcome")
    .action(
      host.action(async (session, command) => {
        const app = await session.app();
        const { id } = await app.runs.get(argument(command, 0));
        const printer = listPrinter(session, session.format === "csv" ? undefined : ITEM_COLUMNS);
        for await (const targets of app.runs.items(id, filterOf(command.opts<ItemOptions>())))
          await printer.add(targets.map(itemView));
        await printer.end();
      }),
    );
  runs
    .command("verify <run>")
    .description("recount everything from the single lines up; exits with 1 when something does not add up")
    .action(
      host.action(async (session, command) => {
        const app = await session.app();
        const { id } = await app.runs.get(argument(command, 0));
        const verified = await app.runs.verify(id);
        const sound = verified.problems.length === 0;
        const facts = `${count(verified.targets)} targets, ${count(verified.outcomes)} outcomes, ${count(verified.rows)} rows, sha256 ${verified.sha256}`;
        await printRecord(session, { schemaVersion: 1, id, sound, ...verified }, () =>
          [
            `run ${id}: ${sound ? "is what it says" : "does not add up"}`,
            `  ${facts}`,
            ...verified.problems.map((problem) => `  ${problem}`),
          ].join("\n"),
        );
        return sound ? EXIT.ok : EXIT.unexpected;
      }),
    );
}

function addSwitches(runs: Command, host: Host): void {
  runs
    .command("pause <run>")
    .description("let nothing more leave, in every process, until it is resumed")
    .option("--reason <text>", "kept with the run")
    .action(
      host.action(async (session, command) => {
        const app = await session.app();
        const run = await app.runs.pause(
          argument(command, 0),
          byHand(command.opts<{ reason?: string }>().reason),
        );
        await printList(session, [runLine(run)], LIST_COLUMNS);
        session.terminal.note(`next: exosweep runs resume ${run.id}`);
      }),
    );
  runs
    .command("resume <run>")
    .description("go on where it stopped; works on it when no worker is alive")
    .option("--detach", "return at once; workers do the rest")
    .action(
      host.drainingAction(async (session, command) => {
        const app = await session.app();
        const run = await app.runs.resume(argument(command, 0));
        return goOn(session, run.id, command.opts<{ detach?: boolean }>().detach === true);
      }),
    );
  runs
    .command("cancel [run]")
    .description("end it for good; what is settled stays. --all ends every open run of every tenant")
    .option("--all", "the kill switch: every open run, for every worker")
    .option("--reason <text>", "kept with the run")
    .action(
      host.action(async (session, command) => {
        const { all, reason } = command.opts<{ all?: boolean; reason?: string }>();
        const named = command.args[0];
        if ((all === true) === (named !== undefined))
          throw new UsageError("Cannot tell what to cancel", "name one run, or use --all for every open run");
        const app = await session.app();
        const cancelled =
          named === undefined
            ? await app.runs.cancelAll(byHand(reason))
            : [await app.runs.cancel(named, byHand(reason))];
        await printList(session, cancelled.map(runLine), LIST_COLUMNS);
        if (cancelled.length === 0) session.terminal.note("no run was open");
      }),
    );
  withFilter(runs.command("redrive <run>"))
    .description("try targets again that ended badly; what they had stays on record")
    .option("--detach", "return at once; workers do the rest")
    .action(
      host.drainingAction(async (session, command) => {
        const options = command.opts<ItemOptions & { detach?: boolean }>();
        if (options.outcome === undefined && options.fingerprint === undefined)
          throw new UsageError(
            "Cannot tell what to redrive",
            "name outcomes or a cause, for example --outcome failed,denied or --fingerprint TEXT",
          );
        const app = await session.app();
        const { run, targets } = await app.runs.redrive(argument(command, 0), filterOf(options));
        session.terminal.note(`${count(targets)} targets of run ${run.id} are tried again`);
        return goOn(session, run.id, options.detach === true);
      }),
    );
}

/** After a run was set going: stays with it only when otherwise nobody would work on it. */
async function goOn(session: Session, id: string, detach: boolean): Promise<number> {
  const app = await session.app();
  const run = await app.runs.get(id);
  const alone = (await app.workers()).length === 0;
  if (!detach && alone && exitCodeOfRun(run) === EXIT.ok && run.endedAtMs === undefined) {
    const followed = await follow(session, app, id);
    return printRun(session, app, followed.run, { exitCode: followed.exitCode });
  }
  await printList(session, [runLine(run)], LIST_COLUMNS);
  session.terminal.note(
    alone ? 'no worker is alive: start one with "exosweep worker"' : `next: exosweep runs watch ${id}`,
  );
  return EXIT.ok;
}

function withFilter(command: Command): Command {
  return command
    .option("--outcome <outcomes>", "only these outcomes, with commas")
    .option("--fingerprint <text>", "only failures of this cause");
}

function filterOf({ outcome, pending, fingerprint }: ItemOptions): TargetFilter {
  return {
    ...(outcome === undefined ? {} : { outcome: outcome.split(",").map(outcomeNamed) }),
    ...(pending === undefined ? {} : { pending }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
  };
}

function outcomeNamed(word: string): Outcome {
  const outcome = OUTCOMES.find((known) => known === word.trim());
  if (outcome) return outcome;
  throw new UsageError(
    `Cannot use outcome "${word.trim()}": there is no such outcome`,
    `${suggestion(word.trim(), OUTCOMES)}outcomes are: ${OUTCOMES.join(", ")}`,
  );
}

/** Who did it, and why if they said so. */
function byHand(reason: string | undefined): string {
  return `by ${userInfo().username}${reason === undefined ? "" : `: ${reason}`}`;
}

function unknownCommand(word: string, parent: Command): UsageError {
  const names = parent.commands.map((command) => command.name());
  return new UsageError(`Unknown command '${word}'`, `${suggestion(word, names)}see "exosweep runs --help"`);
}
