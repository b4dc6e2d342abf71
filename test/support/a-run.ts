/** A run record for tests of pure code: a running audit of contoso, changed where a test says so. */
import type { CallCounts, RunRecord } from "../../src/journal/index.ts";

export function aRun(
  changes: {
    readonly [Key in keyof RunRecord]?: Key extends "calls" ? Partial<CallCounts> : RunRecord[Key];
  } = {},
): RunRecord {
  const { calls, ...rest } = changes;
  return {
    id: "rabc",
    job: "permission-audit",
    tenant: "contoso",
    tenantId: "8f6c1f5e-3f1e-4a59-8d0c-6f3a2b1c0d9e",
    params: {},
    scope: { kind: "all", types: ["user"] },
    naiveCallsPerTarget: 3,
    state: "running",
    reason: undefined,
    manifest: undefined,
    chain: { start: "", sealed: undefined, length: 0, head: "" },
    outcomes: {},
    rows: 0,
    noise: {},
    counts: {},
    workers: [],
    redrives: 0,
    summary: undefined,
    limits: undefined,
    createdAtMs: Date.UTC(2026, 4, 4),
    startedAtMs: undefined,
    endedAtMs: undefined,
    ...rest,
    calls: {
      batches: 0,
      items: 0,
      throttledItems: 0,
      throttledBatches: 0,
      retries: 0,
      busyBatches: 0,
      busyItems: 0,
      pages: 0,
      ...calls,
    },
  };
}
