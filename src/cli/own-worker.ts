/** A worker in this process, for as long as nobody else works; and a look, every few seconds, whether work is possible at all. */
import type { App } from "../app.ts";
import { JournalError } from "../journal/index.ts";
import { stopInSteps } from "../process.ts";
import type { Worker } from "../runs/index.ts";
import type { Session } from "./session.ts";

/** How often we look whether the run has lost its last worker. */
const LOOK_MS = 2_000;
/** A journal that fails for as long as this, while nothing is settled, is full or gone. */
const FAULTY_MS = 4_000;

/** Writes that failed since the last that brought the run on. */
interface JournalFault {
  readonly error: JournalError;
  readonly sinceMs: number;
  lastMs: number;
}

export class OwnWorker {
  readonly #session: Session;
  readonly #app: App;
  #worker: Worker | undefined;
  #lookDueMs: number | undefined;
  #fault: JournalFault | undefined;
  #settled = 0;

  constructor(session: Session, app: App) {
    this.#session = session;
    this.#app = app;
    app.telemetry.on("journal:failed", ({ text, advice }) => {
      this.#fault ??= { error: new JournalError(text, advice), sinceMs: Date.now(), lastMs: 0 };
      this.#fault.lastMs = Date.now();
    });
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

  /**
   * Takes over when the last worker has died.
   * @param settled targets that have an outcome
   * @throws {JournalError} when nothing can be recorded: a worker waits for better times, a person should know
   */
  async look(nowMs: number, settled: number): Promise<void> {
    if (settled > this.#settled) this.#fault = undefined;
    this.#settled = settled;
    if (this.#fault !== undefined && this.#fault.lastMs - this.#fault.sinceMs >= FAULTY_MS)
      throw this.#fault.error;
    this.#lookDueMs ??= nowMs + LOOK_MS;
    if (nowMs < this.#lookDueMs) return;
    this.#lookDueMs = nowMs + LOOK_MS;
    try {
      await this.startIfAlone();
    } catch {
      // Redis may be away for a moment; the run goes on from the journal, and the next look comes soon.
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
