/**
 * Delays nobody tells of (`throttle.md` 4 A, finding 8): when batches take longer, a few single calls are compared with undisturbed
 * ones. If even the quick ones are slow the tenant is over its budget, and less is sent at once; if only some are slow it is their
 * database, and nothing is done.
 */
import type { Marks } from "./state.ts";

const FIRST_SAMPLES = 8;
const SAMPLES = 16;
const EPOCH_MS = 10_000;
const EPOCH_CALLS = 20;
const SLOW = 1.6;
const FAST = 1.4;
const TOO_SLOW = 2.2;
/** Batches at once per unit of work the budget allows. */
const DEPTH = 1.5;
const LEARN = 0.03;
const LEARN_CALLS = 24;
const QUIET_MS = 60_000;

export function newMarks(): Marks {
  return {
    w: 0,
    baseMs: 0,
    batchBaseMs: 0,
    samples: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    count: 0,
    wanted: false,
    epochAt: 0,
    epochMs: 0,
    epochCalls: 0,
    singles: 0,
    lag: 1,
    callMs: 0,
    lastQ: 1,
    quietUntil: 0,
    load: 0,
  };
}

/** Single calls are asked for. */
export function wantsMarks(marks: Marks): boolean {
  return marks.wanted || marks.baseMs === 0;
}

/**
 * A batch passed, undisturbed by refusals.
 * @param load that was on the wire
 * @param binding more would be sent if more were allowed at once: only then do delays matter
 */
export function hearBatch(
  marks: Marks,
  calls: number,
  tookMs: number,
  load: number,
  binding: boolean,
  t: number,
): void {
  if (calls <= 0) return;
  const perCall = tookMs / calls;
  marks.callMs = marks.callMs > 0 ? 0.9 * marks.callMs + 0.1 * perCall : perCall;
  if (calls === 1) {
    hearSingle(marks, tookMs, load, binding, t);
    return;
  }
  if (calls < 4) return;
  marks.epochMs += tookMs;
  marks.epochCalls += calls;
  if (t - marks.epochAt < EPOCH_MS || marks.epochCalls < EPOCH_CALLS) return;
  const mean = marks.epochMs / marks.epochCalls;
  marks.epochAt = t;
  marks.epochMs = 0;
  marks.epochCalls = 0;
  if (marks.w > 0) {
    if (binding) want(marks);
  } else if (marks.batchBaseMs === 0) {
    marks.batchBaseMs = mean;
  } else if (mean > SLOW * marks.batchBaseMs) {
    if (binding && t >= marks.quietUntil) want(marks);
  } else {
    marks.batchBaseMs += (mean < marks.batchBaseMs ? 0.2 : 0.05) * (mean - marks.batchBaseMs);
  }
}

function want(marks: Marks): void {
  if (marks.wanted || marks.baseMs === 0) return;
  marks.wanted = true;
  marks.count = 0;
}

function hearSingle(marks: Marks, tookMs: number, load: number, binding: boolean, t: number): void {
  if (marks.baseMs > 0 && !marks.wanted) {
    marks.lag = 0.75 * marks.lag + 0.25 * Math.min(4, tookMs / marks.baseMs);
    // Scouts that find a place and take long: look closer before more is sent.
    if (marks.w > 0) {
      if (!binding || t - marks.epochAt < EPOCH_MS) return;
      marks.epochAt = t;
      want(marks);
      return;
    }
    // Towards the lower quartile of the first single calls; later ones may be delayed already.
    marks.singles += 1;
    if (marks.singles < LEARN_CALLS)
      marks.baseMs *= tookMs < marks.baseMs ? 1 - 0.75 * LEARN : 1 + 0.25 * LEARN;
    if (binding && marks.lag > 2.4 && t >= marks.quietUntil) want(marks);
    return;
  }
  let place = marks.count;
  marks.load = Math.max(marks.count === 0 ? 0 : marks.load, load);
  while (place > 0 && (marks.samples[place - 1] ?? 0) > tookMs) {
    marks.samples[place] = marks.samples[place - 1] ?? 0;
    place -= 1;
  }
  marks.samples[place] = tookMs;
  marks.count += 1;
  if (marks.baseMs === 0) {
    if (marks.count < FIRST_SAMPLES) return;
    marks.baseMs = marks.samples[2] ?? 0;
    marks.count = 0;
    marks.epochAt = t;
    return;
  }
  if (marks.count < SAMPLES) return;
  decide(marks, (marks.samples[4] ?? 0) / marks.baseMs, t);
}

/** @param q how many times longer even the quick calls take */
function decide(marks: Marks, q: number, t: number): void {
  marks.wanted = false;
  marks.count = 0;
  marks.lag = 1;
  if (marks.w === 0) {
    marks.lastQ = q;
    if (q > SLOW) marks.w = Math.max(1, (DEPTH * marks.load) / q);
    else marks.quietUntil = t + QUIET_MS;
    return;
  }
  const last = marks.lastQ;
  marks.lastQ = q;
  if (q < FAST) {
    marks.w *= 1.25;
  } else if (q > TOO_SLOW && q > 0.9 * last) {
    // While it recovers, what is sent is less than the budget gains already.
    marks.w = Math.max(1, marks.w / 2, Math.min(marks.w, (DEPTH * marks.load) / q));
  }
}

/** The delays are gone when what they allow is more than the window anyway. */
export function freeMarks(marks: Marks, w: number): void {
  if (marks.w < w || marks.w === 0) return;
  marks.w = 0;
  marks.batchBaseMs = 0;
}
