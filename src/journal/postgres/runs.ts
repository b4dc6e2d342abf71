/** Runs: making them, moving them, claiming them. */
import { planted } from "../../test-points.ts";
import { asText } from "../cells.ts";
import { bytesOf, firstLink } from "../chain.ts";
import { RunOpenError } from "../contract/errors.ts";
import { isComplete, isOver } from "../contract/runs.ts";
import type { NewRun, RunRecord, Runs, RunState } from "../contract/runs.ts";
import { idInUse, unknownRun } from "../refusals.ts";
import type { Session } from "./database.ts";
import { isDuplicate } from "./faults.ts";
import type { Ground } from "./ground.ts";
import { IS_OPEN, headOf, listRuns, lockRun, openRuns, readRun } from "./run-record.ts";

export function runsOn(on: Ground): Runs {
  const { database } = on;
  return {
    createRun: (run) =>
      on.do(async () => {
        for (;;) {
          const created = await database.write((db) => createRun(db, run, on.nowMs()));
          if (created !== undefined) return created;
          await database.read((db) => refuseCreating(db, run));
        }
      }),

    run: (id) => on.read((db) => readRun(db, id)),
    runs: (filter = {}) => on.read((db) => listRuns(db, filter)),
    openRuns: () => on.read(openRuns),

    moveRun: (id, from, to, reason) =>
      on.do(async () => {
        for (;;) {
          try {
            return await database.write((db) => moveRun(db, { id, from, to, reason }, on.nowMs()));
          } catch (error) {
            if (!isDuplicate(error)) throw error;
            await database.read((db) => refuseOpening(db, id));
          }
        }
      }),

    claimRun: (id, owner, leaseMs) => on.write((db) => claimRun(db, { id, owner, leaseMs }, on.nowMs())),
    releaseRun: (id, owner) => on.write((db) => releaseRun(db, id, owner)),
  };
}

interface Move {
  readonly id: string;
  readonly from: readonly RunState[];
  readonly to: RunState;
  readonly reason: string | undefined;
}

/** @returns undefined when there is an open one, or one with this id, and this one was not created */
async function createRun(db: Session, run: NewRun, nowMs: number): Promise<RunRecord | undefined> {
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
async function refuseCreating(db: Session, run: NewRun): Promise<void> {
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

async function moveRun(db: Session, move: Move, nowMs: number): Promise<boolean> {
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
async function refuseOpening(db: Session, id: string): Promise<void> {
  const cells = await db.get("SELECT job, tenant, tenant_id FROM runs WHERE id = $1", id);
  if (cells === undefined) throw unknownRun(id);
  await refuseSecond(db, asText(cells["job"]), asText(cells["tenant"]), asText(cells["tenant_id"]));
}

async function claimRun(
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

async function releaseRun(db: Session, id: string, owner: string): Promise<void> {
  const released = await db.run(
    "UPDATE runs SET owner = NULL, owner_until = NULL WHERE id = $1 AND owner = $2",
    id,
    owner,
  );
  if (released === 0) await headOf(db, id);
}
