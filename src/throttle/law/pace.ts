/**
 * The pace learned from refusals: between two openings of the gate, what was accepted over the time it took is what the tenant can
 * sustain, whatever its burst (`throttle.md` finding 4, result 5). Held for as long as a refusal is worth, then raised until the next one.
 */
import { beginTrial, judgeUnit } from "./pace-unit.ts";
import type { Gate, LawState, Pace, Tokens } from "./state.ts";
import type { CallKind, LawSettings } from "./types.ts";

/** No pace at all. */
export const FREE = 1e9;
const MARGIN = 0.99;
/** More than this over what was held shows that the limit moved. */
const RAISED = 1.06;
/** A shorter cycle is counted together with the next. */
const SURE_MS = 10_000;
const SURE_CALLS = 60;
const HOLD_FIRST_MS = 10_000;
const HOLD_MOST_MS = 240_000;
const STEP_EVERY_MS = 4_000;
const STEP_FIRST = 0.01;
const STEP_FACTOR = 1.5;
const STEP_MOST = 0.25;
/** No pace is slower than this, or a wrong reading could stop a tenant for ever. */
const SLOWEST = 0.05;

export function newPace(): Pace {
  return {
    rate: 0,
    held: 0,
    since: 0,
    holdUntil: 0,
    holdMs: 0,
    step: 0,
    stepAt: 0,
    events: 0,
    cycleFrom: 0,
    calls: 0,
    requests: 0,
    clean: false,
    stockFrom: 0,
    stockTo: 0,
    cost: 0,
    shut: 0,
    unit: 0,
    lastCalls: 0,
    lastRequests: 0,
    trialUntil: 0,
    tokens: 0,
    tokensAt: 0,
  };
}

export function paceOf(state: LawState, kind: CallKind): Pace {
  return kind === "read" ? state.paces.read : state.paces.write;
}

/** Time passes: after the hold the pace grows, if somebody uses all of it. */
export function growPace(pace: Pace, t: number): void {
  if (pace.rate <= 0 || t < pace.holdUntil) return;
  if (pace.step === 0) {
    pace.held = pace.rate;
    pace.step = STEP_FIRST;
    pace.stepAt = t;
  }
  // One step an ask at most: no growth for time that was not used.
  if (t - pace.stepAt < STEP_EVERY_MS) return;
  pace.rate *= 1 + pace.step;
  pace.step = Math.min(STEP_MOST, pace.step * STEP_FACTOR);
  pace.stepAt = t;
}

/**
 * The gate opens: learn from the cycle that ended.
 * @param most calls of a full batch
 * @param mayTry the size of a batch is free to be chosen
 * @returns true when the pace changed
 */
export function learn(
  pace: Pace,
  gate: Gate,
  most: number,
  mayTry: boolean,
  settings: LawSettings,
  t: number,
): boolean {
  const tookMs = gate.untilAt - pace.cycleFrom;
  if (pace.calls <= 0 || tookMs <= 0) {
    pace.shut += 1;
    if (pace.shut >= 2 && pace.rate > 0) {
      pace.rate = Math.max(SLOWEST, pace.rate * 0.7);
      return true;
    }
    return false;
  }
  pace.shut = 0;
  if (pace.clean && pace.rate > 0 && tookMs < SURE_MS && pace.calls <= 2) {
    // Only who went first came through: too fast, but such a moment measures nothing.
    pace.rate = Math.max(SLOWEST, pace.rate * 0.7);
    pace.held = pace.rate;
    pace.step = 0;
    pace.holdUntil = t + HOLD_FIRST_MS;
    return true;
  }
  if (!pace.clean && tookMs < SURE_MS && pace.calls < SURE_CALLS) {
    // What was sent in the first moments is what was asked for, not what is allowed: one odd refusal must not set the pace.
    pace.cycleFrom = gate.untilAt;
    pace.stockFrom = pace.stockTo;
    pace.stockTo = 0;
    pace.calls = 0;
    pace.requests = 0;
    pace.clean = true;
    return false;
  }
  pace.events += 1;
  // The named instant is when a batch of the refused size fits: so much is there at the end, as so much was at the start.
  const stock = pace.clean ? pace.stockTo - pace.stockFrom : 0;
  const calls = (Math.max(1, pace.calls + stock) / tookMs) * 1_000;
  const requests = (Math.max(1, pace.requests) / tookMs) * 1_000;
  const before = pace.unit > 0 ? pace.lastRequests * most : pace.lastCalls;
  if (pace.clean) judgeUnit(pace, calls, requests, tookMs >= SURE_MS);
  // Learned from small batches for the first time: as if requests were counted. If calls are, the next refusal tells.
  const learned = pace.unit > 0 || (pace.unit === 0 && pace.events === 1) ? requests * most : calls;
  // Had the limit stayed, the cycle as a whole would come out at what was held, however fast its end was.
  const raised = pace.clean && pace.step > 0 && learned > RAISED * Math.max(pace.held, before);
  const rate = raised ? Math.max(learned, 0.9 * pace.rate) : learned;
  pace.rate = Math.max(SLOWEST, rate * MARGIN);
  pace.held = pace.rate;
  pace.since = t;
  pace.step = 0;
  let holdMs = HOLD_FIRST_MS;
  if (pace.events > 2) {
    const worthMs = (pace.cost / Math.max(1e-6, settings.wasteShare) / pace.rate) * 1_000;
    holdMs = Math.max(HOLD_FIRST_MS, Math.min(worthMs, 2 * Math.max(pace.holdMs, 15_000), HOLD_MOST_MS));
  }
  pace.holdMs = holdMs;
  pace.holdUntil = t + holdMs;
  pace.tokens = 0;
  pace.tokensAt = t;
  pace.cost = 0;
  // The first cycle contains the burst; short ones are too coarse by themselves.
  if (!pace.clean || tookMs >= SURE_MS) {
    pace.cycleFrom = gate.untilAt;
    pace.stockFrom = pace.stockTo;
    pace.calls = 0;
    pace.requests = 0;
    pace.clean = true;
  }
  pace.stockTo = 0;
  if (mayTry) beginTrial(pace, most, t);
  return true;
}

/** Tokens for a pace, of at most one second or one batch. @returns ms to wait, 0 when there are enough */
export function tokensWait(bucket: Tokens, rate: number, price: number, t: number): number {
  if (rate >= FREE) {
    bucket.tokens = 0;
    bucket.tokensAt = t;
    return 0;
  }
  const most = Math.max(rate, price);
  bucket.tokens = Math.min(most, bucket.tokens + (rate * (t - bucket.tokensAt)) / 1_000);
  bucket.tokensAt = t;
  if (bucket.tokens >= price) return 0;
  return ((price - bucket.tokens) / rate) * 1_000;
}
