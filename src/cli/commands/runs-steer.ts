/** `exosweep runs pause|resume|cancel|redrive`: the hand on the switch. */
import type { Command } from "commander";
import { isOver } from "../../journal/index.ts";
import { byHand, userName } from "../by-hand.ts";
import { confirm } from "../confirm.ts";
import { EXIT } from "../exit-codes.ts";
import { follow } from "../follow.ts";
import type { Host } from "../host.ts";
import { argument } from "../host.ts";
import { filterOf, withFilter } from "../item-filter.ts";
import type { ItemOptions } from "../item-filter.ts";
import { printList, printRecord } from "../output.ts";
import { printRun } from "../run-report.ts";
import type { Limits } from "../../runs/index.ts";
import type { Session } from "../session.ts";
import { numberIn, UsageError } from "../usage.ts";
import { RUN_COLUMNS, runLine } from "../views/run.ts";
import { count } from "../words.ts";

export function defineSteer(runs: Command, host: Host): void {
  runs
    .command("pause <run>")
    .description("let nothing more leave, in every process, until it is resumed")
    .option("--reason <text>", "kept with the run")
    .action(
      host.action(async (session, command) => {
        const app = await session.app();
        const { reason } = command.opts<{ reason?: string }>();
        const run = await app.runs.pause(argument(command, 0), byHand(session, reason));
        await printRun(session, app, run, {});
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
        if (named !== undefined) {
          const run = await app.runs.cancel(named, byHand(session, reason));
          await printRun(session, app, run, {});
          const open = await app.journal.countPending(run.id);
          // Their answers are still waited for: see `writes.settleMs`.
          if (open > 0)
            session.terminal.note(
              `${open} writes were on their way: what became of them is recorded by the next worker, or the next \`exosweep runs cancel ${run.id}\``,
            );
          return;
        }
        const cancelled = await app.runs.cancelAll(byHand(session, reason));
        await printList(session, cancelled.map(runLine), RUN_COLUMNS);
        if (cancelled.length === 0) session.terminal.note("no run was open");
      }),
    );
  withFilter(runs.command("redrive <run>"))
    .description("try targets again that ended badly; what they had stays on record")
    .option("--dry-run", "only say which targets it would open")
    .option("--selection <sha256>", "go on only when the selection is this one, as --dry-run said")
    .option("--yes", "of a run that writes: do not ask")
    .option("--detach", "return at once; workers do the rest")
    .action(
      host.drainingAction(async (session, command) => {
        const options = command.opts<RedriveOptions>();
        if (options.outcome === undefined && options.fingerprint === undefined && options.lines === undefined)
          throw new UsageError(
            "Cannot tell what to redrive",
            "name outcomes, a cause or lines, for example --outcome failed,denied or --fingerprint TEXT or --lines 1,5-9",
          );
        return redrive(session, argument(command, 0), options);
      }),
    );
  runs
    .command("approve <run>")
    .description("let a run that writes carry out its plan")
    .option("--plan <sha256>", "only when its plan is this one; the beginning is enough")
    .option("--detach", "return at once; workers do the rest")
    .action(
      host.drainingAction(async (session, command) => {
        const { plan, detach } = command.opts<{ plan?: string; detach?: boolean }>();
        const app = await session.app();
        const run = await app.runs.approve(argument(command, 0), userName(session), plan);
        return goOn(session, run.id, detach === true);
      }),
    );
  runs
    .command("limit <run>")
    .description("when it stops by itself; also while it goes on")
    .option("--failures <count>", "most failed targets; 0 for any number")
    .option("--percent <share>", "most failures of a hundred settled targets")
    .option("--streak <count>", "failures of one cause in a row")
    .action(
      host.action(async (session, command) => {
        const { failures, percent, streak } = command.opts<Readonly<Record<string, string | undefined>>>();
        const most = failures === undefined ? undefined : numberIn("--failures", failures, 0, 1e9);
        const app = await session.app();
        const limits = await app.runs.limit(argument(command, 0), {
          ...(most === undefined ? {} : { failures: most === 0 ? null : most }),
          ...(percent === undefined ? {} : { percent: numberIn("--percent", percent, 0, 100) }),
          ...(streak === undefined ? {} : { streak: numberIn("--streak", streak, 1, 1e9) }),
        });
        await printRecord(session, limits, () => limitsText(limits));
      }),
    );
}

/** Characters of a hash that are enough to name a selection. */
const SURE = 8;

interface RedriveOptions extends ItemOptions {
  readonly dryRun?: boolean;
  readonly selection?: string;
  readonly yes?: boolean;
  readonly detach?: boolean;
}

/** Picks, shows, asks where a write is at stake, and only then opens what was picked. */
async function redrive(session: Session, id: string, options: RedriveOptions): Promise<number> {
  const app = await session.app();
  const selection = await app.runs.select(id, filterOf(options));
  const { run, lines, sha256, outcomes } = selection;
  const found = Object.entries(outcomes).map(([outcome, n]) => `${n} ${outcome}`);
  session.terminal.note(
    `selected: ${count(lines.size)} targets (${found.join(", ") || "none"}), selection ${sha256.slice(0, 12)}`,
  );
  if (options.dryRun === true) {
    await printRecord(
      session,
      { run: run.id, targets: lines.size, outcomes, sha256 },
      () => `selection ${sha256}`,
    );
    return EXIT.ok;
  }
  const { selection: named } = options;
  // An empty variable in a script names nothing.
  if (named !== undefined && (named.length < SURE || !sha256.startsWith(named.toLowerCase())))
    throw new UsageError(
      `Cannot redrive run ${run.id}: the selection is ${sha256.slice(0, 12)}, not "${named}"`,
      "look again with --dry-run",
    );
  const writes = app.catalogue.some((job) => job.name === run.job && job.writes);
  const asked = writes && lines.size > 0 && options.yes !== true && options.selection === undefined;
  if (
    asked &&
    !(await confirm(session, String(lines.size), "add --yes, or --selection with what --dry-run says"))
  ) {
    session.terminal.note("nothing was done");
    return EXIT.ok;
  }
  const { targets } = await app.runs.redrive(selection);
  session.terminal.note(`${count(targets)} targets of run ${run.id} are tried again`);
  return goOn(session, run.id, options.detach === true);
}

function limitsText(limits: Limits): string {
  return [
    `failures  ${limits.failures ?? "any number"}`,
    `percent   ${limits.percent}`,
    `streak    ${limits.streak} of one cause`,
    `canary    ${limits.canary === 0 ? "none" : `${limits.canary} targets first${limits.released ? ", done" : ""}`}`,
  ].join("\n");
}

/** After a run was set going: stays with it only when otherwise nobody would work on it. */
async function goOn(session: Session, id: string, detach: boolean): Promise<number> {
  const app = await session.app();
  const run = await app.runs.get(id);
  const alone = (await app.workers()).length === 0;
  if (!detach && alone && !isOver(run.state)) {
    const followed = await follow(session, app, id);
    return printRun(session, app, followed.run, { exitCode: followed.exitCode });
  }
  await printRun(session, app, run, {});
  if (!isOver(run.state))
    session.terminal.note(
      alone ? 'no worker is alive: start one with "exosweep worker"' : `next: exosweep runs watch ${id}`,
    );
  return EXIT.ok;
}
