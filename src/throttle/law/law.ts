/** The law put together: what an ask, a report and the passing of time do to the state. Changes the state in place; callers own copying. */
import { advance } from "./clock.ts";
import type { LawState, Lease } from "./state.ts";
import type { Answer, LawAsk, LawResult, LawSettings, LawView, Reaction } from "./types.ts";

export function newState(nowMs: number): LawState {
  return {
    version: 1,
    baseMs: nowMs,
    t: 0,
    answers: 0,
    callAnswers: 0,
    passed: 0,
    refused: 0,
    maxCalls: 0,
    gate: { untilAt: 0, closedAt: -1, half: 0, scout: "", scoutAt: 0, fails: 0 },
    window: {
      w: 0,
      ok: 1,
      ceiling: 0,
      changedAt: 0,
      grownAt: 0,
      cutAt: 0,
      cuts: 0,
      stillUntil: 0,
      rejectionMs: 0,
    },
    leases: {},
    members: {},
  };
}

export function acquire(state: LawState, ask: LawAsk, settings: LawSettings, nowMs: number): Answer {
  const t = advance(state, nowMs);
  const { gate, window } = state;
  let inFlight = 0;
  for (const id in state.leases) {
    const lease = state.leases[id];
    if (lease === undefined) continue;
    if (lease.expiresAt <= t) {
      if (lease.scout && gate.half === 2) gate.half = 1;
      delete state.leases[id];
    } else inFlight += 1;
  }
  if (window.w === 0) window.w = settings.startWindow;
  if (t < gate.untilAt) {
    return { kind: "wait", untilMs: gate.untilAt + state.baseMs, because: "retry-after" };
  }
  if (gate.half === 2) return { kind: "wait", untilMs: t + 250 + state.baseMs, because: "half-open" };
  if (inFlight >= window.w) return { kind: "wait", untilMs: t + 250 + state.baseMs, because: "window" };
  const scout = gate.half === 1;
  if (scout) gate.half = 2;
  const calls = scout ? 1 : Math.min(10, ask.waiting, ask.maxCalls, settings.maxCalls);
  const lease: Lease = {
    process: ask.process,
    kind: ask.kind,
    calls,
    sentAt: t,
    expiresAt: t + settings.leaseMs,
    level: inFlight,
    callsLevel: 0,
    answers: state.answers,
    callAnswers: state.callAnswers,
    scout,
    probe: false,
    counted: false,
  };
  state.leases[ask.lease] = lease;
  return { kind: "go", calls, expiresAtMs: lease.expiresAt + state.baseMs, scout };
}

/** @returns what changed; a lease that is not known (expired, given back, Redis emptied) is still listened to */
export function report(
  state: LawState,
  lease: string,
  result: LawResult,
  settings: LawSettings,
  nowMs: number,
): Reaction {
  const t = advance(state, nowMs);
  const { gate, window } = state;
  const before = window.w;
  const known = state.leases[lease];
  const late = known !== undefined && known.sentAt <= gate.closedAt;
  delete state.leases[lease];
  state.answers += 1;
  if (known !== undefined && known.scout && result.passed === 0 && gate.half === 2) gate.half = 1;
  const alone =
    result.refused === 0
      ? "none"
      : result.refused === result.passedBy + result.knownBusy
        ? "all"
        : result.passedBy > 0
          ? "passed-by"
          : "none";
  let closed = false;
  if (alone !== "all" && result.refused > 0) {
    if (!late) gate.fails += 1;
    const waitMs = result.retryAfterMs ?? 2_000 * Math.pow(2, Math.max(0, Math.min(7, gate.fails - 1)));
    gate.untilAt = Math.max(gate.untilAt, t + Math.min(waitMs, settings.maxWaitMs) + 50);
    gate.half = 1;
    gate.closedAt = t;
    closed = true;
  } else if (result.slotRefused > 0) {
    window.w = Math.max(1, window.w - 1);
  } else if (result.passed > 0) {
    if (known !== undefined && known.scout && gate.half === 2) gate.half = 0;
    if (!late) gate.fails = 0;
    window.w = Math.min(settings.maxWindow, window.w + 1 / window.w);
  }
  return {
    alone,
    closedUntilMs: gate.untilAt > t ? gate.untilAt + state.baseMs : 0,
    closed,
    windowFrom: Math.floor(before),
    windowTo: Math.floor(window.w),
    callsFrom: settings.maxCalls,
    callsTo: settings.maxCalls,
    roomy: true,
  };
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
export function giveBack(state: LawState, lease: string, nowMs: number): void {
  advance(state, nowMs);
  const found = state.leases[lease];
  if (found === undefined) return;
  if (found.scout && state.gate.half === 2) state.gate.half = 1;
  delete state.leases[lease];
}

/** Somebody knows that nobody may send before `untilMs`: a process that heard it while the state was lost. */
export function close(state: LawState, untilMs: number, settings: LawSettings, nowMs: number): void {
  const t = advance(state, nowMs);
  const untilAt = Math.min(untilMs - state.baseMs, t + settings.maxWaitMs);
  if (untilAt <= state.gate.untilAt) return;
  state.gate.untilAt = untilAt;
  state.gate.half = 1;
}

/** What one of so many processes may do by itself while the shared state is away. Takes over a copy of the state last seen. */
export function ownShare(state: LawState, processes: number, nowMs: number): void {
  advance(state, nowMs);
  state.window.w = Math.max(1, Math.floor(state.window.w / Math.max(1, processes)));
}

/** Makes of a state that was kept from an earlier night one to start with: half of what was found, nothing on the wire. */
export function resume(state: LawState, nowMs: number): void {
  state.baseMs = nowMs - state.t;
  state.leases = {};
  state.members = {};
  state.window.w = Math.max(1, Math.floor(state.window.w / 2));
}

export function view(state: LawState, settings: LawSettings, nowMs: number): LawView {
  const t = advance(state, nowMs);
  let inFlight = 0;
  for (const id in state.leases) if (state.leases[id] !== undefined) inFlight += 1;
  return {
    closedUntilMs: state.gate.untilAt > t ? state.gate.untilAt + state.baseMs : 0,
    reopening: state.gate.half > 0,
    window: Math.max(1, Math.floor(state.window.w)),
    windowProven: state.window.ok,
    windowSinceMs: state.window.changedAt + state.baseMs,
    windowUnit: "requests",
    inFlight,
    inFlightCalls: 0,
    maxCalls: settings.maxCalls,
    processes: 1,
    used: 0,
    callsPassed: state.passed,
    callsRefused: state.refused,
  };
}
