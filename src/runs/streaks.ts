/** How many targets of a run, one after another, failed for one cause in this process. */
import type { Outcome } from "../journal/index.ts";
import { FAILURES } from "./limits.ts";

interface Streak {
  readonly cause: string;
  length: number;
}

export class Streaks {
  readonly #byRun = new Map<string, Streak>();

  /** @returns how many it is now; 0 after a target that did not fail */
  note(run: string, outcome: Outcome, fingerprint: string | undefined): number {
    if (!(FAILURES as readonly Outcome[]).includes(outcome)) {
      this.#byRun.delete(run);
      return 0;
    }
    const cause = `${outcome} ${fingerprint ?? ""}`;
    const streak = this.#byRun.get(run);
    const length = streak?.cause === cause ? streak.length + 1 : 1;
    this.#byRun.set(run, { cause, length });
    return length;
  }

  forget(run: string): void {
    this.#byRun.delete(run);
  }
}
