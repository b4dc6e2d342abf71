import { expect, test } from "vitest";
import { completenessOf } from "../../src/reports/index.ts";

const manifest = { count: 5_000, sha256: "00" };

test.each([
  ["complete", { ok: 4_998, gone: 2 }, "complete: yes"],
  ["complete", { ok: 5_000, failed: 0 }, "complete: yes"],
  [
    "complete_with_failures",
    { ok: 4_996, failed: 3, denied: 1 },
    "complete: no (4 of 5,000 targets without an answer: failed 3, denied 1)",
  ],
  [
    "running",
    { ok: 1_000 },
    "complete: no (the run is running; 4,000 of 5,000 targets without an answer: not yet 4,000)",
  ],
  ["paused", { ok: 5_000 }, "complete: no (the run is paused)"],
  [
    "cancelled",
    { ok: 1_000, cancelled: 4_000 },
    "complete: no (the run is cancelled; 4,000 of 5,000 targets without an answer: cancelled 4,000)",
  ],
  ["complete", { ok: 4_999, skipped: 1 }, "complete: no (1 of 5,000 targets without an answer: skipped 1)"],
] as const)("%s with %j is %s", (state, outcomes, words) => {
  expect(completenessOf({ state, outcomes, manifest })).toEqual({
    complete: words === "complete: yes",
    words,
  });
});

test("a run whose targets nobody has counted is not complete", () => {
  const { complete, words } = completenessOf({ state: "enumerating", outcomes: {}, manifest: undefined });
  expect([complete, words]).toEqual([
    false,
    "complete: no (the run is enumerating; its targets are not counted yet)",
  ]);
});
