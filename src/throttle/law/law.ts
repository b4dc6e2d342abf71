/** The law put together (`throttle.md` 7.1): what an ask, a report and the passing of time do to the state. Changes the state in place; callers own copying. */
import {
  beatLeft,
  beatRate,
  canaryPassed,
  hearBeat,
  isCanaryDue,
  measuringFactor,
  lateBeat,
  newBeat,
  passBeat,
  useBeat,
} from "./beat.ts";
import { batchSize, mostCalls, stepDown } from "./batch.ts";
import { advance } from "./clock.ts";
import { closeGate, isNews, newGate } from "./gate.ts";
import { isAhead, memberOf, take, tally, wanting, WANTS_MS } from "./leases.ts";
import { freeMarks, hearBatch, newMarks, wantsMarks } from "./marks.ts";
import { troubleOf } from "./own-trouble.ts";
import { endTrial, growPace, learn, newPace, priceOf, tokensWait } from "./pace.ts";
import {
  countsRequests,
  isBelieved,
  misread,
  newQuota,
  pass,
  quotaOpensAt,
  quotaRate,
  read,
} from "./quota.ts";
import type { LawState, Lease, Pace } from "./state.ts";
import type {
  Alone,
  Answer,
  Because,
  CallKind,
  LawAsk,
  LawResult,
  LawSettings,
  LawView,
  Reaction,
} from "./types.ts";
import {
  auditSize,
  confirmMs,
  countsCalls,
  grow,
  isDoubting,
  isProbeDue,
  loadOf,
  newWindow,
  prove,
  scoutsAllowed,
  slotRefused,
  watch,
} from "./window.ts";

/** Somebody who waits for a place asks again after so long if nobody tells him sooner. */
const ASK_AGAIN_MS = 250;
const FREE = 1e9;

export function newState(nowMs: number): LawState {
  return {
    version: 1,
    baseMs: nowMs,
    t: 0,
    answers: 0,
    answeredCalls: 0,
    passed: 0,
    refused: 0,
    mostCalls: 0,
    movedAt: -1,
    movedUp: false,
    lastWait: "",
    itemwise: 0,
    gate: newGate(),
    window: newWindow(),
    paces: { read: newPace(), write: newPace() },
    capTokens: 0,
    capAt: 0,
    writeTokens: 0,
    writeAt: 0,
    quota: newQuota(),
    beat: newBeat(),
    budget: { balanceMs: 0, rechargeMsPerHour: 0, cutoffMs: 0, at: -1 },
    marks: newMarks(),
    leases: {},
    members: {},
  };
}

function paceOf(state: LawState, kind: CallKind): Pace {
  return kind === "read" ? state.paces.read : state.paces.write;
}

export function acquire(state: LawState, ask: LawAsk, settings: LawSettings, nowMs: number): Answer {
  const t = advance(state, nowMs);
  const { gate, window, quota, beat, marks } = state;
  if (window.w === 0) window.w = Math.max(1, settings.startWindow);
  const sum = tally(state, t);
  watch(state, t);
  const member = memberOf(state, ask.process, t);
  const wait = (untilAt: number, because: Because): Answer => {
    member.wantsUntil = untilAt + 1_000;
    state.lastWait = because;
    return { kind: "wait", untilMs: Math.max(t + 1, untilAt) + state.baseMs, because };
  };

  if (settings.sharePercent <= 0) return wait(t + 1_000, "operator");
  if (t < gate.untilAt) return wait(gate.untilAt, "retry-after");
  passBeat(beat, t);
  pass(quota, t);
  if (gate.half === 2) {
    if (t < gate.scoutAt + confirmMs(window) || state.itemwise > 0) {
      return wait(Math.max(t + ASK_AGAIN_MS, gate.scoutAt + confirmMs(window)), "half-open");
    }
    open(state, settings, t);
  }
  if (gate.half === 1) {
    gate.half = 2;
    gate.scoutAt = t;
    return go(state, ask, settings, sum, 1, true, false, t);
  }
  const most = mostCalls(state, ask, settings);
  if (isAhead(state, ask.process, most, t)) return wait(t + ASK_AGAIN_MS, "share");

  const pace = paceOf(state, ask.kind);
  const share = Math.min(100, settings.sharePercent) / 100;
  const headers = isBelieved(quota, t);
  let rate = FREE;
  let because: Because = "pace";
  let canary = false;
  if (headers) {
    const fits = ask.waiting * wanting(state, t) * 4 <= quota.left * (countsRequests(quota) ? most : 1);
    const units = quotaRate(quota, t);
    if (units < 0) return wait(quotaOpensAt(quota, t), "headers");
    const calls = units * (countsRequests(quota) ? most : 1);
    if (!fits && calls * share < rate) {
      rate = calls * share;
      because = "headers";
    }
  } else if (beat.known === 2) {
    if (beatLeft(beat) * share < 1) {
      if (!isCanaryDue(beat, settings)) return wait(beat.resetAt + 30, "pace");
      canary = true;
    } else rate = Math.min(rate, beatRate(beat, t) * share);
  } else if (pace.rate > 0) {
    endTrial(pace, t);
    growPace(pace, t);
    rate = Math.min(
      rate,
      pace.rate * share * (beat.known === 1 ? measuringFactor(beat, state.itemwise > 0, t) : 1),
    );
  }
  if (settings.maxCallsPerSecond !== undefined && settings.maxCallsPerSecond < rate) {
    rate = Math.max(0.01, settings.maxCallsPerSecond);
    because = "operator";
  }
  if (
    ask.kind === "write" &&
    settings.maxWritesPerSecond !== undefined &&
    settings.maxWritesPerSecond < rate
  ) {
    rate = Math.max(0.01, settings.maxWritesPerSecond);
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
  if (beat.known === 2 && !headers && !canary)
    calls = Math.min(calls, Math.max(1, Math.floor(beatLeft(beat))));
  const price = headers && countsRequests(quota) ? most : priceOf(pace, calls);
  const shortMs = tokensWait(pace, rate, price, t);
  if (shortMs > 0) return wait(t + Math.min(shortMs, 60_000), because);

  let scout = wantsMarks(marks) || load >= window.ok || isDoubting(window, t);
  let probe = false;
  if (load + 1 > Math.floor(bound)) {
    const bySelf = Math.floor(bound) >= Math.floor(window.w) && share === 1;
    if (bySelf) grow(window, settings.maxWindow, t);
    const grown = bySelf && load + 1 <= Math.floor(window.w);
    if (!grown) {
      if (!bySelf || marks.wanted || !isProbeDue(state, sum, settings, t)) {
        return wait(
          t + ASK_AGAIN_MS,
          settings.maxConcurrent !== undefined && bound === settings.maxConcurrent ? "operator" : "window",
        );
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
  pace.tokens -= headers && countsRequests(quota) ? most : priceOf(pace, calls);
  const answer = go(state, ask, settings, sum, calls, scout, probe, t);
  if (canary) beat.canaryLease = ask.lease;
  return answer;
}

function go(
  state: LawState,
  ask: LawAsk,
  settings: LawSettings,
  sum: { requests: number; calls: number },
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
    level: sum.requests,
    callsLevel: sum.calls,
    answers: state.answers,
    answeredCalls: state.answeredCalls,
    gone: -1,
    scout,
    probe,
    counted: false,
  };
  state.leases[ask.lease] = lease;
  return { kind: "go", calls, expiresAtMs: lease.expiresAt + state.baseMs, scout };
}

/** The gate is open again: somebody went first and was not refused. */
function open(state: LawState, settings: LawSettings, t: number): void {
  const { gate } = state;
  gate.half = 0;
  gate.doubtAt = -1;
  for (const pace of [state.paces.read, state.paces.write]) {
    if (pace.cost <= 0) continue;
    if (gate.explained) {
      pace.cycleFrom = t;
      pace.calls = 0;
      pace.requests = 0;
      pace.cost = 0;
      pace.stockFrom = pace.stockTo;
      pace.stockTo = 0;
      pace.clean = true;
    } else {
      learn(pace, gate, settings, t);
    }
  }
}

/** @returns what changed; a lease that is not known (expired, given back, state lost) is still listened to */
export function report(
  state: LawState,
  id: string,
  result: LawResult,
  settings: LawSettings,
  nowMs: number,
): Reaction {
  const t = advance(state, nowMs);
  const { gate, window, quota, beat, marks } = state;
  const windowFrom = Math.floor(window.w);
  const callsFrom = state.mostCalls > 0 ? Math.min(state.mostCalls, settings.maxCalls) : settings.maxCalls;
  const known = take(state, id);
  const lease = known === undefined ? stranger(state, result, t) : known;
  const pace = paceOf(state, lease.kind);
  const paceFrom = pace.rate;
  watch(state, t);
  const isCanary = beat.canaryLease === id;
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
      closed = tenantRefused(state, lease, pace, result, retryAfterMs, isCanary, settings, t);
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
    if (beat.known === 2) beat.sinceCanary += result.passed;
  }
  if (result.tooLarge && result.calls > 1) stepDown(state, result.calls);
  void quota;

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
  if (gate.half === 2 && lease.sentAt >= gate.scoutAt) open(state, settings, t);
}

/** What was refused was not accepted, and cost nothing. */
function unsend(state: LawState, lease: Lease, pace: Pace, calls: number): void {
  pace.calls = Math.max(0, pace.calls - calls);
  if (calls >= lease.calls) pace.requests = Math.max(0, pace.requests - 1);
  pace.tokens += calls;
  state.beat.usedCalls = Math.max(0, state.beat.usedCalls - calls);
  if (calls >= lease.calls) state.beat.usedRequests = Math.max(0, state.beat.usedRequests - 1);
  state.quota.left += countsRequests(state.quota) ? 1 : calls;
}

function tenantRefused(
  state: LawState,
  lease: Lease,
  pace: Pace,
  result: LawResult,
  retryAfterMs: number,
  isCanary: boolean,
  settings: LawSettings,
  t: number,
): boolean {
  const { gate, quota, beat, budget } = state;
  const news = isNews(gate, lease.sentAt);
  const refused = result.refused;
  if (!result.whole) state.itemwise = 1;
  pace.cost += refused;
  if (retryAfterMs >= 0 && result.whole) pace.stockTo = Math.max(pace.stockTo, lease.calls);
  pace.calls = Math.max(0, pace.calls - refused);
  if (result.whole || refused >= lease.calls) pace.requests = Math.max(0, pace.requests - 1);
  if (news) {
    const headers = isBelieved(quota, t);
    const units = countsRequests(quota) ? 1 : lease.calls;
    const overdrawn = budget.at >= 0 && t - budget.at < 120_000 && budget.balanceMs < budget.cutoffMs / 2;
    gate.explained = overdrawn || beat.known === 2 || (headers && quota.left < 2 * units);
    if (headers) misread(quota, units, lease.calls, t);
  }
  const closed = closeGate(gate, t, lease.sentAt, retryAfterMs, settings.maxWaitMs);
  if (isBelieved(quota, t)) return closed;
  if (news && retryAfterMs > 0) hearBeat(beat, pace, gate.untilAt, retryAfterMs, refused, t);
  else lateBeat(beat, refused);
  void isCanary;
  return closed;
}

/** @returns the new expiry, or undefined when the lease is not known any more */
export function renew(
  state: LawState,
  lease: string,
  settings: LawSettings,
  nowMs: number,
): number | undefined {
  const t = advance(state, nowMs);
  const found = state.leases[lease];
  if (found === undefined) return undefined;
  found.expiresAt = t + settings.leaseMs;
  return found.expiresAt + state.baseMs;
}

/** Nothing was sent. */
export function giveBack(state: LawState, id: string, nowMs: number): void {
  advance(state, nowMs);
  const lease = take(state, id);
  if (lease === undefined) return;
  unsend(state, lease, paceOf(state, lease.kind), lease.calls);
  const member = state.members[lease.process];
  if (member !== undefined) member.granted -= lease.calls;
  if (state.beat.canaryLease === id) state.beat.canaryLease = "";
  if (state.gate.half === 2 && lease.sentAt >= state.gate.scoutAt) state.gate.half = 1;
}

/** Somebody knows that nobody may send before `untilMs`: a process that heard it while the state was lost. */
export function close(state: LawState, untilMs: number, settings: LawSettings, nowMs: number): void {
  const t = advance(state, nowMs);
  const untilAt = Math.min(untilMs - state.baseMs, t + settings.maxWaitMs);
  if (untilAt <= state.gate.untilAt || untilAt <= t) return;
  state.gate.untilAt = untilAt;
  state.gate.half = 1;
  state.gate.explained = true;
}

/** What one of so many processes may do by itself while the shared state is away. Takes over a copy of the state last seen. */
export function ownShare(state: LawState, processes: number, nowMs: number): void {
  advance(state, nowMs);
  const parts = Math.max(1, processes);
  state.window.w = Math.max(1, Math.floor(state.window.w / parts));
  state.window.ok = Math.floor(state.window.ok / parts);
  state.window.ceiling = state.window.w;
  state.leases = {};
  state.members = {};
  for (const pace of [state.paces.read, state.paces.write]) {
    pace.rate /= parts;
    pace.held = pace.rate;
  }
}

/** Makes of a state that was kept from an earlier night one to start with: half of what was found, nothing on the wire. */
export function resume(state: LawState, nowMs: number): void {
  ownShare(state, 2, nowMs);
}

export function view(state: LawState, settings: LawSettings, nowMs: number): LawView {
  const t = advance(state, nowMs);
  const sum = tally(state, t);
  const { gate, window } = state;
  return {
    closedUntilMs: gate.untilAt > t ? gate.untilAt + state.baseMs : 0,
    reopening: gate.half > 0,
    window: Math.max(1, Math.floor(window.w)),
    windowProven: window.ok,
    windowSinceMs: window.changedAt + state.baseMs,
    windowUnit: countsCalls(window) ? "calls" : "requests",
    inFlight: sum.requests,
    inFlightCalls: sum.calls,
    maxCalls: state.mostCalls > 0 ? Math.min(state.mostCalls, settings.maxCalls) : settings.maxCalls,
    processes: wanting(state, t),
    used: 0,
    callsPassed: state.passed,
    callsRefused: state.refused,
  };
}
