/** What a report says about its run at the top: the run as recorded, without anything that changes by itself. */
import { isOver, type Json, type RunRecord } from "../journal/index.ts";

export type RunHeader = {
  readonly id: string;
  readonly job: string;
  readonly tenant: string;
  readonly tenantId: string;
  readonly state: string;
  /** True when every target has its outcome and nothing will be added. */
  readonly over: boolean;
  readonly params: Json;
  readonly scope: Json;
  readonly manifest: { readonly count: number; readonly sha256: string } | null;
  readonly outcomes: { readonly [outcome: string]: number };
  /** ISO 8601, UTC. */
  readonly startedAt: string | null;
  readonly endedAt: string | null;
};

export function runHeader(run: RunRecord): RunHeader {
  return {
    id: run.id,
    job: run.job,
    tenant: run.tenant,
    tenantId: run.tenantId,
    state: run.state,
    over: isOver(run.state),
    params: run.params,
    scope: run.scope,
    manifest: run.manifest ?? null,
    outcomes: run.outcomes,
    startedAt: isoTime(run.startedAtMs),
    endedAt: isoTime(run.endedAtMs),
  };
}

function isoTime(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
