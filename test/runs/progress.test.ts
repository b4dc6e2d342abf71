import { expect, test } from "vitest";
import type { RunRecord } from "../../src/journal/index.ts";
import { RunProgress } from "../../src/runs/progress.ts";

function run(settled: number, count: number): RunRecord {
  return {
    id: "r1",
    job: "j",
    tenant: "t",
    tenantId: "t",
    params: {},
    scope: {},
    naiveCallsPerTarget: 3,
    state: "running",
    reason: undefined,
    manifest: { count, sha256: "" },
    outcomes: { ok: settled },
    rows: 0,
    noise: {},
    calls: {
      batches: 0,
      items: 0,
      throttledItems: 0,
      throttledBatches: 0,
      retries: 0,
      busyBatches: 0,
      busyItems: 0,
      pages: 0,
    },
    counts: {},
    workers: [],
    redrives: 0,
    summary: undefined,
    createdAtMs: 0,
    startedAtMs: 0,
    endedAtMs: undefined,
  };
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
