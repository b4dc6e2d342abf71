/** Brings what a batch reported into bounds, so that no reply of the service can make the gate wait for ever or not at all. Pure. */
import type { BatchResult } from "./gate.ts";

/**
 * @param longestMs longest wait that is believed
 * @returns the same result with every number finite and in bounds; what makes no sense at all is left out
 */
export function sensible(result: BatchResult, longestMs: number): BatchResult {
  const { refusal, rate, ...rest } = result;
  const within = (value: number | undefined, most: number): number | undefined =>
    value === undefined || Number.isNaN(value) ? undefined : Math.min(Math.max(0, value), most);
  const limit = within(rate?.limit, Number.MAX_SAFE_INTEGER);
  const remaining = within(rate?.remaining, limit ?? 0);
  const resetInMs = within(rate?.resetInMs, longestMs);
  return {
    ...rest,
    calls: Math.round(within(result.calls, 1_000) ?? 0),
    tookMs: within(result.tookMs, longestMs) ?? 0,
    ...(refusal ? { refusal: { ...refusal, retryAfterMs: within(refusal.retryAfterMs, longestMs) } } : {}),
    ...(limit !== undefined && remaining !== undefined && resetInMs !== undefined
      ? { rate: { limit, remaining, resetInMs } }
      : {}),
  };
}
