import { expect, test } from "vitest";
import { readCounted, shareUsed } from "../../src/throttle/index.ts";

const START = { openMs: 10_000, fullMs: 9_000 };

test("a run's share is what was counted between its start and its end", () => {
  expect(shareUsed({ openMs: 20_000, fullMs: 11_000 }, START)).toBeCloseTo(0.2);
  expect(shareUsed({ openMs: 20_000, fullMs: 19_000 }, START)).toBe(1);
});

test("a gate that lost its state meanwhile counts from there", () => {
  expect(shareUsed({ openMs: 4_000, fullMs: 1_000 }, START)).toBeCloseTo(0.25);
  expect(shareUsed({ openMs: 12_000, fullMs: 3_000 }, START)).toBeCloseTo(0.25);
});

test("without a look at the start everything counts, and no time is no share", () => {
  expect(shareUsed(START)).toBeCloseTo(0.9);
  expect(shareUsed(START, START)).toBe(0);
  expect(shareUsed({ openMs: 0, fullMs: 0 })).toBe(0);
});

test.each([
  [
    { openMs: 1, fullMs: 2 },
    { openMs: 1, fullMs: 2 },
  ],
  [null, undefined],
  ["1", undefined],
  [{ openMs: 1 }, undefined],
  [{ openMs: "1", fullMs: 2 }, undefined],
])("a note %j is read as %j", (note, counted) => {
  expect(readCounted(note)).toEqual(counted);
});
