/**
 * Whether the learned pace is one of calls or of requests: what came out alike in two cycles, while the size of a batch differed, is
 * what is counted. Until that is known batches are full, where both come to the same.
 */
import type { Pace } from "./state.ts";

/** Cycles whose batches differ this much in size tell calls from requests, if one of them came out alike. */
const UNLIKE = 0.22;
const ALIKE = 0.1;
const UNIT_VOTES = 3;
/** So long, and so many half batches, must pass at a pace that would be too much for requests. */
const TRIAL_MS = 10_000;
const TRIAL_BATCHES = 8;

/** What a batch takes from the pace, in calls. @param most calls of a full batch: where requests are counted, each costs as much */
export function priceOf(pace: Pace, calls: number, most: number): number {
  return pace.unit > 0 ? Math.max(calls, most) : calls;
}

/** For a while after an opening, half batches: where requests are counted they are soon too many. */
export function beginTrial(pace: Pace, most: number, t: number): void {
  if (pace.unit !== 0 || pace.lastCalls === 0) return;
  pace.trialUntil = t + Math.max(TRIAL_MS, (TRIAL_BATCHES * most * 500) / pace.rate);
  pace.holdUntil = Math.max(pace.holdUntil, pace.trialUntil);
}

/** A trial that provoked nothing: calls are counted, if so many requests were sent that they would have been too many. */
export function endTrial(pace: Pace, t: number): void {
  if (pace.trialUntil === 0 || t < pace.trialUntil) return;
  pace.trialUntil = 0;
  const seconds = (t - pace.cycleFrom) / 1_000;
  if (pace.requests > 1.3 * pace.lastRequests * seconds) pace.unit = -1;
}

/** One request was served in part: calls are counted. */
export function proveCalls(pace: Pace): void {
  pace.unit = -UNIT_VOTES;
}

/** Where a refusal is cheap or tells something, batches are of half the size or less. @returns calls, at most */
export function paceBatch(pace: Pace, most: number, t: number): number {
  const half = Math.max(1, Math.floor(most / 2));
  if (t < pace.trialUntil) return half;
  if (pace.step === 0 || pace.unit >= 0) return most;
  return Math.min(half, Math.max(2, Math.round(pace.rate / 10)));
}

/** A cycle ended with so many a second. @param sure it was long enough to compare others with */
export function judgeUnit(pace: Pace, calls: number, requests: number, sure: boolean): void {
  if (pace.lastCalls === 0) {
    pace.lastCalls = calls;
    pace.lastRequests = requests;
    return;
  }
  const byCalls = Math.abs(Math.log(calls / pace.lastCalls));
  const byRequests = Math.abs(Math.log(requests / pace.lastRequests));
  const unlike = Math.abs(Math.log((calls * pace.lastRequests) / (requests * pace.lastCalls))) > UNLIKE;
  const alike = Math.min(byCalls, byRequests) < ALIKE;
  const tried = pace.trialUntil > 0;
  pace.trialUntil = 0;
  if (tried && unlike) {
    pace.unit = byRequests < byCalls ? 1 : -1;
  } else if (pace.unit < 0 && pace.unit > -UNIT_VOTES && pace.step > 0 && calls < 0.95 * pace.held) {
    // Small batches were refused before there were more calls than large ones had brought.
    pace.unit = 1;
  } else if (unlike && alike) {
    pace.unit = Math.max(-UNIT_VOTES, Math.min(UNIT_VOTES, pace.unit + (byRequests < byCalls ? 1 : -1)));
  }
  // One of another size is kept to compare with.
  if (!sure || (!unlike && alike)) return;
  pace.lastCalls = calls;
  pace.lastRequests = requests;
}
