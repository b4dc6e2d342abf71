/** A run as programs see it. Fields are only ever added; `schemaVersion` changes when one changes its meaning. */
import type { RunRecord } from "../../journal/index.ts";
import { isPart } from "../../reports/index.ts";

/**
 * The run record as one object.
 * @param naive calls the usual script would make
 */
export function runView(run: RunRecord, naive: number | undefined) {
  const { calls } = run;
  return {
    schemaVersion: 1,
    id: run.id,
    /** The run it is a part of, whose calls, counts, workers, manifest hash and chain these are; null for a run. */
    partOf: isPart(run) ? run.partOf : null,
    job: run.job,
    tenant: run.tenant,
    tenantId: run.tenantId,
    state: run.state,
    reason: run.reason ?? null,
    params: run.params,
    scope: run.scope,
    manifest: run.manifest ?? null,
    outcomes: run.outcomes,
    /** Of settled targets, those hidden by noise rules included. */
    rows: run.rows,
    noise: run.noise,
    calls: {
      batches: calls.batches,
      items: calls.items,
      naive: naive ?? null,
      throttledItems: calls.throttledItems,
      throttledBatches: calls.throttledBatches,
      retries: calls.retries,
      pages: calls.pages,
      busyBatches: calls.busyBatches,
      busyItems: calls.busyItems,
    },
    counts: run.counts,
    workers: run.workers,
    redrives: run.redrives,
    /** Of its outcomes, in the order they were recorded; `head` noted elsewhere proves later that nothing was changed. */
    chain: { length: run.chain.length, head: run.chain.head },
    summary: run.summary ?? null,
    createdAt: isoTime(run.createdAtMs),
    startedAt: isoTime(run.startedAtMs),
    endedAt: isoTime(run.endedAtMs),
  } as const;
}

/** ISO 8601 in UTC; null for what has not happened. */
export function isoTime(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

export const RUN_COLUMNS = [
  "id",
  "job",
  "tenant",
  "state",
  "targets",
  "settled",
  "rows",
  "startedAt",
  "endedAt",
] as const;

/** What a list of runs shows of each. */
export function runLine(run: RunRecord): Readonly<Record<string, string | number | null>> {
  return {
    schemaVersion: 1,
    id: run.id,
    job: run.job,
    tenant: run.tenant,
    state: run.state,
    targets: run.manifest?.count ?? null,
    settled: settledOf(run),
    rows: run.rows,
    startedAt: isoTime(run.startedAtMs),
    endedAt: isoTime(run.endedAtMs),
    reason: run.reason ?? null,
  };
}

/** Targets that have an outcome. */
export function settledOf(run: Pick<RunRecord, "outcomes">): number {
  return Object.values(run.outcomes).reduce((sum, count) => sum + count, 0);
}
