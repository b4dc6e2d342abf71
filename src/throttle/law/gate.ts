/** The tenant's gate: a refusal of the tenant closes it for everybody, and one call goes first when it opens (`throttle.md` findings 5, 6). */
import type { Gate } from "./state.ts";

/** The service counts arrivals, so a little later is surer. */
const LATE_MS = 30;
const FIRST_WAIT_MS = 2_000;
const LONGEST_GUESS_MS = 256_000;
/** After this many refusals in a row the service's own word is doubted, upwards only. */
const PATIENCE = 3;

export function newGate(): Gate {
  return { untilAt: 0, closedAt: -1, half: 0, scoutAt: 0, fails: 0, explained: false, doubtAt: -1 };
}

/** True when this refusal is news: the batch left after the gate was closed last. */
export function isNews(gate: Gate, sentAt: number): boolean {
  return sentAt > gate.closedAt;
}

/**
 * @param retryAfterMs negative: none was named
 * @returns true when the instant moved
 */
export function closeGate(
  gate: Gate,
  t: number,
  sentAt: number,
  retryAfterMs: number,
  longestMs: number,
): boolean {
  const before = gate.untilAt;
  const news = isNews(gate, sentAt);
  if (news) {
    gate.fails += 1;
    gate.closedAt = t;
    gate.half = 1;
  }
  let waitMs = retryAfterMs;
  if (retryAfterMs < 0) {
    // Late news of a gate that is closed already adds nothing.
    waitMs = news ? Math.min(LONGEST_GUESS_MS, FIRST_WAIT_MS * Math.pow(2, gate.fails - 1)) : 0;
  } else if (news && gate.fails > PATIENCE) {
    waitMs = Math.max(waitMs, Math.min(60_000, 500 * Math.pow(2, gate.fails - PATIENCE)));
  }
  gate.untilAt = Math.max(gate.untilAt, t + Math.min(waitMs, longestMs) + LATE_MS);
  if (gate.untilAt > t && gate.half !== 1) gate.half = 1;
  return gate.untilAt > before;
}
