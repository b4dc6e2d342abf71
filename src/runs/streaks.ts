/** How many targets of a run, one after another, failed for one cause in this process. */
import type { Outcome } from "../journal/index.ts";

interface Streak {
  readonly cause: string;
  length: number;
}

export class Streaks {
  readonly #byRun = new Map<string, Streak>();

  /** A target failed. @returns how many it is now */
  note(run: string, outcome: Outcome, fingerprint: string | undefined): number {
    const cause = `${outcome} ${fingerprint ?? ""}`;
    const streak = this.#byRun.get(run);
    const length = streak?.cause === cause ? streak.length + 1 : 1;
    this.#byRun.set(run, { cause, length });
    return length;
  }

  /** A target did not fail, or the run is over. */
  forget(run: string): void {
    this.#byRun.delete(run);
  }
}
