/** Speed and expected end of a run from what it had settled lately. Pure: time is passed in. */
import type { RunRecord } from "../journal/index.ts";
import type { RunSnapshot } from "./run-service.ts";

/** Speed is that of this long; a pause or a long Retry-After is part of it, so the end is not promised too early. */
const WINDOW_MS = 30_000;

export class RunProgress {
  #seen: { readonly atMs: number; readonly settled: number }[] = [];

  snapshot(run: RunRecord, atMs: number): RunSnapshot {
    const settled = settledOf(run);
    const last = this.#seen.at(-1);
    // A redrive opens targets again: what was seen before says nothing about it.
    if (last !== undefined && settled < last.settled) this.#seen = [];
    this.#seen.push({ atMs, settled });
    const inWindow = this.#seen.filter((seen) => atMs - seen.atMs <= WINDOW_MS);
    this.#seen = inWindow.length > 1 ? inWindow : this.#seen.slice(-2);
    const first = this.#seen[0] ?? { atMs, settled };
    const perSecond = atMs > first.atMs ? ((settled - first.settled) * 1_000) / (atMs - first.atMs) : 0;
    const left = run.manifest === undefined ? undefined : run.manifest.count - settled;
    const etaMs =
      left === undefined
        ? undefined
        : left === 0
          ? atMs
          : perSecond > 0
            ? atMs + (left / perSecond) * 1_000
            : undefined;
    return { run, atMs, perSecond, etaMs };
  }
}

/** Targets that have an outcome. */
export function settledOf(run: RunRecord): number {
  return Object.values(run.outcomes).reduce((sum, count) => sum + count, 0);
}
