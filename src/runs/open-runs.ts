/**
 * What every process knows of the runs there is something to do for: it looks in the journal twice a second, so that a pause or cancel said in any
 * process holds in all of them within `pollMs`. A run's signal is aborted when calls may no longer leave for it.
 */
import type { Journal, RunState } from "../journal/index.ts";
import type { Telemetry } from "../telemetry/index.ts";
import { isWorking } from "./state.ts";
import { planted } from "../test-points.ts";

export interface OpenRun {
  readonly id: string;
  readonly tenant: string;
  readonly job: string;
  readonly state: RunState;
}

interface Watched {
  run: OpenRun;
  leave: AbortController;
}

export class OpenRuns {
  readonly #journal: Journal;
  readonly #telemetry: Telemetry;
  readonly #pollMs: number;
  readonly #watched = new Map<string, Watched>();
  readonly #listeners = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #stopped = false;

  constructor(journal: Journal, telemetry: Telemetry, pollMs: number) {
    this.#journal = journal;
    this.#telemetry = telemetry;
    this.#pollMs = pollMs;
  }

  /** Resolves after the first look. */
  async start(): Promise<void> {
    await this.look();
    this.#schedule();
  }

  /** All runs there is something to do for (`Journal.openRuns`). */
  get all(): readonly OpenRun[] {
    return [...this.#watched.values()].map(({ run }) => run);
  }

  state(id: string): RunState | undefined {
    return this.#watched.get(id)?.run.state;
  }

  /** Aborted when the run was paused, cancelled or finished; already aborted for a run that is not working. */
  signal(id: string): AbortSignal {
    const watched = this.#watched.get(id);
    if (watched === undefined || !isWorking(watched.run.state))
      return AbortSignal.abort(new Error("The run is not working"));
    return watched.leave.signal;
  }

  /** Calls back after every look. @returns a function that ends it */
  onLook(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Looks now; callers at the same time share one look. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking?.catch(() => undefined); // Whoever asked for that look has heard of it.
    for (const { leave } of this.#watched.values()) leave.abort(new Error("The process is stopping"));
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.look()
        .catch(() => this.#telemetry.emit("warning", { text: "The journal could not be read: trying again" }))
        .finally(() => this.#schedule());
    }, this.#pollMs);
  }

  async #look(): Promise<void> {
    const open = await this.#journal.openRuns();
    const ids = new Set(open.map((run) => run.id));
    for (const [id, watched] of this.#watched) {
      if (ids.has(id) || planted("send-after-cancel")) continue;
      watched.leave.abort(new Error("The run is over"));
      this.#watched.delete(id);
    }
    for (const run of open) this.#see(run);
    for (const listener of this.#listeners) listener();
  }

  #see(run: OpenRun): void {
    const watched = this.#watched.get(run.id);
    if (watched === undefined) {
      this.#watched.set(run.id, { run, leave: new AbortController() });
      return;
    }
    if (run.state === "paused" && planted("send-while-paused")) return;
    if (run.state === "cancelled" && planted("send-after-cancel")) return;
    if (isWorking(watched.run.state) && !isWorking(run.state))
      watched.leave.abort(new Error(`The run is ${run.state}`));
    if (!isWorking(watched.run.state) && isWorking(run.state)) watched.leave = new AbortController();
    watched.run = run;
  }
}
