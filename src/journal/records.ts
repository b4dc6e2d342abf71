/** Runs and targets, made of the cells they are kept in. */
import { asJson, asNumber, asText, optional } from "./cells.ts";
import type { Cells } from "./cells.ts";
import { TIP_COLUMNS, toChain, toTip } from "./chain.ts";
import type { Tip } from "./chain.ts";
import { JournalError } from "./contract/errors.ts";
import { OUTCOMES } from "./contract/outcomes.ts";
import { RUN_STATES } from "./contract/runs.ts";
import { TARGET_KINDS } from "./contract/targets.ts";
import type { SealedTarget } from "./seal.ts";
import type { Json } from "./contract/json.ts";
import type { Outcome } from "./contract/outcomes.ts";
import type { RunRecord, RunState } from "./contract/runs.ts";
import type { TargetFilter, TargetKind, TargetPair, TargetStatus } from "./contract/targets.ts";

export type TallyKind = "outcome" | "noise" | "count" | "call" | "worker";

/** What most writes need of a run. */
export interface RunHead {
  readonly key: number;
  readonly state: RunState;
  readonly targets: number;
  readonly sha256: string | undefined;
  /** How often its manifest was begun. */
  readonly filling: number;
  readonly tip: Tip;
}

export const HEAD_COLUMNS = `key, state, targets, manifest_sha256, filling, ${TIP_COLUMNS}`;

export function toHead(cells: Cells): RunHead {
  return {
    key: asNumber(cells["key"]),
    state: asState(cells["state"]),
    targets: asNumber(cells["targets"]),
    sha256: optional(cells["manifest_sha256"], asText),
    filling: asNumber(cells["filling"]),
    tip: toTip(cells),
  };
}

/** @param talliesOf the run's counters of one kind by name, those at zero left out */
export function toRunRecord(
  cells: Cells,
  talliesOf: (kind: TallyKind) => ReadonlyMap<string, number>,
): RunRecord {
  const sha256 = optional(cells["manifest_sha256"], asText);
  const calls = talliesOf("call");
  const outcomes = talliesOf("outcome");
  return {
    id: asText(cells["id"]),
    job: asText(cells["job"]),
    tenant: asText(cells["tenant"]),
    tenantId: asText(cells["tenant_id"]),
    params: asJson(cells["params"]),
    scope: asJson(cells["scope"]),
    naiveCallsPerTarget: asNumber(cells["naive_calls"]),
    state: asState(cells["state"]),
    reason: optional(cells["reason"], asText),
    manifest: sha256 === undefined ? undefined : { count: asNumber(cells["targets"]), sha256 },
    outcomes: Object.fromEntries(
      OUTCOMES.flatMap((outcome) => (outcomes.has(outcome) ? [[outcome, outcomes.get(outcome)]] : [])),
    ),
    rows: asNumber(cells["rows"]),
    noise: Object.fromEntries(talliesOf("noise")),
    calls: {
      batches: calls.get("batches") ?? 0,
      items: calls.get("items") ?? 0,
      throttledItems: calls.get("throttledItems") ?? 0,
      throttledBatches: calls.get("throttledBatches") ?? 0,
      retries: calls.get("retries") ?? 0,
      busyBatches: calls.get("busyBatches") ?? 0,
      busyItems: calls.get("busyItems") ?? 0,
      pages: calls.get("pages") ?? 0,
    },
    counts: Object.fromEntries(talliesOf("count")),
    workers: [...talliesOf("worker").keys()],
    redrives: asNumber(cells["redrives"]),
    chain: toChain(cells),
    summary: optional(cells["summary"], asJson),
    limits: optional(cells["limits"], asJson),
    createdAtMs: asNumber(cells["created_at"]),
    startedAtMs: optional(cells["started_at"], asNumber),
    endedAtMs: optional(cells["ended_at"], asNumber),
  };
}

export function toTargetStatus(cells: Cells, data: Json): TargetStatus {
  return {
    line: asNumber(cells["line"]),
    kind: asKind(cells["kind"]),
    id: asText(cells["id"]),
    objectId: asText(cells["object_id"]),
    label: asText(cells["label"]),
    data,
    outcome: optional(cells["outcome"], asOutcome),
    reason: optional(cells["reason"], asText),
    requestId: optional(cells["request_id"], asText),
    fingerprint: optional(cells["fingerprint"], asText),
    rows: asNumber(cells["rows"]),
    redrive: asNumber(cells["redrive"]),
    settledAtMs: optional(cells["settled_at"], asNumber),
  };
}

/** Line, kind and outcome of a target, then line and outcome of the other run's. */
export function toPair([line, kind, outcome, otherLine, otherOutcome]: readonly unknown[]): TargetPair {
  const other = optional(otherLine, asNumber);
  return {
    line: asNumber(line),
    kind: asKind(kind),
    outcome: optional(outcome, asOutcome),
    other: other === undefined ? undefined : { line: other, outcome: optional(otherOutcome, asOutcome) },
  };
}

/** The columns `toSealedTarget` reads; `shape` is there only where shapes are. */
export const SEALED_COLUMNS = "kind, id, object_id, label, data";

/** A line of the manifest as its outcome is sealed with it. @param mark see `Seal.addRow` */
export function toSealedTarget(cells: Cells, mark: string): SealedTarget {
  return {
    kind: asText(cells["kind"]),
    id: asText(cells["id"]),
    objectId: asText(cells["object_id"]),
    label: asText(cells["label"]),
    mark,
    data: asText(cells["data"]),
  };
}

/** Every condition given must hold. */
export function matches(cells: Cells, filter: TargetFilter): boolean {
  const { outcome, fingerprint, line } = cells;
  return (
    (filter.outcome === undefined || filter.outcome.some((wanted) => wanted === outcome)) &&
    (filter.pending === undefined || filter.pending === (outcome === null)) &&
    (filter.fingerprint === undefined || filter.fingerprint === fingerprint) &&
    (filter.lines === undefined || filter.lines.has(asNumber(line)))
  );
}

export function asState(cell: unknown): RunState {
  const state = RUN_STATES.find((known) => known === cell);
  if (state === undefined)
    throw new JournalError(`Cannot read a run: its state is "${String(cell)}"`, "Update this program");
  return state;
}

function asKind(cell: unknown): TargetKind {
  const kind = TARGET_KINDS.find((known) => known === cell);
  if (kind === undefined)
    throw new JournalError(`Cannot read a target: its kind is "${String(cell)}"`, "Update this program");
  return kind;
}

export function asOutcome(cell: unknown): Outcome {
  const outcome = OUTCOMES.find((known) => known === cell);
  if (outcome === undefined) {
    throw new JournalError(`Cannot read a target: its outcome is "${String(cell)}"`, "Update this program");
  }
  return outcome;
}
