import { expect, test } from "vitest";
import type { Verdict } from "../../src/exo/verdict.ts";
import { lessonOf } from "../../src/exo/lesson.ts";
import type { Outcome } from "../../src/exo/lesson.ts";
import type { BatchResult } from "../../src/throttle/index.ts";

const ROWS: Verdict = {
  is: "rows",
  envelope: {
    rows: [],
    warnings: [],
    errors: [],
    next: undefined,
    truncated: false,
    asksConfirmation: false,
  },
};
const BUDGET: Verdict = { is: "throttled", by: "budget" };
const SLOT: Verdict = { is: "throttled", by: "slot" };

function outcome(verdict: Verdict, more: Partial<Outcome> = {}): Outcome {
  const facts = { status: 200, errorId: "", exceptionType: "", words: "" };
  return { verdict, rule: "", facts, retryAfterMs: undefined, wasBusy: false, ...more };
}

/** `.` passed, `x` refused for the budget, `s` refused for the slot. */
function batch(pattern: string, more: Partial<Outcome> = {}): readonly Outcome[] {
  return pattern.split("").map((sign) => outcome(sign === "." ? ROWS : sign === "x" ? BUDGET : SLOT, more));
}

function learnt(outcomes: readonly Outcome[], whole = false): BatchResult {
  return lessonOf({ outcomes, whole, tookMs: 50, rate: undefined }).result;
}

test.each([
  ["..........", undefined],
  ["xxxxxxxxxx", "tenant"],
  ["......xxxx", "tenant"],
  ["........xx", "tenant"],
  ["....x.....", "mailbox"],
  [".........x", "mailbox"],
  ["x.........", "mailbox"],
  ["..x...x...", "mailbox"],
  ["xx.xx.xx.x", "tenant"],
  ["....s.....", "slot"],
  ["ssssssssss", "slot"],
  ["..x..s....", "slot"],
] as const)("of a batch that went %s the throttle is that of %s", (pattern, scope) => {
  const result = learnt(batch(pattern));
  expect(result.calls).toBe(10);
  expect(result.refusal?.scope).toBe(scope);
  expect(result.refusal?.items ?? 0).toBe(pattern.replaceAll(".", "").length);
});

test("a whole request that is refused is the tenant's, or the slot's by its text", () => {
  expect(learnt(batch("x"), true).refusal?.scope).toBe("tenant");
  expect(learnt(batch("s"), true).refusal?.scope).toBe("slot");
  expect(learnt(batch("xxxxx"), true).refusal).toMatchObject({ scope: "tenant", items: 5 });
});

test("a mailbox that was busy before and is refused alone does not close the tenant", () => {
  expect(learnt(batch("x", { wasBusy: true }), true).refusal?.scope).toBe("mailbox");
});

test("the longest time that was named counts", () => {
  const outcomes = [
    outcome(BUDGET, { retryAfterMs: 1_000 }),
    outcome(BUDGET, { retryAfterMs: 7_000 }),
    outcome(BUDGET),
  ];
  expect(learnt(outcomes).refusal?.retryAfterMs).toBe(7_000);
  expect(learnt(batch("xx")).refusal?.retryAfterMs).toBeUndefined();
});

test("a 503 that names a time closes the tenant like a 429; one that names none teaches nothing", () => {
  const verdict: Verdict = { is: "fault", kind: "server-error", executed: "unknown" };
  const facts = { status: 503, errorId: "", exceptionType: "", words: "" };
  expect(learnt([outcome(verdict, { facts, retryAfterMs: 9_000 })], true)).toMatchObject({
    refusal: { scope: "tenant", retryAfterMs: 9_000 },
    fault: true,
  });
  expect(learnt([outcome(verdict, { facts })], true)).toEqual({ calls: 1, tookMs: 50, fault: true });
});

test("a fault of one item teaches nothing and is no fault of the request", () => {
  const one = outcome({ is: "fault", kind: "transient", executed: "no" });
  expect(learnt([outcome(ROWS), one])).toEqual({ calls: 2, tookMs: 50 });
});

test("a batch that is too large says so", () => {
  const verdict: Verdict = { is: "batch-refused", tooLarge: true };
  expect(learnt([outcome(verdict), outcome(verdict)], true)).toMatchObject({ calls: 2, tooLarge: true });
});
