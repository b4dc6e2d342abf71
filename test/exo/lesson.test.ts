import { expect, test } from "vitest";
import type { Verdict } from "../../src/exo/verdict.ts";
import { lessonOf, scopesOf } from "../../src/exo/lesson.ts";
import type { Outcome } from "../../src/exo/lesson.ts";
import type { BatchResult } from "../../src/throttle/index.ts";

const ROWS: Extract<Verdict, { is: "rows" }> = {
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
  return {
    verdict,
    rule: "",
    facts,
    retryAfterMs: undefined,
    wasBusy: false,
    timesRefused: 0,
    othersPass: false,
    ...more,
  };
}

/** `.` passed, `x` refused for the budget, `s` refused for the slot. */
function batch(pattern: string, more: Partial<Outcome> = {}): readonly Outcome[] {
  return pattern.split("").map((sign) => outcome(sign === "." ? ROWS : sign === "x" ? BUDGET : SLOT, more));
}

function learnt(outcomes: readonly Outcome[], whole = false): BatchResult {
  return lessonOf({ outcomes, whole, tookMs: 50, rate: undefined });
}

/** What the gate is told of the refused calls: how many, how many of them had a later call pass, how many for the slot. */
test.each([
  ["..........", 0, 0, 0],
  ["xxxxxxxxxx", 10, 0, 0],
  ["......xxxx", 4, 0, 0],
  ["....x.....", 1, 1, 0],
  [".........x", 1, 0, 0],
  ["..x...x...", 2, 2, 0],
  ["xx.xx.xx.x", 7, 6, 0],
  ["....s.....", 0, 0, 1],
  ["ssssssssss", 0, 0, 10],
  ["..x..s....", 1, 1, 1],
])(
  "of a batch that went %s, %i were refused, of which %i were passed by, and %i for the slot",
  (pattern, refused, passedBy, slotRefused) => {
    const result = learnt(batch(pattern));
    expect(result).toMatchObject({ calls: 10, refused, passedBy, slotRefused, knownBusy: 0, fault: false });
    expect(result.passed).toBe(10 - refused - slotRefused);
  },
);

test("a whole request that is refused says so", () => {
  expect(learnt(batch("xxxxx"), true)).toMatchObject({ refused: 5, whole: true });
  expect(learnt(batch("s"), true)).toMatchObject({ slotRefused: 1, refused: 0, whole: true });
  expect(learnt(batch("xxxxx"))).toMatchObject({ refused: 5, whole: false });
});

test("a mailbox is known to be busy when it waited alone before, or is the only one refused for the third time", () => {
  expect(learnt(batch("x", { wasBusy: true }), true).knownBusy).toBe(1);
  expect(learnt([outcome(ROWS), outcome(BUDGET, { timesRefused: 2 })]).knownBusy).toBe(1);
  expect(learnt([outcome(ROWS), outcome(BUDGET, { timesRefused: 1 })]).knownBusy).toBe(0);
  expect(learnt(batch("x", { timesRefused: 2, othersPass: true }), true).knownBusy).toBe(1);
  expect(learnt(batch("x", { timesRefused: 2 }), true).knownBusy).toBe(0);
  // All of them for the third time: that is the tenant.
  expect(learnt(batch("xxx", { timesRefused: 2 }), true).knownBusy).toBe(0);
});

test("the gate's judgement says whom each refusal is about", () => {
  const scopes = (pattern: string, alone: Parameters<typeof scopesOf>[1]): string =>
    scopesOf(batch(pattern), alone)
      .map((scope) => scope?.[0] ?? ".")
      .join("");
  expect(scopes("x.x.xx", "none")).toBe("t.t.tt");
  expect(scopes("x.x.xx", "passed-by")).toBe("m.m.tt");
  expect(scopes("x.x.xx", "all")).toBe("m.m.mm");
  expect(scopes("s.x.", "all")).toBe("s.m.");
});

test("the longest time that was named counts", () => {
  const outcomes = [
    outcome(BUDGET, { retryAfterMs: 1_000 }),
    outcome(BUDGET, { retryAfterMs: 7_000 }),
    outcome(BUDGET),
  ];
  expect(learnt(outcomes).retryAfterMs).toBe(7_000);
  expect(learnt(batch("xx")).retryAfterMs).toBeUndefined();
});

test("a 503 that names a time closes the tenant like a 429; one that names none teaches nothing", () => {
  const verdict: Verdict = { is: "fault", kind: "server-error", executed: "unknown" };
  const facts = { status: 503, errorId: "", exceptionType: "", words: "" };
  expect(learnt([outcome(verdict, { facts, retryAfterMs: 9_000 })], true)).toMatchObject({
    refused: 1,
    whole: true,
    retryAfterMs: 9_000,
    fault: false,
  });
  expect(learnt([outcome(verdict, { facts })], true)).toMatchObject({ passed: 0, refused: 0, fault: true });
});

test("a fault of one item teaches nothing and is no fault of the request", () => {
  const one = outcome({ is: "fault", kind: "transient", executed: "no" });
  expect(learnt([outcome(ROWS), one])).toMatchObject({ calls: 2, passed: 1, refused: 0, fault: false });
});

test("a batch that is too large says so", () => {
  const verdict: Verdict = { is: "batch-refused", tooLarge: true };
  expect(learnt([outcome(verdict), outcome(verdict)], true)).toMatchObject({ calls: 2, tooLarge: true });
});

test("the last balance that a warning named is handed on", () => {
  const reading = (balanceMs: number): Verdict => ({
    ...ROWS,
    envelope: {
      ...ROWS.envelope,
      balance: { balanceMs, rechargeMsPerHour: 2_160_000, cutoffMs: -3_000_000 },
    },
  });
  expect(learnt([outcome(reading(-1)), outcome(reading(-2)), outcome(ROWS)]).balance?.balanceMs).toBe(-2);
});
