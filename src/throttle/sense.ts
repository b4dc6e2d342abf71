/** Brings what a batch reported into bounds, so that no reply of the service can make the gate wait for ever or not at all. Pure. */
import type { BatchResult } from "./gate.ts";

const MOST_CALLS = 1_000;

/**
 * @param longestMs longest wait that is believed
 * @returns the same result with every number finite and in bounds; what makes no sense at all is left out
 */
export function sensible(result: BatchResult, longestMs: number): BatchResult {
  const { retryAfterMs, rate, balance, ...rest } = result;
  const calls = count(result.calls, MOST_CALLS);
  const refused = count(result.refused, calls);
  const limit = within(rate?.limit, 1, Number.MAX_SAFE_INTEGER);
  const remaining = within(rate?.remaining, 0, limit ?? 0);
  const resetInMs = within(rate?.resetInMs, 0, longestMs);
  const retryMs = within(retryAfterMs, 0, longestMs);
  return {
    ...rest,
    calls,
    tookMs: within(result.tookMs, 0, longestMs) ?? 0,
    passed: count(result.passed, calls),
    slotRefused: count(result.slotRefused, calls),
    refused,
    passedBy: count(result.passedBy, refused),
    knownBusy: count(result.knownBusy, refused),
    ...(retryMs === undefined ? {} : { retryAfterMs: retryMs }),
    ...(limit === undefined || remaining === undefined || resetInMs === undefined
      ? {}
      : { rate: { limit, remaining, resetInMs } }),
    ...(balance !== undefined && Object.values(balance).every(Number.isFinite) ? { balance } : {}),
  };
}

function within(value: number | undefined, least: number, most: number): number | undefined {
  return value === undefined || Number.isNaN(value) ? undefined : Math.min(Math.max(least, value), most);
}

function count(value: number, most: number): number {
  return Math.round(within(value, 0, most) ?? 0);
}
