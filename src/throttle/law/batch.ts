/** How many calls a batch carries: as many as pay for its overhead, as few as a refusal may cost (`throttle.md` 7.1 batch). */
import { isBelieved, countsRequests, isBucket } from "./quota.ts";
import { paceBatch } from "./pace-unit.ts";
import type { LawState } from "./state.ts";
import type { LawAsk, LawSettings } from "./types.ts";
import { countsCalls } from "./window.ts";

/** Until so many answers came, little is put at stake. */
const EARLY_ANSWERS = 20;
const EARLY_CALLS = 5;
/** A batch that takes longer keeps its last call waiting, and its place when a process dies. */
const WORK_MS = 8_000;
const STEPS = [15, 10, 5, 2, 1];

/** Most calls in any batch. */
export function fullBatch(state: LawState, settings: LawSettings): number {
  let most = settings.maxCalls;
  if (state.mostCalls > 0) most = Math.min(most, state.mostCalls);
  return Math.max(1, Math.floor(most));
}

/** Most calls in a batch of the one who asks. */
export function mostCalls(state: LawState, ask: LawAsk, settings: LawSettings): number {
  return Math.max(1, Math.min(Math.floor(ask.maxCalls), fullBatch(state, settings)));
}

/** @param places free right now for all who want one */
export function batchSize(
  state: LawState,
  ask: LawAsk,
  settings: LawSettings,
  places: number,
  t: number,
): number {
  const { window, quota, marks, beat } = state;
  const pace = ask.kind === "read" ? state.paces.read : state.paces.write;
  const most = mostCalls(state, ask, settings);
  let calls = most;
  const headers = isBelieved(quota, t);
  if (state.answers < EARLY_ANSWERS) calls = Math.min(calls, EARLY_CALLS);
  if (marks.callMs > 0) calls = Math.min(calls, Math.max(1, Math.floor(WORK_MS / marks.callMs)));
  const byRequest = (headers && countsRequests(quota)) || pace.unit > 0;
  if (countsCalls(window)) {
    // Each call holds a place for as long as its whole batch takes.
    calls = Math.min(calls, window.itemCalls);
  } else if (!byRequest) {
    if (headers) {
      calls = Math.min(calls, Math.max(1, Math.floor(quota.left / (isBucket(quota) ? 1 : 2))));
    } else if (beat.known !== 2) calls = Math.min(calls, paceBatch(pace, most, t));
    // The last calls are spread over all places.
    calls = Math.min(calls, Math.max(1, Math.ceil(ask.waiting / Math.max(1, places))));
  }
  return Math.max(1, Math.min(calls, Math.max(1, Math.floor(ask.waiting))));
}

/** The service said so many were too many. */
export function stepDown(state: LawState, calls: number): void {
  for (const step of STEPS) {
    if (step < calls) {
      if (state.mostCalls === 0 || step < state.mostCalls) state.mostCalls = step;
      return;
    }
  }
}
