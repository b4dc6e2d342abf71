/** Targets, with how they ended, as they are read. */
import { asNumber, asText, optional } from "../cells.ts";
import type { TargetFilter, TargetPair, TargetStatus } from "../contract/targets.ts";
import { matches, toPair, toTargetStatus } from "../records.ts";
import type { Cells, Connection } from "./connection.ts";
import { headOf } from "./run-record.ts";
import type { Shapes } from "./shapes.ts";
import { READ_STEP } from "./steps.ts";

const STATUS = `SELECT line, kind, id, object_id, label, shape, data, outcome, reason, request_id, fingerprint, rows, redrive,
  settled_at FROM targets`;

export function readTarget(
  db: Connection,
  shapes: Shapes,
  run: number,
  line: number,
): TargetStatus | undefined {
  const cells = db.get(`${STATUS} WHERE run = ? AND line = ?`, run, line);
  return cells && toStatus(db, shapes, cells);
}

export function readTargetById(
  db: Connection,
  shapes: Shapes,
  run: number,
  target: string,
): TargetStatus | undefined {
  const cells = db.get(`${STATUS} WHERE run = ? AND id = ?`, run, target);
  return cells && toStatus(db, shapes, cells);
}

/** What a target had before it was redriven, oldest first. */
export function earlierOf(db: Connection, shapes: Shapes, id: string, line: number): readonly TargetStatus[] {
  return db
    .all(
      `SELECT t.line, t.kind, t.id, t.object_id, t.label, t.shape, t.data,
              e.outcome, e.reason, e.request_id, e.fingerprint, e.rows, e.redrive, e.settled_at
       FROM earlier e JOIN targets t ON t.run = e.run AND t.line = e.line
       WHERE e.run = ? AND e.line = ? ORDER BY e.redrive`,
      headOf(db, id).key,
      line,
    )
    .map((cells) => toStatus(db, shapes, cells));
}

export function pendingLines(db: Connection, id: string, after: number, limit: number): readonly number[] {
  return db
    .all(
      "SELECT line FROM targets INDEXED BY pending WHERE run = ? AND line > ? AND outcome IS NULL ORDER BY line LIMIT ?",
      headOf(db, id).key,
      after,
      limit,
    )
    .map((cells) => asNumber(cells["line"]));
}

export function countPending(db: Connection, id: string): number {
  const run = headOf(db, id);
  const settled = db.get("SELECT sum(value) AS n FROM tallies WHERE run = ? AND kind = 'outcome'", run.key);
  return run.targets - (optional(settled?.["n"], asNumber) ?? 0);
}

/** Targets of the lines after `after`, up to `READ_STEP` of them, that match the filter. */
export function someTargets(
  db: Connection,
  shapes: Shapes,
  run: number,
  after: number,
  filter: TargetFilter,
): readonly TargetStatus[] {
  return db
    .all(`${STATUS} WHERE run = ? AND line > ? AND line <= ?`, run, after, after + READ_STEP)
    .filter((cells) => matches(cells, filter))
    .map((cells) => toStatus(db, shapes, cells));
}

/** The same step of all targets, each with the target of another run that has its id. */
export function somePairs(db: Connection, run: number, other: number, after: number): readonly TargetPair[] {
  return db
    .lists(
      `SELECT t.line, t.kind, t.outcome, o.line, o.outcome FROM targets t LEFT JOIN targets o ON o.run = ?2 AND o.id = t.id
       WHERE t.run = ?1 AND t.line > ?3 AND t.line <= ?4 ORDER BY t.line`,
      run,
      other,
      after,
      after + READ_STEP,
    )
    .map(toPair);
}

function toStatus(db: Connection, shapes: Shapes, cells: Cells): TargetStatus {
  return toTargetStatus(cells, shapes.unpack(db, asNumber(cells["shape"]), asText(cells["data"])));
}
