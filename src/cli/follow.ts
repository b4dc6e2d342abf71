/** Stays with a run until it is over or paused, and works on it in this process when nobody else does: one command is enough. */
import { setTimeout as sleep } from "node:timers/promises";
import type { App } from "../app.ts";
import { isOver } from "../journal/index.ts";
import type { RunRecord } from "../journal/index.ts";
import { Stopped } from "../process.ts";
import { COUNTED_MS } from "../runs/index.ts";
import { exitCodeOfRun } from "./exit-codes.ts";
import { settledOf } from "./views/run.ts";
import { OwnWorker } from "./own-worker.ts";
import { lastReaction, lineDueAfterMs, progressBlock, progressLine } from "./progress.ts";
import type { Session } from "./session.ts";

export interface Followed {
  readonly run: RunRecord;
  readonly exitCode: number;
}

/** Shows progress until the run is over or paused, or until a signal: then drains and says how to go on. */
export async function follow(session: Session, app: App, id: string): Promise<Followed> {
  const found = await app.runs.get(id);
  if (!mayMove(found)) return { run: found, exitCode: exitCodeOfRun(found) };
  const own = new OwnWorker(session, app);
  try {
    await own.startIfAlone();
    const run = await watch(session, app, id, own);
    session.terminal.block([]);
    const worker = own.id;
    const worked = await own.stop();
    if (mayMove(run)) {
      session.terminal.note(interruptedWords(id, worked));
      const { reason } = session.signals.soft;
      return { run: await app.runs.get(id), exitCode: reason instanceof Stopped ? reason.exitCode : 1 };
    }
    // A run that was held or cancelled has nobody who waits for the last counts of its processes; the sealer does.
    const held = run.state === "paused" || run.state === "cancelled";
    if (held && run.workers.some((other) => other !== worker)) await sleep(COUNTED_MS);
    return { run: await app.runs.get(id), exitCode: exitCodeOfRun(run) };
  } catch (error) {
    // What went wrong is on its way to the user; a worker that cannot stop either changes nothing.
    await own.stop().catch(() => undefined);
    throw error;
  }
}

/** Not over, and not held by anybody. */
function mayMove(run: RunRecord): boolean {
  return !isOver(run.state) && !["paused", "awaiting_approval", "importing"].includes(run.state);
}

async function watch(session: Session, app: App, id: string, own: OwnWorker): Promise<RunRecord> {
  const { terminal, signals } = session;
  const startedMs = Date.now();
  let lineDueMs = 0;
  let shownState: string | undefined;
  let last: RunRecord | undefined;
  for await (const snapshot of app.runs.watch(id, signals.soft)) {
    last = snapshot.run;
    if (terminal.interactive)
      terminal.block(progressBlock(snapshot, lastReaction(await app.runs.events(id, 20))));
    else if (snapshot.atMs >= lineDueMs || last.state !== shownState) {
      terminal.note(progressLine(snapshot));
      lineDueMs = snapshot.atMs + lineDueAfterMs(snapshot.atMs - startedMs);
      shownState = last.state;
    }
    await own.look(snapshot.atMs, settledOf(last));
  }
  return last ?? app.runs.get(id);
}

function interruptedWords(id: string, drained: boolean): string {
  return drained
    ? `stopped; nothing is lost. Resume with: exosweep runs resume ${id} (or start: exosweep worker)`
    : `no longer watching; run ${id} goes on in its workers. Watch with: exosweep runs watch ${id}, hold with: exosweep runs pause ${id}`;
}
