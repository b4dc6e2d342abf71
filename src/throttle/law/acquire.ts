/** Whether a batch may leave, and how large: gate, share, pace and window in this order (`throttle.md` 7.1). */
import { beatLeft, beatRate, isCanaryDue, isMeasured, measuringFactor, passBeat, useBeat } from "./beat.ts";
import { batchSize, fullBatch, mostCalls } from "./batch.ts";
import { account, advance } from "./clock.ts";
import { isAhead, memberOf, tally, type Tally, wanting, WANTS_MS } from "./leases.ts";
import { freeMarks, wantsMarks } from "./marks.ts";
import { openGate } from "./open.ts";
import { endTrial, priceOf } from "./pace-unit.ts";
import { FREE, growPace, paceOf, tokensWait } from "./pace.ts";
import { countsRequests, isBelieved, pass, quotaOpensAt, quotaRate } from "./quota.ts";
import type { LawState, Lease } from "./state.ts";
import type { Answer, Because, LawAsk, LawSettings } from "./types.ts";
import {
  adjustItemCalls,
  auditSize,
  confirmMs,
  countsCalls,
  grow,
  isDoubting,
  isProbeDue,
  loadOf,
  scoutsAllowed,
  watch,
} from "./window.ts";

/** Somebody who waits for a place asks again after so long if nobody tells him sooner. */
const ASK_AGAIN_MS = 250;
/** What two processes that were let go one after the other may differ by on their way. */
const OVERTAKEN_MS = 40;

export function acquire(state: LawState, ask: LawAsk, settings: LawSettings, nowMs: number): Answer {
  const t = advance(state, nowMs);
  account(state, t);
  const { gate, window, quota, beat, marks } = state;
  if (window.w === 0) window.w = Math.max(1, settings.startWindow);
  const sum = tally(state, ask.process, t);
  watch(state, t);
  const member = memberOf(state, ask.process, t);
  const wait = (untilAt: number, because: Because): Answer => {
    member.wantsUntil = untilAt + 1_000;
    // Whoever lets another one go first waits for what that one waits for.
    if (because !== "share") state.lastWait = because;
    state.bound = true;
    return { kind: "wait", untilMs: Math.max(t + 1, untilAt) + state.baseMs, because };
  };

  if (settings.sharePercent <= 0) return wait(t + 1_000, "operator");
  if (t < gate.untilAt) return wait(gate.untilAt, "retry-after");
  passBeat(beat, t);
  pass(quota, t);
  // A scout whose answer never came: somebody else goes first.
  if (gate.half === 2 && t >= gate.scoutAt + settings.leaseMs) gate.half = 1;
  if (gate.half === 2) {
    if (t < gate.scoutAt + confirmMs(window) || state.itemwise > 0) {
      return wait(Math.max(t + ASK_AGAIN_MS, gate.scoutAt + confirmMs(window)), "half-open");
    }
    openGate(state, settings, t);
  }
  const first = gate.half === 1;
  const most = mostCalls(state, ask, settings);
  const full = fullBatch(state, settings);
  if (!first && isAhead(state, ask.process, most, t)) return wait(t + ASK_AGAIN_MS, "share");

  const pace = paceOf(state, ask.kind);
  const share = Math.min(100, settings.sharePercent) / 100;
  // Of a pace that others use by a law of their own.
  const part = share / state.parts;
  const headers = isBelieved(quota, t);
  let rate = FREE;
  let because: Because = "pace";
  let canary = false;
  if (first) {
    // Whatever the pace: one call shows whether the gate is open.
  } else if (headers) {
    const fits = ask.waiting * wanting(state, t) * 4 <= quota.left * (countsRequests(quota) ? most : 1);
    const units = quotaRate(quota, t);
    if (units < 0) {
      adjustItemCalls(window, loadOf(window, sum.requests, sum.calls), true, most, t);
      return wait(quotaOpensAt(quota, t), "headers");
    }
    const calls = units * (countsRequests(quota) ? most : 1);
    if (!fits && calls * part < rate) {
      rate = calls * part;
      because = "headers";
    }
  } else if (isMeasured(beat)) {
    if (beatLeft(beat, pace.unit, full) * part < 1) {
      if (!isCanaryDue(beat, settings)) {
        adjustItemCalls(window, loadOf(window, sum.requests, sum.calls), true, most, t);
        return wait(beat.resetAt + 30, "pace");
      }
      canary = true;
    } else rate = Math.min(rate, beatRate(beat, pace.unit, full, t) * part);
  } else if (pace.rate > 0) {
    endTrial(pace, t);
    growPace(pace, t);
    rate = Math.min(
      rate,
      pace.rate * part * (beat.known === 1 ? measuringFactor(beat, state.itemwise > 0, t) : 1),
    );
  }
  if (
    ask.kind === "write" &&
    settings.maxWritesPerSecond !== undefined &&
    settings.maxWritesPerSecond < rate
  ) {
    rate = Math.max(0.01, settings.maxWritesPerSecond / state.parts);
    because = "destructive";
  }

  freeMarks(marks, window.w);
  let bound = Math.min(window.w, settings.maxWindow);
  if (settings.maxConcurrent !== undefined) bound = Math.min(bound, settings.maxConcurrent);
  bound = Math.max(1, bound * share);
  if (marks.w > 0) bound = Math.max(1, Math.min(bound, marks.w));
  const load = loadOf(window, sum.requests, sum.calls);
  const places = Math.max(1, Math.floor(bound) - load);
  let calls = canary ? Math.min(beat.canarySize, most) : batchSize(state, ask, settings, places, t);
  if (isMeasured(beat) && !headers && !canary) {
    calls = Math.min(calls, Math.max(1, Math.floor(beatLeft(beat, pace.unit, full))));
  }
  if (first) calls = 1;
  // An operator's pace is kept second by second.
  if (settings.maxCallsPerSecond !== undefined) {
    calls = Math.min(calls, Math.max(1, Math.floor(settings.maxCallsPerSecond)));
  }
  if (because === "destructive") calls = Math.min(calls, Math.max(1, Math.floor(rate)));
  const price = headers && countsRequests(quota) ? most : priceOf(pace, calls, full);
  const shortMs = tokensWait(pace, rate, price, t);
  if (shortMs > 0 || load + 1 > Math.floor(bound)) adjustItemCalls(window, load, shortMs > 0, most, t);
  const capRate =
    settings.maxCallsPerSecond === undefined
      ? FREE
      : Math.max(0.01, settings.maxCallsPerSecond / state.parts);
  const capMs = tokensWait(state.cap, capRate, calls, t);
  if (capMs > 0) return wait(t + Math.min(capMs, 60_000), "operator");
  if (shortMs > 0) return wait(t + Math.min(shortMs, 60_000), because);

  if (first) {
    if (sum.requests >= Math.max(1, Math.floor(bound))) return wait(t + ASK_AGAIN_MS, "window");
    gate.half = 2;
    gate.scoutAt = t;
    state.cap.tokens -= 1;
    pace.tokens -= 1;
    return go(state, ask, settings, sum, 1, true, false, t);
  }
  let scout = wantsMarks(marks) || load >= window.ok || isDoubting(window, state.answers, t);
  let probe = false;
  if (load + 1 > Math.floor(bound)) {
    const bySelf = Math.floor(bound) >= Math.floor(window.w) && share === 1;
    if (bySelf) grow(window, settings.maxWindow, t);
    const grown = bySelf && load + 1 <= Math.floor(window.w);
    if (!grown) {
      if (!bySelf || load > Math.floor(bound) || marks.wanted || !isProbeDue(state, sum, settings, t)) {
        return wait(
          t + ASK_AGAIN_MS,
          settings.maxConcurrent !== undefined && bound === settings.maxConcurrent ? "operator" : "window",
        );
      }
      // Nor may the probe overtake a full batch that another process is just putting on the wire.
      if (sum.othersSentAt >= 0 && t - sum.othersSentAt < OVERTAKEN_MS) {
        return wait(sum.othersSentAt + OVERTAKEN_MS, "window");
      }
      probe = true;
      window.probedAt = t;
      window.probedAnswers = state.answers;
    }
    scout = true;
  }
  if (scout) {
    if (!probe && load >= window.ok && sum.scouts >= scoutsAllowed(window)) {
      return wait(t + Math.min(ASK_AGAIN_MS, confirmMs(window)), "window");
    }
    calls = 1;
  } else if (sum.probes > 0 && t - sum.lastProbeAt < 1.3 * Math.max(60, window.rejectionMs)) {
    // A full batch must not race the probe for the last place.
    return wait(sum.lastProbeAt + 1.3 * Math.max(60, window.rejectionMs), "window");
  } else if (countsCalls(window)) {
    calls = Math.max(1, Math.min(calls, Math.floor(bound) - load));
    const audit = auditSize(state, load, most, t);
    if (audit > 1) {
      calls = audit;
      probe = true;
    }
  }
  state.cap.tokens -= calls;
  pace.tokens -= headers && countsRequests(quota) ? most : priceOf(pace, calls, full);
  const answer = go(state, ask, settings, sum, calls, scout, probe, t);
  if (canary) beat.canaryLease = ask.lease;
  return answer;
}

function go(
  state: LawState,
  ask: LawAsk,
  settings: LawSettings,
  sum: Tally,
  calls: number,
  scout: boolean,
  probe: boolean,
  t: number,
): Answer {
  const pace = paceOf(state, ask.kind);
  pace.calls += calls;
  pace.requests += 1;
  useBeat(state.beat, calls);
  state.quota.left -= countsRequests(state.quota) ? 1 : calls;
  const member = memberOf(state, ask.process, t);
  member.granted += calls;
  member.wantsUntil = t + WANTS_MS;
  const lease: Lease = {
    process: ask.process,
    kind: ask.kind,
    calls,
    sentAt: t,
    expiresAt: t + settings.leaseMs,
    aliveAt: t,
    aliveW: state.window.w,
    aliveOk: state.window.ok,
    aliveCeiling: state.window.ceiling,
    aliveVotes: state.window.itemVotes,
    ghost: false,
    level: sum.requests - sum.ghosts,
    callsLevel: sum.calls - sum.ghostCalls,
    answers: state.answers,
    answeredCalls: state.answeredCalls,
    gone: -1,
    scout,
    probe,
    counted: false,
  };
  state.leases[ask.lease] = lease;
  state.bound = false;
  return { kind: "go", calls, expiresAtMs: lease.expiresAt + state.baseMs, scout };
}
