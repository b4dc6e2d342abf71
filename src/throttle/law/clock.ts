/**
 * The law's own clock: starts at 0 and never runs backwards, whatever the caller's clock does (a Redis that fails over to a machine
 * whose clock is behind must not hold leases and a closed gate for the difference).
 */
import type { LawState } from "./state.ts";

/** Less than this is two callers overtaking each other. */
const BACK_MS = 50;

/** Brings the law's clock to the caller's; @returns our time */
export function advance(state: LawState, nowMs: number): number {
  const t = nowMs - state.baseMs;
  if (t < state.t - BACK_MS) state.baseMs = nowMs - state.t;
  else if (t > state.t) state.t = t;
  return state.t;
}

/** A longer silence is a pause of everybody, not use of the limit. */
const PAUSE_MS = 10_000;

/** Keeps count of the time in which the limit, and not a lack of work, decided when the next batch left. */
export function account(state: LawState, t: number): void {
  const ms = Math.min(PAUSE_MS, t - state.usedAt);
  state.usedAt = t;
  if (ms <= 0) return;
  state.openMs += ms;
  if (state.bound) state.fullMs += ms;
}
