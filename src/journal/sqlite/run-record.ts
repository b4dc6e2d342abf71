/** Runs as they are read. */
import { JournalError, OUTCOMES, RUN_STATES } from "../journal.ts";
import type { Json, RunRecord, RunState } from "../journal.ts";
import { asNumber, asText, optional } from "./connection.ts";
import type { Cell, Cells, Connection } from "./connection.ts";
import { talliesOf } from "./tallies.ts";

/** What most writes need of a run. */
export interface RunHead {
  readonly key: number;
  readonly state: RunState;
  readonly targets: number;
  readonly sha256: string | undefined;
}

/** Runs that are not over, as the index `open_runs` has it. */
export const IS_OPEN = "state NOT IN ('complete', 'complete_with_failures', 'cancelled')";

const HEAD = "SELECT key, state, targets, manifest_sha256 FROM runs WHERE id = ?";

/** @throws {JournalError} when there is no such run */
export function headOf(db: Connection, id: string): RunHead {
  const cells = db.get(HEAD, id);
  if (cells === undefined) throw unknownRun(id);
  return {
    key: asNumber(cells["key"]),
    state: asState(cells["state"]),
    targets: asNumber(cells["targets"]),
    sha256: optional(cells["manifest_sha256"], asText),
  };
}

export function readRun(db: Connection, id: string): RunRecord | undefined {
  const cells = db.get("SELECT * FROM runs WHERE id = ?", id);
  return cells && toRecord(db, cells);
}

export function listRuns(
  db: Connection,
  filter: { readonly open?: boolean; readonly tenant?: string; readonly limit?: number },
): readonly RunRecord[] {
  const open = filter.open === undefined ? null : Number(filter.open);
  return db
    .all(
      `SELECT * FROM runs
       WHERE (?1 IS NULL OR ?1 = (${IS_OPEN}))
         AND (?2 IS NULL OR tenant = ?2)
       ORDER BY key DESC LIMIT ?3`,
      open,
      filter.tenant ?? null,
      filter.limit ?? -1,
    )
    .map((cells) => toRecord(db, cells));
}

export function openRuns(db: Connection): readonly {
  readonly id: string;
  readonly tenant: string;
  readonly job: string;
  readonly state: RunState;
}[] {
  return db
    .all(
      `SELECT key, id, tenant, job, state FROM runs INDEXED BY open_runs WHERE ${IS_OPEN}
       UNION ALL
       SELECT key, id, tenant, job, state FROM runs WHERE state = 'cancelled'
         AND EXISTS (SELECT 1 FROM targets INDEXED BY pending WHERE run = runs.key AND outcome IS NULL)
       ORDER BY key`,
    )
    .map((cells) => ({
      id: asText(cells["id"]),
      tenant: asText(cells["tenant"]),
      job: asText(cells["job"]),
      state: asState(cells["state"]),
    }));
}

function toRecord(db: Connection, cells: Cells): RunRecord {
  const key = asNumber(cells["key"]);
  const sha256 = optional(cells["manifest_sha256"], asText);
  const calls = talliesOf(db, key, "call");
  const outcomes = talliesOf(db, key, "outcome");
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
    noise: Object.fromEntries(talliesOf(db, key, "noise")),
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
    counts: Object.fromEntries(talliesOf(db, key, "count")),
    workers: [...talliesOf(db, key, "worker").keys()],
    redrives: asNumber(cells["redrives"]),
    summary: optional(cells["summary"], asJson),
    createdAtMs: asNumber(cells["created_at"]),
    startedAtMs: optional(cells["started_at"], asNumber),
    endedAtMs: optional(cells["ended_at"], asNumber),
  };
}

export function asJson(cell: Cell): Json {
  return JSON.parse(asText(cell));
}

function asState(cell: Cell): RunState {
  const state = RUN_STATES.find((known) => known === cell);
  if (state === undefined)
    throw new JournalError(`Cannot read a run: its state is "${String(cell)}"`, "Update this program");
  return state;
}

function unknownRun(id: string): JournalError {
  return new JournalError(`Cannot find run "${id}"`, "List the runs to see which ids there are");
}
