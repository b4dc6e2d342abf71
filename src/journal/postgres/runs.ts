/** Runs: making them, moving them, claiming them, and what is noted of them. */
import { planted } from "../../test-points.ts";
import { asJson, asNumber, asText } from "../cells.ts";
import { bytesOf, firstLink } from "../chain.ts";
import { RunOpenError } from "../contract/errors.ts";
import { isComplete, isOver } from "../contract/runs.ts";
import type { CallCounts, NewRun, RunRecord, RunState } from "../contract/runs.ts";
import type { Json } from "../contract/json.ts";
import type { RunEvent } from "../contract/entries.ts";
import { idInUse, unknownRun } from "../refusals.ts";
import type { Session } from "./database.ts";
import { IS_OPEN, headOf, lockRun, readRun } from "./run-record.ts";
import { Tallies } from "./tallies.ts";

export interface Move {
  readonly id: string;
  readonly from: readonly RunState[];
  readonly to: RunState;
  readonly reason: string | undefined;
}

/** @returns undefined when there is an open one, or one with this id, and this one was not created */
export async function createRun(db: Session, run: NewRun, nowMs: number): Promise<RunRecord | undefined> {
  // It waits for whoever is creating such a run at this moment.
  const created = await db.run(
    `INSERT INTO runs (id, job, tenant, tenant_id, params, scope, naive_calls, state, created_at, chain_start, chain_length, chain_head)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $10, $8, $9, 0, $9) ON CONFLICT DO NOTHING`,
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
  return created === 0 ? undefined : readRun(db, run.id);
}

/** @throws {JournalError | RunOpenError} why a run was not created, unless the reason is gone by now */
export async function refuseCreating(db: Session, run: NewRun): Promise<void> {
  if ((await readRun(db, run.id)) !== undefined) throw idInUse(run.id);
  if (run.imported !== true) await refuseSecond(db, run.job, run.tenant, run.tenantId);
}

async function refuseSecond(db: Session, job: string, tenant: string, tenantId: string): Promise<void> {
  const open = await db.get(
    `SELECT id FROM runs WHERE tenant_id = $1 AND job = $2 AND ${IS_OPEN}`,
    tenantId,
    job,
  );
  if (open !== undefined) throw new RunOpenError(job, tenant, asText(open["id"]));
}

export async function moveRun(db: Session, move: Move, nowMs: number): Promise<boolean> {
  const head = await lockRun(db, move.id);
  if (!move.from.includes(head.state)) return false;
  if (isComplete(move.to) && !planted("skip-seal-check") && (await hasPending(db, head.key))) return false;
  await db.run(
    "UPDATE runs SET state = $2, reason = $3, started_at = coalesce(started_at, $4), ended_at = $5 WHERE key = $1",
    head.key,
    move.to,
    move.reason ?? null,
    move.to === "enumerating" || move.to === "running" ? nowMs : null,
    isOver(move.to) ? nowMs : null,
  );
  return true;
}

async function hasPending(db: Session, run: number): Promise<boolean> {
  return (
    (await db.get("SELECT 1 AS one FROM targets WHERE run = $1 AND outcome IS NULL LIMIT 1", run)) !==
    undefined
  );
}

/** @throws {RunOpenError} when another run of its job is open, unless that is over by now */
export async function refuseOpening(db: Session, id: string): Promise<void> {
  const cells = await db.get("SELECT job, tenant, tenant_id FROM runs WHERE id = $1", id);
  if (cells === undefined) throw unknownRun(id);
  await refuseSecond(db, asText(cells["job"]), asText(cells["tenant"]), asText(cells["tenant_id"]));
}

export async function claimRun(
  db: Session,
  claim: { readonly id: string; readonly owner: string; readonly leaseMs: number },
  nowMs: number,
): Promise<boolean> {
  const claimed = await db.run(
    "UPDATE runs SET owner = $2, owner_until = $3 WHERE id = $1 AND (owner IS NULL OR owner = $2 OR owner_until <= $4)",
    claim.id,
    claim.owner,
    nowMs + claim.leaseMs,
    nowMs,
  );
  if (claimed === 0) await headOf(db, claim.id);
  return claimed > 0;
}

export async function releaseRun(db: Session, id: string, owner: string): Promise<void> {
  const released = await db.run(
    "UPDATE runs SET owner = NULL, owner_until = NULL WHERE id = $1 AND owner = $2",
    id,
    owner,
  );
  if (released === 0) await headOf(db, id);
}

export async function setSummary(db: Session, id: string, summary: Json): Promise<void> {
  const changed = await db.run("UPDATE runs SET summary = $2 WHERE id = $1", id, JSON.stringify(summary));
  if (changed === 0) throw unknownRun(id);
}

export async function setLimits(
  db: Session,
  id: string,
  limits: Json,
  was: Json | undefined,
): Promise<boolean> {
  const known = was === undefined ? null : JSON.stringify(was);
  const sql = "UPDATE runs SET limits = $2 WHERE id = $1 AND limits IS NOT DISTINCT FROM $3";
  if ((await db.run(sql, id, JSON.stringify(limits), known)) > 0) return true;
  await headOf(db, id);
  return false;
}

export async function addCalls(db: Session, id: string, delta: CallCounts): Promise<void> {
  const { key } = await lockRun(db, id);
  const tallies = new Tallies();
  for (const [name, by] of Object.entries(delta)) tallies.add("call", name, Number(by));
  await tallies.write(db, key);
}

export async function addEvent(db: Session, id: string, event: RunEvent): Promise<void> {
  const added = await db.run(
    "INSERT INTO events (run, at, kind, data) SELECT key, $2, $3, $4 FROM runs WHERE id = $1",
    id,
    Math.trunc(event.atMs),
    event.kind,
    JSON.stringify(event.data),
  );
  if (added === 0) throw unknownRun(id);
}

export async function listEvents(db: Session, id: string, limit: number): Promise<readonly RunEvent[]> {
  const { key } = await headOf(db, id);
  const last = await db.all(
    "SELECT at, kind, data FROM events WHERE run = $1 ORDER BY n DESC LIMIT $2",
    key,
    limit,
  );
  return last.toReversed().map((cells) => ({
    atMs: asNumber(cells["at"]),
    kind: asText(cells["kind"]),
    data: asJson(cells["data"]),
  }));
}
