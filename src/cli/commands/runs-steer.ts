/** `exosweep runs pause|resume|cancel|redrive`: the hand on the switch. */
import type { Command } from "commander";
import { isOver } from "../../journal/index.ts";
import { EXIT } from "../exit-codes.ts";
import { follow } from "../follow.ts";
import type { Host } from "../host.ts";
import { argument } from "../host.ts";
import { filterOf, withFilter } from "../item-filter.ts";
import type { ItemOptions } from "../item-filter.ts";
import { printList } from "../output.ts";
import { printRun } from "../run-report.ts";
import type { Session } from "../session.ts";
import { UsageError } from "../usage.ts";
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
          await printRun(session, app, await app.runs.cancel(named, byHand(session, reason)), {});
          return;
        }
        const cancelled = await app.runs.cancelAll(byHand(session, reason));
        await printList(session, cancelled.map(runLine), RUN_COLUMNS);
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

/** Who did it, and why if they said so. A user without a name (in a container, say) is a number. */
function byHand({ environment }: Session, reason: string | undefined): string {
  const user = environment["USER"] ?? environment["USERNAME"] ?? `user ${process.getuid?.() ?? "unknown"}`;
  return `by ${user}${reason === undefined ? "" : `: ${reason}`}`;
}
