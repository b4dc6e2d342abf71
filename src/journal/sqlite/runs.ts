/** Runs: making them, moving them, claiming them. */
import { planted } from "../../test-points.ts";
import { asText } from "../cells.ts";
import { bytesOf, firstLink } from "../chain.ts";
import { RunOpenError } from "../contract/errors.ts";
import { isComplete, isOver } from "../contract/runs.ts";
import type { NewRun, RunRecord, Runs, RunState } from "../contract/runs.ts";
import { idInUse } from "../refusals.ts";
import type { Connection } from "./connection.ts";
import type { Ground } from "./ground.ts";
import { IS_OPEN, headOf, listRuns, openRuns, readRun } from "./run-record.ts";

export function runsOn(on: Ground): Runs {
  return {
    createRun: (run) => on.write((db) => createRun(db, run, on.nowMs())),
    run: (id) => on.read((db) => readRun(db, id)),
    runs: (filter = {}) => on.read((db) => listRuns(db, filter)),
    openRuns: () => on.read(openRuns),
    moveRun: (id, from, to, reason) => on.write((db) => moveRun(db, { id, from, to, reason }, on.nowMs())),
    claimRun: (id, owner, leaseMs) => on.write((db) => claimRun(db, { id, owner, leaseMs }, on.nowMs())),
    releaseRun: (id, owner) => on.write((db) => releaseRun(db, id, owner)),
  };
}

function createRun(db: Connection, run: NewRun, nowMs: number): RunRecord {
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

function moveRun(
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

function claimRun(
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

function releaseRun(db: Connection, id: string, owner: string): void {
  db.run(
    "UPDATE runs SET owner = NULL, owner_until = NULL WHERE key = ? AND owner = ?",
    headOf(db, id).key,
    owner,
  );
}
