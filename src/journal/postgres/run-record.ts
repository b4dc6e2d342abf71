/** Runs as they are read, and the lock everybody takes who writes about one. */
import { asText, optional } from "../cells.ts";
import type { Cells } from "../cells.ts";
import type { RunRecord, Runs } from "../contract/runs.ts";
import { HEAD_COLUMNS, asState, toHead, toRunRecord } from "../records.ts";
import type { RunHead } from "../records.ts";
import { unknownRun } from "../refusals.ts";
import type { Session } from "./database.ts";
import { unescaped } from "./wire.ts";

/** Runs that are not over, and not being imported, as the index `open_runs` has it. */
export const IS_OPEN = "state NOT IN ('complete', 'complete_with_failures', 'cancelled', 'importing')";

/** A run with its counters: one statement, so all of it is true at one moment. */
const RECORD = `SELECT runs.*, (
    SELECT json_agg(json_build_array(kind, name, value) ORDER BY kind, name)::text FROM tallies WHERE run = key AND value <> 0
  ) AS tallies FROM runs`;

/** @throws {JournalError} when there is no such run */
export async function headOf(db: Session, id: string): Promise<RunHead> {
  const cells = await db.get(`SELECT ${HEAD_COLUMNS} FROM runs WHERE id = $1`, id);
  if (cells === undefined) throw unknownRun(id);
  return toHead(cells);
}

/** The run, which nobody else writes about until this transaction ends. @throws {JournalError} when there is no such run */
export async function lockRun(db: Session, id: string): Promise<RunHead> {
  const cells = await db.get(`SELECT ${HEAD_COLUMNS} FROM runs WHERE id = $1 FOR NO KEY UPDATE`, id);
  if (cells === undefined) throw unknownRun(id);
  return toHead(cells);
}

export async function readRun(db: Session, id: string): Promise<RunRecord | undefined> {
  const cells = await db.get(`${RECORD} WHERE id = $1`, id);
  return cells && toRecord(cells);
}

export async function listRuns(
  db: Session,
  filter: { readonly open?: boolean; readonly tenant?: string; readonly limit?: number },
): Promise<readonly RunRecord[]> {
  const found = await db.all(
    `${RECORD}
     WHERE ($1::boolean IS NULL OR $1 = (${IS_OPEN})) AND ($2::text IS NULL OR tenant = $2)
     ORDER BY key DESC LIMIT $3`,
    filter.open ?? null,
    filter.tenant ?? null,
    filter.limit ?? null,
  );
  return found.map(toRecord);
}

export async function openRuns(db: Session): ReturnType<Runs["openRuns"]> {
  const found = await db.all(
    `SELECT id, tenant, job, state FROM runs
     WHERE ${IS_OPEN} OR state = 'cancelled' AND EXISTS (SELECT FROM targets WHERE run = runs.key AND outcome IS NULL)
     ORDER BY key`,
  );
  return found.map((cells) => ({
    id: asText(cells["id"]),
    tenant: asText(cells["tenant"]),
    job: asText(cells["job"]),
    state: asState(cells["state"]),
  }));
}

function toRecord(cells: Cells): RunRecord {
  const tallies: readonly (readonly [kind: string, name: string, value: number])[] = JSON.parse(
    optional(cells["tallies"], asText) ?? "[]",
  );
  return toRunRecord(
    cells,
    (wanted) =>
      new Map(tallies.filter(([kind]) => kind === wanted).map(([, name, value]) => [unescaped(name), value])),
  );
}
