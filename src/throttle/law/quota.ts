/**
 * Rate-Limit headers: so many are left until an instant. The pace follows what is left, and a reading that proves wrong three times is
 * no longer believed for a while (`throttle.md` finding 3, survey lesson "misread headers").
 */
import type { LawState, Quota } from "./state.ts";
import type { LawRate } from "./types.ts";

const LEAD = 1.05;
const SAME_WINDOW_MS = 1_500;
const BLIND_MS = 600_000;
const MISREADS = 3;
const FEW = 20;
const VOTE_REQUESTS = 3;
const MISREAD_MEMORY_MS = 120_000;
/** After the instant, so that no clock's rounding sends us early. */
const LATE_MS = 50;
const FOREVER_MS = 86_400_000;
const MOST = 1e9;

export function newQuota(): Quota {
  return {
    limit: 0,
    left: 0,
    resetAt: -1,
    periodMs: 0,
    readAt: -1,
    lastLeft: 0,
    fall: 0,
    calls: 0,
    requests: 0,
    unit: 0,
    fill: 0,
    filledAt: -1,
    bucketVotes: 0,
    misreads: 0,
    misreadAt: 0,
    blindUntil: 0,
  };
}

export function isBelieved(quota: Quota, t: number): boolean {
  return quota.readAt >= 0 && t >= quota.blindUntil && t - quota.readAt < FOREVER_MS;
}

export function countsRequests(quota: Quota): boolean {
  return quota.unit > 0;
}

/** Absurd numbers are no reading at all. */
function isSane(rate: LawRate): boolean {
  return (
    rate.limit >= 1 &&
    rate.limit < MOST &&
    rate.remaining >= 0 &&
    rate.remaining <= rate.limit &&
    rate.resetInMs >= 0 &&
    rate.resetInMs <= FOREVER_MS
  );
}

/**
 * @param passed calls of the batch this came with that were served
 * @param whole all of them were: only then the fall tells calls from requests
 */
export function read(state: LawState, rate: LawRate, passed: number, whole: boolean, t: number): void {
  const { quota } = state;
  if (whole) {
    quota.calls += passed;
    quota.requests += 1;
  }
  if (!isSane(rate)) return;
  const resetAt = t + rate.resetInMs;
  const bucket = isBucket(quota);
  if (quota.readAt >= 0 && t > quota.readAt) {
    const moved = resetAt - quota.resetAt;
    const fall = quota.lastLeft - rate.remaining;
    // What flowed into a bucket meanwhile was used too.
    const inflow = bucket ? (quota.fill * (t - quota.readAt)) / 1_000 : 0;
    if ((bucket || (Math.abs(moved) < SAME_WINDOW_MS && t < quota.resetAt)) && rate.remaining < rate.limit) {
      quota.fall += fall + inflow;
      if (!whole) forget(quota);
      else if (quota.requests >= VOTE_REQUESTS) vote(quota);
    } else {
      // Full, although so many calls would have left a gap: it is requests that count.
      if (bucket && rate.remaining >= rate.limit && quota.lastLeft + inflow - passed < rate.limit - 1) {
        quota.unit = Math.min(4, quota.unit + 1);
      }
      forget(quota);
    }
    // A bucket's reset runs ahead of us as it is used; a window's stays, or jumps when it is over.
    if (t < quota.resetAt - 100 && rate.remaining < rate.limit) {
      const fill = ((rate.limit - rate.remaining) / Math.max(1, rate.resetInMs)) * 1_000;
      const grain = Math.max(0.1, 1 / Math.max(1, rate.limit - rate.remaining));
      const alike = quota.fill > 0 && Math.abs(fill / quota.fill - 1) < grain;
      if (Math.abs(moved) > SAME_WINDOW_MS && alike) quota.bucketVotes = Math.min(6, quota.bucketVotes + 1);
      else if (Math.abs(moved) < 200 && !alike) quota.bucketVotes = Math.max(-3, quota.bucketVotes - 1);
      quota.fill = fill;
    }
  }
  if (!bucket && Math.abs(resetAt - quota.resetAt) > SAME_WINDOW_MS && quota.resetAt >= 0) {
    quota.periodMs = Math.max(0, resetAt - quota.resetAt);
  }
  // A limit smaller than a batch can hardly be meant for calls.
  if (quota.readAt < 0 && rate.limit < FEW) quota.unit = 1;
  quota.limit = rate.limit;
  quota.resetAt = resetAt;
  quota.lastLeft = rate.remaining;
  quota.readAt = t;
  quota.left = Math.max(0, rate.remaining - unseen(state, t));
}

/** Whether Remaining fell like the calls that passed, or like the requests. */
function vote(quota: Quota): void {
  if (quota.fall > 0 && quota.calls > 3 * quota.requests) {
    const asCalls = Math.abs(Math.log(quota.fall / quota.calls));
    const asRequests = Math.abs(Math.log(quota.fall / quota.requests));
    quota.unit = Math.max(-4, Math.min(4, quota.unit + (asRequests < asCalls ? 1 : -1)));
  }
  forget(quota);
}

function forget(quota: Quota): void {
  quota.fall = 0;
  quota.calls = 0;
  quota.requests = 0;
}

/** What was sent and cannot have been counted yet when the answer left. */
function unseen(state: LawState, t: number): number {
  const { quota, window } = state;
  const underwayMs = 1.1 * (window.rejectionMs > 0 ? window.rejectionMs : 100);
  let sum = 0;
  for (const id in state.leases) {
    const lease = state.leases[id];
    if (lease === undefined) continue;
    // Where items are refused one by one they are counted when they start.
    if (t - lease.sentAt < underwayMs) sum += countsRequests(quota) ? 1 : lease.calls;
    else if (state.itemwise > 0 && !countsRequests(quota)) {
      sum +=
        lease.calls * Math.max(0, 1 - (t - lease.sentAt) / (lease.calls * Math.max(1, state.marks.callMs)));
    }
  }
  return sum;
}

export function isBucket(quota: Quota): boolean {
  return quota.bucketVotes >= 2;
}

/** Refused although the headers said there was room. */
export function misread(quota: Quota, units: number, calls: number, t: number): void {
  if (countsRequests(quota) && quota.left >= 1 && calls > quota.left)
    quota.unit = Math.max(-4, quota.unit - 2);
  if (quota.readAt < 0 || t < quota.blindUntil || t >= quota.resetAt || quota.left < 2 * units) return;
  if (t - quota.misreadAt > MISREAD_MEMORY_MS) quota.misreads = 0;
  quota.misreads += 1;
  quota.misreadAt = t;
  if (quota.misreads < MISREADS) return;
  quota.misreads = 0;
  quota.blindUntil = t + BLIND_MS;
}

/** Brings `left` to this moment: a window that is over begins anew, a bucket fills. */
export function pass(quota: Quota, t: number): void {
  if (quota.readAt < 0) return;
  if (isBucket(quota)) {
    const since = Math.max(quota.readAt, quota.filledAt);
    quota.left = Math.min(quota.limit, quota.left + (quota.fill * (t - since)) / 1_000);
    quota.filledAt = t;
    return;
  }
  if (t < quota.resetAt + LATE_MS) return;
  quota.left = quota.limit;
  quota.lastLeft = quota.limit;
  forget(quota);
  quota.resetAt = quota.periodMs > 0 ? quota.resetAt + quota.periodMs : t + 1_000;
  if (quota.resetAt < t) quota.resetAt = t + quota.periodMs;
}

/** Units a second that use up what is left in time; negative: nothing may leave before `quotaOpensAt`. */
export function quotaRate(quota: Quota, t: number): number {
  if (quota.left < 1) return -1;
  if (isBucket(quota)) {
    // A little is kept in it: what is under way cannot be seen yet.
    const kept = Math.min(30, quota.limit / 2);
    return Math.max(0.5 * quota.fill, quota.fill + (quota.left - kept) / 10);
  }
  const leftMs = Math.max(50, quota.resetAt - t);
  return ((quota.left * LEAD) / leftMs) * 1_000;
}

export function quotaOpensAt(quota: Quota, t: number): number {
  if (isBucket(quota))
    return t + Math.min(60_000, Math.max(20, ((1 - quota.left) / Math.max(1e-6, quota.fill)) * 1_000));
  return quota.resetAt + LATE_MS;
}
