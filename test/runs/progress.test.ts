import { expect, test } from "vitest";
import type { RunRecord } from "../../src/journal/index.ts";
import { RunProgress } from "../../src/runs/progress.ts";
import { aRun } from "../support/a-run.ts";

function run(settled: number, count: number): RunRecord {
  return aRun({ manifest: { count, sha256: "" }, outcomes: { ok: settled } });
}

test("RunProgress says speed and end from what was settled in the last half minute", () => {
  const progress = new RunProgress();
  progress.snapshot(run(0, 1_000), 0);
  expect(progress.snapshot(run(100, 1_000), 10_000)).toMatchObject({ perSecond: 10, etaMs: 100_000 });
});

test("RunProgress promises no end while nothing moves, and says now when all is done", () => {
  const progress = new RunProgress();
  progress.snapshot(run(5, 10), 0);
  expect(progress.snapshot(run(5, 10), 5_000)).toMatchObject({ perSecond: 0, etaMs: undefined });
  expect(progress.snapshot(run(10, 10), 6_000).etaMs).toBe(6_000);
});

test("RunProgress forgets its speed when a redrive opens targets again", () => {
  const progress = new RunProgress();
  progress.snapshot(run(0, 10), 0);
  progress.snapshot(run(10, 10), 1_000);
  expect(progress.snapshot(run(8, 10), 2_000)).toMatchObject({ perSecond: 0, etaMs: undefined });
});
