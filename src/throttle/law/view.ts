/** What people may know of the law's state: everything `throttle show` prints. Changes nothing but the clock and leases that ran out. */
import { isMeasured } from "./beat.ts";
import { advance } from "./clock.ts";
import { tally, wanting } from "./leases.ts";
import { countsRequests, isBelieved, quotaRate } from "./quota.ts";
import type { LawState } from "./state.ts";
import type { LawSettings, LawView } from "./types.ts";
import { countsCalls } from "./window.ts";

/** A limit that moved longer ago is no news. */
const LATELY_MS = 3_600_000;

type Draft = { -readonly [K in keyof LawView]: LawView[K] };

export function view(state: LawState, settings: LawSettings, nowMs: number): LawView {
  const t = advance(state, nowMs);
  const sum = tally(state, "", t);
  const { gate, window, quota, budget, marks, paces, beat } = state;
  const most = state.mostCalls > 0 ? Math.min(state.mostCalls, settings.maxCalls) : settings.maxCalls;
  const draft: Draft = {
    closedUntilMs: gate.untilAt > t ? gate.untilAt + state.baseMs : 0,
    reopening: gate.half > 0,
    window: Math.max(1, Math.floor(window.w)),
    windowProven: Math.floor(window.ok),
    windowSinceMs: window.changedAt + state.baseMs,
    windowUnit: countsCalls(window) ? "calls" : "requests",
    inFlight: sum.requests,
    inFlightCalls: sum.calls,
    maxCalls: most,
    processes: wanting(state, t),
    used: state.openMs > 0 ? Math.min(1, state.fullMs / state.openMs) : 0,
    callsPassed: state.passed,
    callsRefused: state.refused,
  };
  if (window.ceiling > 0) draft.windowCeiling = Math.floor(window.ceiling);
  if (marks.w > 0) draft.delayedWindow = Math.max(1, Math.floor(marks.w));
  if (state.lastWait !== "") draft.binds = state.lastWait;
  if (paces.write.rate > 0) draft.writePace = paces.write.rate;
  if (state.movedAt >= 0 && t - state.movedAt < LATELY_MS) {
    draft.movedAtMs = state.movedAt + state.baseMs;
    draft.movedUp = state.movedUp;
  }
  if (budget.at >= 0) {
    draft.budget = {
      balanceMs: budget.balanceMs,
      rechargeMsPerHour: budget.rechargeMsPerHour,
      cutoffMs: budget.cutoffMs,
      atMs: budget.at + state.baseMs,
    };
  }
  const believed = isBelieved(quota, t);
  if (quota.readAt >= 0) {
    draft.headers = {
      limit: quota.limit,
      remaining: Math.max(0, Math.floor(quota.left)),
      resetAtMs: quota.resetAt + state.baseMs,
      unit: countsRequests(quota) ? "requests" : "calls",
      believed,
    };
  }
  if (believed) {
    draft.pace = Math.max(0, quotaRate(quota, t)) * (countsRequests(quota) ? most : 1);
    draft.paceFrom = "headers";
    draft.paceSinceMs = quota.readAt + state.baseMs;
  } else if (isMeasured(beat)) {
    draft.pace = (beat.calls / beat.periodMs) * 1_000;
    draft.paceFrom = "refusals";
    draft.paceSinceMs = paces.read.since + state.baseMs;
  } else if (paces.read.rate > 0) {
    draft.pace = paces.read.rate;
    draft.paceFrom = "refusals";
    draft.paceSinceMs = paces.read.since + state.baseMs;
  }
  if (
    settings.maxCallsPerSecond !== undefined &&
    (draft.pace ?? settings.maxCallsPerSecond + 1) > settings.maxCallsPerSecond
  ) {
    draft.pace = settings.maxCallsPerSecond;
    draft.paceFrom = "operator";
  }
  return draft;
}
