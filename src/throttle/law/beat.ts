/**
 * A fixed window without headers, recognised by where its refusals end: all at one instant, again and again (`throttle.md` survey,
 * [JC321]). Once it is measured, each window is filled exactly, and now and then a single call at its end asks whether there is more.
 */
import type { Beat, Pace } from "./state.ts";
import type { LawSettings } from "./types.ts";

/** A bucket names the time until one batch fits; a window names much more. */
const LONG_WAITS = 4;
const LONGEST_WRONG = 2;
const CANARY_MOST = 20;
const SPARE_MS = 8_000;
const SOON = 1e6;

export function newBeat(): Beat {
  return {
    known: 0,
    wrong: 0,
    resetAt: 0,
    saidMs: 0,
    periodMs: 0,
    calls: 0,
    requests: 0,
    usedCalls: 0,
    usedRequests: 0,
    canaryAt: 0,
    sinceCanary: 0,
    canarySize: 1,
    canaryLease: "",
  };
}

/** The window is known, and each one is filled. */
export function isMeasured(beat: Beat): boolean {
  return beat.known === 2;
}

/** A window that is over begins anew. */
export function passBeat(beat: Beat, t: number): void {
  if (beat.known !== 2 || t < beat.resetAt) return;
  const windows = Math.floor((t - beat.resetAt) / beat.periodMs) + 1;
  beat.resetAt += windows * beat.periodMs;
  beat.usedCalls = 0;
  beat.usedRequests = 0;
  beat.canaryLease = "";
}

export function useBeat(beat: Beat, calls: number): void {
  beat.usedCalls += calls;
  beat.usedRequests += 1;
}

/** The gate closes with a named time: does it end where a window ends? */
export function hearBeat(
  beat: Beat,
  pace: Pace,
  untilAt: number,
  retryAfterMs: number,
  refusedCalls: number,
): void {
  beat.usedCalls = Math.max(0, beat.usedCalls - refusedCalls);
  beat.usedRequests = Math.max(0, beat.usedRequests - 1);
  if (beat.wrong > LONGEST_WRONG) return;
  if (beat.known === 2) {
    const off = Math.abs(untilAt - beat.resetAt);
    if (off <= Math.max(1_100, 0.03 * beat.periodMs)) {
      // Fewer calls in as many requests: perhaps it is requests that are counted.
      const asMany = beat.usedRequests >= 0.93 * beat.requests;
      // Refused with fewer requests than it holds: then it is not sure that requests are counted.
      if (!asMany && pace.unit > 0) pace.unit = 0;
      beat.calls = asMany ? Math.max(beat.usedCalls, (beat.calls + beat.usedCalls) / 2) : beat.usedCalls;
      beat.requests = beat.usedRequests;
      beat.canarySize = 1;
      beat.sinceCanary = 0;
      beat.usedCalls = 0;
      beat.usedRequests = 0;
      beat.resetAt = untilAt + beat.periodMs;
    } else {
      beat.known = 0;
      beat.wrong += 1;
    }
    return;
  }
  const windows = beat.periodMs > 0 ? Math.round((untilAt - beat.resetAt) / beat.periodMs) : 0;
  if (beat.known === 1 && windows >= 1) {
    const off = Math.abs(untilAt - beat.resetAt - windows * beat.periodMs);
    if (off <= Math.max(1_100, 0.03 * beat.periodMs)) {
      // Measured anew, and it ends where the windows ended before.
      beat.known = 2;
      beat.calls = Math.max(1, beat.usedCalls / windows);
      beat.requests = Math.max(1, beat.usedRequests / windows);
      beat.usedCalls = 0;
      beat.usedRequests = 0;
      beat.sinceCanary = 0;
      beat.resetAt = untilAt + beat.periodMs;
      return;
    }
  }
  const rate = beat.usedCalls / Math.max(1, untilAt - (beat.known === 1 ? beat.resetAt : pace.cycleFrom));
  const batch = beat.usedCalls / Math.max(1, beat.usedRequests);
  // A wait that is always the same tells of no instant.
  const isSame = Math.abs(retryAfterMs - beat.saidMs) < 500;
  beat.saidMs = retryAfterMs;
  const isLong =
    !isSame && beat.usedRequests >= 3 && retryAfterMs > 500 + (LONG_WAITS * batch) / Math.max(1e-9, rate);
  if (beat.known === 0) {
    if (isLong) beat.known = 1;
  } else if (isLong) {
    beat.known = 2;
    beat.periodMs = untilAt - beat.resetAt;
    beat.calls = beat.usedCalls;
    beat.requests = beat.usedRequests;
  } else {
    beat.known = 0;
    beat.wrong += 1;
  }
  beat.usedCalls = 0;
  beat.usedRequests = 0;
  // What was measured with small batches is asked about at once.
  beat.sinceCanary = SOON;
  beat.resetAt = beat.known === 2 ? untilAt + beat.periodMs : untilAt;
}

/** A refusal of a batch that left before the gate closed: it was counted as accepted. */
export function lateBeat(beat: Beat, refusedCalls: number): void {
  if (beat.known !== 2) return;
  beat.calls = Math.max(1, beat.calls - refusedCalls);
  beat.requests = Math.max(1, beat.requests - 1);
}

/**
 * Calls left in this window.
 * @param unit what is counted (`Pace.unit`)
 * @param most calls of a full batch
 */
export function beatLeft(beat: Beat, unit: number, most: number): number {
  const requests = beat.requests - beat.usedRequests;
  if (unit > 0) return Math.max(0, requests * most);
  if (unit === 0 && requests <= 0) return 0;
  return Math.max(0, beat.calls - beat.usedCalls);
}

export function beatRate(beat: Beat, unit: number, most: number, t: number): number {
  // Done a little early, so that there is time to ask for more.
  const spareMs = Math.min(0.3 * beat.periodMs, Math.max(0.1 * beat.periodMs, SPARE_MS));
  return (beatLeft(beat, unit, most) / Math.max(50, beat.resetAt - spareMs - t)) * 1_000;
}

/** A window is measured by filling it early: so many times the pace. */
export function measuringFactor(beat: Beat, itemwise: boolean, t: number): number {
  return itemwise ? 2 : 3 * Math.pow(2, Math.min(20, (t - beat.resetAt) / 1_000));
}

/** One call more than the window is known to hold may be sent. */
export function isCanaryDue(beat: Beat, settings: LawSettings): boolean {
  if (beat.canaryLease !== "" || settings.probeShare <= 0) return false;
  return beat.canarySize > 1 || beat.sinceCanary * settings.wasteShare >= 2.5;
}

/** The call more came through: the window holds more. */
export function canaryPassed(beat: Beat): void {
  beat.canaryLease = "";
  if (beat.canarySize >= CANARY_MOST) {
    // So much more came through that the window must be measured anew, from where it began.
    beat.known = 1;
    beat.resetAt -= beat.periodMs;
    beat.canarySize = 1;
    return;
  }
  beat.canarySize = Math.min(CANARY_MOST, 2 * beat.canarySize);
  beat.calls = Math.max(beat.calls, beat.usedCalls);
  beat.requests = Math.max(beat.requests, beat.usedRequests);
}
