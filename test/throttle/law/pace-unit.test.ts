import { expect, test } from "vitest";
import {
  beginTrial,
  endTrial,
  judgeUnit,
  paceBatch,
  priceOf,
  proveCalls,
} from "../../../src/throttle/law/pace-unit.ts";
import { newPace } from "../../../src/throttle/law/pace.ts";
import type { Pace } from "../../../src/throttle/law/state.ts";

const FULL = 20;

/** After a first cycle of full batches: 40 calls a second in 2 requests. */
function measured(more: Partial<Pace> = {}): Pace {
  const pace = newPace();
  pace.rate = 40;
  judgeUnit(pace, 40, 2, true);
  return Object.assign(pace, more);
}

test("as many requests in smaller batches: requests are counted, and each costs a full batch", () => {
  const pace = measured();
  judgeUnit(pace, 25, 2.02, true);
  expect(pace.unit).toBeGreaterThan(0);
  expect(priceOf(pace, 5, FULL)).toBe(FULL);
});

test("as many calls in smaller batches: calls are counted, and more is asked for in small batches", () => {
  const pace = measured();
  judgeUnit(pace, 39.5, 4, true);
  expect(pace.unit).toBeLessThan(0);
  expect(priceOf(pace, 5, FULL)).toBe(5);
  expect(paceBatch(pace, FULL, 0)).toBe(FULL);
  pace.step = 0.01;
  expect(paceBatch(pace, FULL, 0)).toBe(4);
});

test("batches of one size, and limits that moved, tell nothing", () => {
  const pace = measured();
  judgeUnit(pace, 38, 1.9, true);
  judgeUnit(pace, 80, 2.6, true);
  expect(pace.unit).toBe(0);
});

test("votes are bounded, so that a wrong reading is outvoted", () => {
  const pace = measured();
  for (let nth = 0; nth < 50; nth += 1) judgeUnit(pace, nth % 2 === 0 ? 25 : 40, 2, true);
  expect(pace.unit).toBe(3);
  for (let nth = 0; nth < 50; nth += 1) judgeUnit(pace, 40, nth % 2 === 0 ? 4 : 2, true);
  expect(pace.unit).toBe(-3);
});

test("a trial in half batches that provoked nothing proves calls, but not where too little was sent", () => {
  const busy = measured({ requests: 40 });
  const idle = measured({ requests: 3 });
  for (const pace of [busy, idle]) {
    beginTrial(pace, FULL, 0);
    expect(paceBatch(pace, FULL, 1_000)).toBe(FULL / 2);
    endTrial(pace, 10_001);
    expect(pace.trialUntil).toBe(0);
  }
  expect(busy.unit).toBeLessThan(0);
  expect(idle.unit).toBe(0);
});

test("growth in small batches that is refused below what large ones brought was refused for its requests", () => {
  const pace = measured({ unit: -1, step: 0.05, held: 40 });
  judgeUnit(pace, 24, 2.6, true);
  expect(pace.unit).toBeGreaterThan(0);
  const proven = measured({ step: 0.05, held: 40 });
  proveCalls(proven);
  judgeUnit(proven, 24, 2.6, true);
  expect(proven.unit).toBeLessThan(0);
});

test("batches stay whole numbers of calls, at least one", () => {
  const pace = measured({ trialUntil: 10 });
  for (const most of [1, 2, 5, 15]) {
    const calls = paceBatch(pace, most, 0);
    expect(Number.isInteger(calls)).toBe(true);
    expect(calls).toBeGreaterThanOrEqual(1);
  }
});
