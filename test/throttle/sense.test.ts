import * as fc from "fast-check";
import { expect, test } from "vitest";
import { reactionTo } from "../../src/throttle/reaction.ts";
import { sensible } from "../../src/throttle/sense.ts";

const anyNumber = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e300),
);

test("whatever a batch reports, every number is finite, not negative and bounded", () => {
  const result = fc.record({
    calls: anyNumber,
    tookMs: anyNumber,
    refusal: fc.option(
      fc.record({
        scope: fc.constantFrom("tenant" as const, "slot" as const, "mailbox" as const),
        retryAfterMs: fc.option(anyNumber, { nil: undefined }),
        items: anyNumber,
      }),
      { nil: undefined },
    ),
    rate: fc.option(fc.record({ limit: anyNumber, remaining: anyNumber, resetInMs: anyNumber }), {
      nil: undefined,
    }),
  });
  fc.assert(
    fc.property(result, ({ refusal, rate, ...rest }) => {
      const { calls, tookMs, ...read } = sensible(
        { ...rest, ...(refusal ? { refusal } : {}), ...(rate ? { rate } : {}) },
        3_600_000,
      );
      const times = [tookMs, read.refusal?.retryAfterMs ?? 0, read.rate?.resetInMs ?? 0];
      expect(times.every((ms) => ms >= 0 && ms <= 3_600_000)).toBe(true);
      expect(Number.isInteger(calls) && calls >= 0 && calls <= 1_000).toBe(true);
      const { limit = 0, remaining = 0 } = read.rate ?? {};
      expect(remaining >= 0 && remaining <= limit && Number.isFinite(limit)).toBe(true);
      expect(read.refusal?.scope).toBe(refusal?.scope);
    }),
  );
});

test("people read what was done", () => {
  const change = { windowBefore: 8.4, windowAfter: 4.2, closedForMs: 12_050, callsBefore: 0, callsAfter: 0 };
  const refusal = { retryAfterMs: undefined, items: 1 };
  const result = { calls: 10, tookMs: 5 };
  expect([
    reactionTo({ ...result, refusal: { ...refusal, scope: "tenant" } }, change),
    reactionTo({ ...result, refusal: { ...refusal, scope: "slot" } }, { ...change, windowAfter: 8 }),
    reactionTo({ ...result, refusal: { ...refusal, scope: "mailbox" } }, { ...change, windowAfter: 8 }),
    reactionTo(
      { ...result, refusal: { ...refusal, scope: "tenant" } },
      { ...change, closedForMs: 1_500, callsAfter: 5 },
    ),
    reactionTo({ ...result, refusal: { ...refusal, scope: "tenant" } }, undefined),
  ]).toEqual([
    "gate closed for 12 s, window 8 → 4",
    "window stays 8 and does not grow for now",
    "only this mailbox waits",
    "gate closed for 1.5 s, window 8 → 4, at most 5 calls in a batch",
    "Redis is away: this process slows down by itself",
  ]);
});
