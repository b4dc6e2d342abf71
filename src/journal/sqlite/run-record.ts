/** Runs as they are read. */
import { asNumber, asText } from "../cells.ts";
import type { RunRecord, RunState } from "../contract/runs.ts";
import { HEAD_COLUMNS, asState, toHead, toRunRecord } from "../records.ts";
import type { RunHead } from "../records.ts";
import { unknownRun } from "../refusals.ts";
import type { Cells, Connection } from "./connection.ts";
import { talliesOf } from "./tallies.ts";

/** Runs that are not over, and not being imported, as the index `open_runs` has it. */
export const IS_OPEN = "state NOT IN ('complete', 'complete_with_failures', 'cancelled', 'importing')";

/** @throws {JournalError} when there is no such run */
export function headOf(db: Connection, id: string): RunHead {
  const cells = db.get(`SELECT ${HEAD_COLUMNS} FROM runs WHERE id = ?`, id);
  if (cells === undefined) throw unknownRun(id);
  return toHead(cells);
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
  return toRunRecord(cells, talliesOf(db, asNumber(cells["key"])));
}
