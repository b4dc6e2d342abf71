/** What batches report to the gate, for tests. */
import type { BatchResult } from "../../src/throttle/index.ts";

/** All calls got their answer. */
export function passed(calls: number, tookMs = 20): BatchResult {
  return {
    calls,
    tookMs,
    passed: calls,
    slotRefused: 0,
    refused: 0,
    passedBy: 0,
    knownBusy: 0,
    whole: false,
    tooLarge: false,
    fault: false,
  };
}

/** The whole request was refused: for the tenant, or because too many were running at once. */
export function refusedWhole(calls: number, by: "tenant" | "slot", retryAfterMs?: number): BatchResult {
  return {
    ...passed(calls),
    passed: 0,
    ...(by === "tenant" ? { refused: calls } : { slotRefused: calls }),
    whole: true,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** One mailbox was refused, and calls after it passed. */
export function refusedOne(calls: number, retryAfterMs?: number): BatchResult {
  return {
    ...passed(calls),
    passed: calls - 1,
    refused: 1,
    passedBy: 1,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** No answer, or one that says nothing about the throttle. */
export function faulty(calls: number): BatchResult {
  return { ...passed(calls), passed: 0, fault: true };
}
