/** Runs: their record, state, claim, counters and events. */
import { JournalError, RunOpenError, isOver } from "../journal.ts";
import type { CallCounts, Json, NewRun, RunEvent, RunRecord, RunState } from "../journal.ts";
import { asNumber, asText, optional } from "./connection.ts";
import type { Cell, Cells, Connection } from "./connection.ts";
import { OUTCOMES, RUN_STATES } from "../journal.ts";

/** Kinds of tallies: counters with a name, kept by run. */
export type TallyKind = "outcome" | "noise" | "count" | "call" | "worker";

/** What most writes need of a run. */
export interface RunHead {
  readonly key: number;
  readonly state: RunState;
  readonly targets: number;
  readonly sha256: string | undefined;
}

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

export function createRun(db: Connection, run: NewRun, nowMs: number): RunRecord {
  if (db.get(HEAD, run.id) !== undefined) {
    throw new JournalError(`Cannot create run "${run.id}": there is one with this id`, "Choose another id");
  }
  refuseSecond(db, run.job, run.tenant, run.tenantId);
  db.run(
    `INSERT INTO runs (id, job, tenant, tenant_id, params, scope, naive_calls, state, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, 'planned', ?)`,
    run.id,
    run.job,
    run.tenant,
    run.tenantId,
    JSON.stringify(run.params),
    JSON.stringify(run.scope),
    run.naiveCallsPerTarget,
    nowMs,
  );
  const record = readRun(db, run.id);
  if (record === undefined) throw unknownRun(run.id);
  return record;
}

/** The index `open_runs` says the same to whoever gets past this. */
function refuseSecond(db: Connection, job: string, tenant: string, tenantId: string): void {
  const open = db.get(
    `SELECT id FROM runs WHERE tenant_id = ? AND job = ?
     AND state NOT IN ('complete', 'complete_with_failures', 'cancelled')`,
    tenantId,
    job,
  );
  if (open !== undefined) throw new RunOpenError(job, tenant, asText(open["id"]));
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
       WHERE (?1 IS NULL OR ?1 = (state NOT IN ('complete', 'complete_with_failures', 'cancelled')))
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
      `SELECT id, tenant, job, state FROM runs INDEXED BY open_runs
       WHERE state NOT IN ('complete', 'complete_with_failures', 'cancelled') ORDER BY key`,
    )
    .map((cells) => ({
      id: asText(cells["id"]),
      tenant: asText(cells["tenant"]),
      job: asText(cells["job"]),
      state: asState(cells["state"]),
    }));
}

export function moveRun(
  db: Connection,
  move: {
    readonly id: string;
    readonly from: readonly RunState[];
    readonly to: RunState;
    readonly reason: string | undefined;
  },
  nowMs: number,
): boolean {
  const head = headOf(db, move.id);
  if (!move.from.includes(head.state)) return false;
  if (isOver(head.state) && !isOver(move.to)) {
    const cells = db.get("SELECT job, tenant, tenant_id FROM runs WHERE key = ?", head.key);
    refuseSecond(db, asText(cells?.["job"]), asText(cells?.["tenant"]), asText(cells?.["tenant_id"]));
  }
  const works = move.to === "enumerating" || move.to === "running";
  db.run(
    `UPDATE runs SET state = ?, reason = ?, started_at = coalesce(started_at, ?), ended_at = ? WHERE key = ?`,
    move.to,
    move.reason ?? null,
    works ? nowMs : null,
    isOver(move.to) ? nowMs : null,
    head.key,
  );
  return true;
}

export function claimRun(
  db: Connection,
  claim: { readonly id: string; readonly owner: string; readonly leaseMs: number },
  nowMs: number,
): boolean {
  const { key } = headOf(db, claim.id);
  return (
    db.run(
      "UPDATE runs SET owner = ?1, owner_until = ?2 WHERE key = ?3 AND (owner IS NULL OR owner = ?1 OR owner_until <= ?4)",
      claim.owner,
      nowMs + claim.leaseMs,
      key,
      nowMs,
    ) > 0
  );
}

export function releaseRun(db: Connection, id: string, owner: string): void {
  db.run(
    "UPDATE runs SET owner = NULL, owner_until = NULL WHERE key = ? AND owner = ?",
    headOf(db, id).key,
    owner,
  );
}

export function setSummary(db: Connection, id: string, summary: Json): void {
  db.run("UPDATE runs SET summary = ? WHERE key = ?", JSON.stringify(summary), headOf(db, id).key);
}

export function addCalls(db: Connection, id: string, delta: CallCounts): void {
  const { key } = headOf(db, id);
  for (const [name, by] of Object.entries(delta)) addTally(db, key, "call", name, Number(by));
}

export function addTally(db: Connection, run: number, kind: TallyKind, name: string, by: number): void {
  if (by === 0) return;
  db.run(
    `INSERT INTO tallies (run, kind, name, value) VALUES (?, ?, ?, ?)
     ON CONFLICT (run, kind, name) DO UPDATE SET value = value + excluded.value`,
    run,
    kind,
    name,
    by,
  );
}

/** Counters of one kind by name, those at zero left out. */
export function talliesOf(db: Connection, run: number, kind: TallyKind): ReadonlyMap<string, number> {
  return new Map(
    db
      .all("SELECT name, value FROM tallies WHERE run = ? AND kind = ? AND value <> 0", run, kind)
      .map((cells) => [asText(cells["name"]), asNumber(cells["value"])] as const),
  );
}

export function addEvent(db: Connection, id: string, event: RunEvent): void {
  const { key } = headOf(db, id);
  db.run(
    "INSERT INTO events (run, n, at, kind, data) SELECT ?1, coalesce(max(n), 0) + 1, ?2, ?3, ?4 FROM events WHERE run = ?1",
    key,
    Math.trunc(event.atMs),
    event.kind,
    JSON.stringify(event.data),
  );
}

export function listEvents(db: Connection, id: string, limit: number): readonly RunEvent[] {
  return db
    .all("SELECT at, kind, data FROM events WHERE run = ? ORDER BY n DESC LIMIT ?", headOf(db, id).key, limit)
    .toReversed()
    .map((cells) => ({
      atMs: asNumber(cells["at"]),
      kind: asText(cells["kind"]),
      data: asJson(cells["data"]),
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

function asJson(cell: Cell): Json {
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
