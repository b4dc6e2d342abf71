/** Runs: making them, moving them, claiming them, and what is noted of them. */
import { planted } from "../../test-points.ts";
import { asJson, asNumber, asText } from "../cells.ts";
import { bytesOf, firstLink } from "../chain.ts";
import { RunOpenError } from "../contract/errors.ts";
import { isComplete, isOver } from "../contract/runs.ts";
import type { CallCounts, NewRun, RunRecord, RunState } from "../contract/runs.ts";
import type { Json } from "../contract/json.ts";
import type { RunEvent } from "../contract/entries.ts";
import { idInUse } from "../refusals.ts";
import type { Connection } from "./connection.ts";
import { IS_OPEN, headOf, readRun } from "./run-record.ts";
import { addTally } from "./tallies.ts";

export function createRun(db: Connection, run: NewRun, nowMs: number): RunRecord {
  if (readRun(db, run.id) !== undefined) throw idInUse(run.id);
  if (run.imported !== true) refuseSecond(db, run.job, run.tenant, run.tenantId);
  db.run(
    `INSERT INTO runs (id, job, tenant, tenant_id, params, scope, naive_calls, state, created_at, chain_start, chain_length, chain_head)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?10, ?8, ?9, 0, ?9)`,
    run.id,
    run.job,
    run.tenant,
    run.tenantId,
    JSON.stringify(run.params),
    JSON.stringify(run.scope),
    run.naiveCallsPerTarget,
    nowMs,
    bytesOf(firstLink(run, nowMs)),
    run.imported === true ? "importing" : "planned",
  );
  const record = readRun(db, run.id);
  if (record === undefined) throw new Error(`Cannot read back run "${run.id}"`);
  return record;
}

/** The index `open_runs` says the same to whoever gets past this. */
function refuseSecond(db: Connection, job: string, tenant: string, tenantId: string): void {
  const open = db.get(`SELECT id FROM runs WHERE tenant_id = ? AND job = ? AND ${IS_OPEN}`, tenantId, job);
  if (open !== undefined) throw new RunOpenError(job, tenant, asText(open["id"]));
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
  if (isComplete(move.to) && !planted("skip-seal-check") && hasPending(db, head.key)) return false;
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

function hasPending(db: Connection, run: number): boolean {
  return (
    db.get("SELECT 1 FROM targets INDEXED BY pending WHERE run = ? AND outcome IS NULL", run) !== undefined
  );
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

export function setLimits(db: Connection, id: string, limits: Json, was: Json | undefined): boolean {
  const known = was === undefined ? null : JSON.stringify(was);
  const { key } = headOf(db, id);
  const sql = "UPDATE runs SET limits = ? WHERE key = ? AND limits IS ?";
  return db.run(sql, JSON.stringify(limits), key, known) > 0;
}

export function addCalls(db: Connection, id: string, delta: CallCounts): void {
  const { key } = headOf(db, id);
  for (const [name, by] of Object.entries(delta)) addTally(db, key, "call", name, Number(by));
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
