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
