/** Stays with a run until it is over or paused, and works on it in this process when nobody else does: one command is enough. */
import { setTimeout as sleep } from "node:timers/promises";
import type { App } from "../app.ts";
import { isOver } from "../journal/index.ts";
import type { RunRecord } from "../journal/index.ts";
import { Stopped, stopInSteps } from "../process.ts";
import type { Worker } from "../runs/index.ts";
import { exitCodeOfRun } from "./exit-codes.ts";
import { lineDueAfterMs, progressBlock, progressLine } from "./progress.ts";
import type { Session } from "./session.ts";

/** How often we look whether the run has lost its last worker. */
const LONELY_MS = 5_000;

/** After this long, all counts of a process that worked are in the journal. */
const COUNTS_MS = 1_100;

export interface Followed {
  readonly run: RunRecord;
  readonly exitCode: number;
}

/** Shows progress until the run is over or paused, or until a signal: then drains and says how to go on. */
export async function follow(session: Session, app: App, id: string): Promise<Followed> {
  const help = new OwnWorker(session, app);
  try {
    const found = await app.runs.get(id);
    if (!mayMove(found)) return { run: found, exitCode: exitCodeOfRun(found) };
    await help.startIfAlone();
    const run = await watch(session, app, id, help);
    session.terminal.block([]);
    if (!session.signals.soft.aborted || !mayMove(run)) {
      const own = help.id;
      await help.stop();
      // Other processes write their counts down once a second: the record is to have the last of them.
      if (run.workers.some((worker) => worker !== own)) await sleep(COUNTS_MS);
      return { run: await app.runs.get(id), exitCode: exitCodeOfRun(run) };
    }
    const drained = await help.stop();
    session.terminal.note(interruptedWords(id, drained));
    const { reason } = session.signals.soft;
    return { run: await app.runs.get(id), exitCode: reason instanceof Stopped ? reason.exitCode : 1 };
  } finally {
    await help.stop();
  }
}

/** Not over, and not held by anybody. */
function mayMove(run: RunRecord): boolean {
  return !isOver(run.state) && run.state !== "paused";
}

async function watch(session: Session, app: App, id: string, help: OwnWorker): Promise<RunRecord> {
  const { terminal, signals } = session;
  const startedMs = Date.now();
  let lineDueMs = 0;
  let shownState: string | undefined;
  let last: RunRecord | undefined;
  for await (const snapshot of app.runs.watch(id, signals.soft)) {
    last = snapshot.run;
    if (terminal.interactive) terminal.block(progressBlock(snapshot));
    else if (snapshot.atMs >= lineDueMs || last.state !== shownState) {
      terminal.note(progressLine(snapshot));
      lineDueMs = snapshot.atMs + lineDueAfterMs(snapshot.atMs - startedMs);
      shownState = last.state;
    }
    await help.lookAgain(snapshot.atMs);
  }
  return last ?? app.runs.get(id);
}

function interruptedWords(id: string, drained: boolean): string {
  return drained
    ? `stopped; nothing is lost. Resume with: exosweep runs resume ${id} (or start: exosweep worker)`
    : `no longer watching; run ${id} goes on in its workers. Watch with: exosweep runs watch ${id}, hold with: exosweep runs pause ${id}`;
}

/** A worker in this process, for as long as nobody else works. */
class OwnWorker {
  readonly #session: Session;
  readonly #app: App;
  #worker: Worker | undefined;
  #lookDueMs = 0;

  constructor(session: Session, app: App) {
    this.#session = session;
    this.#app = app;
  }

  get id(): string | undefined {
    return this.#worker?.id;
  }

  async startIfAlone(): Promise<void> {
    if (this.#worker !== undefined || this.#session.signals.soft.aborted) return;
    const alive = await this.#app.workers();
    if (alive.length > 0) return;
    this.#worker = await this.#app.startWorker();
    this.#session.terminal.note("no worker is alive: working in this process");
  }

  /** The last worker may have died since. */
  async lookAgain(nowMs: number): Promise<void> {
    if (nowMs < this.#lookDueMs) return;
    const first = this.#lookDueMs === 0;
    this.#lookDueMs = nowMs + LONELY_MS;
    if (first) return;
    try {
      await this.startIfAlone();
    } catch {
      // Redis may be away for a moment; the run goes on from the journal, and the next look is in five seconds.
    }
  }

  /** @returns whether there was a worker to stop */
  async stop(): Promise<boolean> {
    if (this.#worker === undefined) return false;
    const { terminal, signals } = this.#session;
    if (signals.soft.aborted && !signals.hard.aborted)
      terminal.note("stopping: letting what is on the wire finish (Ctrl-C again stops at once)");
    const worker = this.#worker;
    this.#worker = undefined;
    await stopInSteps(worker, signals, this.#app.settings.tasks.drainMs);
    return true;
  }
}
