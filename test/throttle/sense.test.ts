import * as fc from "fast-check";
import { expect, test } from "vitest";
import { reactionText, scopeOf } from "../../src/throttle/reaction.ts";
import { sensible } from "../../src/throttle/sense.ts";
import { passed, refusedOne, refusedWhole } from "../support/batch-results.ts";

const HOUR_MS = 3_600_000;
const anyNumber = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e300),
);

test("whatever a batch reports, every number is finite, not negative and bounded", () => {
  const result = fc.record(
    {
      calls: anyNumber,
      tookMs: anyNumber,
      passed: anyNumber,
      slotRefused: anyNumber,
      refused: anyNumber,
      passedBy: anyNumber,
      knownBusy: anyNumber,
      whole: fc.boolean(),
      tooLarge: fc.boolean(),
      fault: fc.boolean(),
      retryAfterMs: anyNumber,
      rate: fc.record({ limit: anyNumber, remaining: anyNumber, resetInMs: anyNumber }),
      balance: fc.record({ balanceMs: anyNumber, rechargeMsPerHour: anyNumber, cutoffMs: anyNumber }),
    },
    {
      requiredKeys: [
        "calls",
        "tookMs",
        "passed",
        "slotRefused",
        "refused",
        "passedBy",
        "knownBusy",
        "whole",
        "tooLarge",
        "fault",
      ],
    },
  );
  fc.assert(
    fc.property(result, (told) => {
      const read = sensible(told, HOUR_MS);
      const times = [read.tookMs, read.retryAfterMs ?? 0, read.rate?.resetInMs ?? 0];
      expect(times.every((ms) => ms >= 0 && ms <= HOUR_MS)).toBe(true);
      const counts = [read.calls, read.passed, read.slotRefused, read.refused, read.passedBy, read.knownBusy];
      expect(counts.every((count) => Number.isInteger(count) && count >= 0 && count <= 1_000)).toBe(true);
      const { limit = 0, remaining = 0 } = read.rate ?? {};
      expect(remaining >= 0 && remaining <= limit && Number.isFinite(limit)).toBe(true);
      // Nothing that JSON would write as null: it goes to Redis.
      expect(JSON.stringify(read)).not.toContain("null");
    }),
  );
});

test("people read what was done", () => {
  const calm = {
    closedUntilMs: 0,
    closed: false,
    windowFrom: 8,
    windowTo: 8,
    callsFrom: 20,
    callsTo: 20,
    roomy: false,
  };
  const said = (
    result: Parameters<typeof reactionText>[0],
    reaction: Partial<Parameters<typeof reactionText>[1]>,
    degraded = false,
  ): string => reactionText(result, { ...calm, alone: "none", ...reaction }, 1_000, degraded);
  expect([
    said(refusedWhole(10, "tenant"), { closed: true, closedUntilMs: 13_000, windowTo: 4 }),
    said(refusedWhole(10, "slot"), {}),
    said(refusedOne(10), { alone: "all" }),
    said(refusedWhole(10, "tenant"), {
      closed: true,
      closedUntilMs: 2_500,
      callsTo: 5,
      paceFrom: 40,
      paceTo: 9.87,
    }),
    said(refusedWhole(10, "tenant"), { closed: true, closedUntilMs: 3_000, paceTo: 20 }, true),
  ]).toEqual([
    "gate closed for 12 s, window 8 → 4",
    "window stays 8",
    "only this mailbox waits",
    "gate closed for 1.5 s, pace 40 → 9.9 calls/s, at most 5 calls in a batch",
    "Redis is away, this process reacts by itself, gate closed for 2.0 s, pace 20 calls/s",
  ]);
  expect([
    scopeOf(passed(5), { alone: "none" }),
    scopeOf(refusedWhole(5, "slot"), { alone: "none" }),
    scopeOf(refusedOne(5), { alone: "all" }),
    scopeOf(refusedWhole(5, "tenant"), { alone: "none" }),
  ]).toEqual([undefined, "slot", "mailbox", "tenant"]);
});
