/** What the end of a batch teaches (`throttle.md` 7.3). */
import { canaryPassed, hearBeat, isMeasured, lateBeat } from "./beat.ts";
import { stepDown } from "./batch.ts";
import { account, advance } from "./clock.ts";
import { closeGate, isNews } from "./gate.ts";
import { take } from "./leases.ts";
import { hearBatch } from "./marks.ts";
import { openGate } from "./open.ts";
import { troubleOf } from "./own-trouble.ts";
import { proveCalls } from "./pace-unit.ts";
import { paceOf } from "./pace.ts";
import { countsRequests, isBelieved, misread, read } from "./quota.ts";
import type { LawState, Lease, Pace } from "./state.ts";
import type { Alone, LawResult, LawSettings, Reaction } from "./types.ts";
import { unsend } from "./unsend.ts";
import { loadOf, noteGone, prove, slotRefused, watch } from "./window.ts";

/** @returns what changed; a lease that is not known (expired, given back, state lost) is still listened to */
export function report(
  state: LawState,
  id: string,
  result: LawResult,
  settings: LawSettings,
  nowMs: number,
): Reaction {
  const t = advance(state, nowMs);
  account(state, t);
  const { gate, window, beat, marks } = state;
  const windowFrom = Math.floor(window.w);
  const callsFrom = state.mostCalls > 0 ? Math.min(state.mostCalls, settings.maxCalls) : settings.maxCalls;
  const known = take(state, id);
  const lease = known === undefined ? stranger(state, result, t) : known;
  const pace = paceOf(state, lease.kind);
  const paceFrom = pace.rate;
  watch(state, t);
  const isCanary = beat.canaryLease === id;
  // Before it counts itself.
  noteGone(state, lease);
  state.answers += 1;
  state.answeredCalls += lease.calls;
  state.passed += result.passed;
  const retryAfterMs =
    result.retryAfterMs === undefined ? -1 : Math.max(0, Math.min(result.retryAfterMs, settings.maxWaitMs));
  if (result.rate !== undefined) read(state, result.rate, result.passed, result.passed === result.calls, t);
  if (result.balance !== undefined) {
    state.budget.balanceMs = result.balance.balanceMs;
    state.budget.rechargeMsPerHour = result.balance.rechargeMsPerHour;
    state.budget.cutoffMs = result.balance.cutoffMs;
    state.budget.at = t;
  }
  let alone: Alone = "none";
  let closed = false;
  if (isCanary) beat.canaryLease = "";

  if (result.slotRefused > 0) {
    state.refused += result.slotRefused;
    unsend(state, lease, pace, result.slotRefused);
    slotRefused(state, lease, result.tookMs, retryAfterMs, t);
    if (gate.half === 2 && lease.sentAt >= gate.scoutAt) gate.half = 1;
  } else if (result.refused > 0) {
    state.refused += result.refused;
    const trouble = troubleOf(result);
    const isScout = gate.half === 2 && lease.sentAt >= gate.scoutAt;
    if (trouble === "doubt" && !isCanary && !isScout && (gate.half === 0 || gate.doubtAt >= 0)) {
      // It, or the tenant? Another one is asked at once.
      alone = "all";
      if (gate.half === 0) {
        gate.half = 1;
        gate.doubtAt = t;
      }
    } else if (trouble === "all") {
      alone = "all";
    } else {
      alone = trouble === "doubt" ? "none" : trouble;
      closed = tenantRefused(state, lease, pace, result, retryAfterMs, settings, t);
    }
    if (alone === "all" && result.passed > 0) {
      passedBack(state, lease, settings, t);
      if (known !== undefined && result.passed > 1) {
        hearBatch(
          marks,
          result.passed,
          result.tookMs,
          loadThen(state, lease),
          state.lastWait === "window",
          t,
        );
      }
    }
  } else if (result.fault) {
    if (gate.half === 2 && lease.sentAt >= gate.scoutAt) gate.half = 1;
  } else {
    if (isCanary) canaryPassed(beat);
    passedBack(state, lease, settings, t);
    if (known !== undefined && result.passed === result.calls) {
      if (result.calls === 1) {
        window.quickestMs =
          window.quickestMs > 0 ? Math.min(window.quickestMs, result.tookMs) : result.tookMs;
      }
      hearBatch(marks, result.calls, result.tookMs, loadThen(state, lease), state.lastWait === "window", t);
    }
    if (isMeasured(beat)) beat.sinceCanary += result.passed;
  }
  if (result.tooLarge && result.calls > 1) stepDown(state, result.calls);

  const reaction: { -readonly [K in keyof Reaction]: Reaction[K] } = {
    alone,
    closedUntilMs: gate.untilAt > t ? gate.untilAt + state.baseMs : 0,
    closed,
    windowFrom,
    windowTo: Math.floor(window.w),
    callsFrom,
    callsTo: state.mostCalls > 0 ? Math.min(state.mostCalls, settings.maxCalls) : settings.maxCalls,
    roomy: gate.untilAt <= t,
  };
  if (paceFrom > 0) reaction.paceFrom = paceFrom;
  if (pace.rate > 0) reaction.paceTo = pace.rate;
  return reaction;
}

/** Stands in for a lease that is gone. */
function stranger(state: LawState, result: LawResult, t: number): Lease {
  return {
    process: "",
    kind: "read",
    calls: Math.max(1, Math.min(1_000, result.calls)),
    sentAt: t - Math.max(0, Math.min(result.tookMs, 3_600_000)),
    expiresAt: t,
    aliveAt: t,
    aliveW: state.window.w,
    aliveOk: state.window.ok,
    aliveCeiling: state.window.ceiling,
    aliveVotes: state.window.itemVotes,
    ghost: false,
    level: 0,
    callsLevel: 0,
    answers: state.answers,
    answeredCalls: state.answeredCalls,
    gone: 0,
    scout: true,
    probe: true,
    counted: true,
  };
}

/** What was on the wire when a batch left, itself included. */
function loadThen(state: LawState, lease: Lease): number {
  return loadOf(state.window, lease.level + 1, lease.callsLevel + lease.calls);
}

/** Something of a batch passed. */
function passedBack(state: LawState, lease: Lease, settings: LawSettings, t: number): void {
  const { gate } = state;
  prove(state, lease, t);
  if (lease.sentAt > gate.closedAt) gate.fails = 0;
  if (gate.half === 2 && lease.sentAt >= gate.scoutAt) openGate(state, settings, t);
}

function tenantRefused(
  state: LawState,
  lease: Lease,
  pace: Pace,
  result: LawResult,
  retryAfterMs: number,
  settings: LawSettings,
  t: number,
): boolean {
  const { gate, quota, beat, budget } = state;
  const news = isNews(gate, lease.sentAt);
  const refused = result.refused;
  if (!result.whole) state.itemwise = 1;
  if (!result.whole && result.passed > 0) {
    // Some calls of one request passed and some did not: calls are counted.
    proveCalls(pace);
    if (quota.left < lease.calls) quota.unit = Math.max(-4, quota.unit - 2);
  }
  pace.cost += refused;
  if (retryAfterMs >= 0 && result.whole) pace.stockTo = Math.max(pace.stockTo, lease.calls);
  pace.calls = Math.max(0, pace.calls - refused);
  if (result.whole || refused >= lease.calls) pace.requests = Math.max(0, pace.requests - 1);
  if (news) {
    const headers = isBelieved(quota, t);
    const units = countsRequests(quota) ? 1 : lease.calls;
    const overdrawn = budget.at >= 0 && t - budget.at < 120_000 && budget.balanceMs < budget.cutoffMs / 2;
    gate.explained = overdrawn || isMeasured(beat) || (headers && quota.left < 2 * units);
    if (headers) misread(quota, units, lease.calls, t);
  }
  const closed = closeGate(gate, t, lease.sentAt, retryAfterMs, settings.maxWaitMs);
  if (isBelieved(quota, t)) return closed;
  if (news && retryAfterMs > 0) hearBeat(beat, pace, gate.untilAt, retryAfterMs, refused);
  else lateBeat(beat, refused);
  return closed;
}
