/** Targets, with how they ended, as they are read. */
import { setImmediate as breathe } from "node:timers/promises";
import { asNumber, asText, optional } from "../cells.ts";
import type { TargetFilter, TargetPair, Targets, TargetStatus } from "../contract/targets.ts";
import { matches, toPair, toTargetStatus } from "../records.ts";
import { type Cells, type Connection, USUAL_CACHE } from "./connection.ts";
import type { Ground } from "./ground.ts";
import { headOf } from "./run-record.ts";
import type { Shapes } from "./shapes.ts";
import { READ_STEP, readSteps } from "./steps.ts";

const STATUS = `SELECT line, kind, id, object_id, label, shape, data, outcome, reason, request_id, fingerprint, rows, redrive,
  settled_at FROM targets`;

/** Two runs side by side are read in two places at once, and in an index whose ids lie anywhere: 64 MiB, and a fifth less time. */
const LARGE_CACHE = "PRAGMA cache_size = -65536";

export function targetsOn(on: Ground): Targets {
  const { reader, shapes } = on;
  return {
    target: (run, line) => reader.glance((db) => readTarget(db, shapes, on.keyOf(db, run), line)),
    targetById: (run, id) => reader.glance((db) => readTargetById(db, shapes, on.keyOf(db, run), id)),
    pending: (run, after, limit) => on.read((db) => pendingLines(db, run, after, limit)),
    countPending: (run) => on.read((db) => countPending(db, run)),
    history: (run, line) => on.read((db) => earlierOf(db, shapes, run, line)),

    async *targets(run, filter = {}) {
      const head = await on.read((db) => headOf(db, run));
      for (const after of readSteps(head.targets, filter.lines)) {
        const some = await on.read((db) => someTargets(db, shapes, head.key, after, filter));
        if (some.length > 0) yield some;
        await breathe();
      }
    },

    async *pairs(run, other) {
      const [head, otherKey] = await on.read((db) => [headOf(db, run), headOf(db, other).key] as const);
      try {
        await reader.glance((db) => db.exec(LARGE_CACHE));
        for (const after of readSteps(head.targets, undefined)) {
          const some = await on.read((db) => somePairs(db, head.key, otherKey, after));
          if (some.length > 0) yield some;
          await breathe();
        }
      } finally {
        await reader.glance((db) => db.exec(USUAL_CACHE));
      }
    },
  };
}

function readTarget(db: Connection, shapes: Shapes, run: number, line: number): TargetStatus | undefined {
  const cells = db.get(`${STATUS} WHERE run = ? AND line = ?`, run, line);
  return cells && toStatus(db, shapes, cells);
}

function readTargetById(
  db: Connection,
  shapes: Shapes,
  run: number,
  target: string,
): TargetStatus | undefined {
  const cells = db.get(`${STATUS} WHERE run = ? AND id = ?`, run, target);
  return cells && toStatus(db, shapes, cells);
}

/** What a target had before it was redriven, oldest first. */
function earlierOf(db: Connection, shapes: Shapes, id: string, line: number): readonly TargetStatus[] {
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

function pendingLines(db: Connection, id: string, after: number, limit: number): readonly number[] {
  return db
    .all(
      "SELECT line FROM targets INDEXED BY pending WHERE run = ? AND line > ? AND outcome IS NULL ORDER BY line LIMIT ?",
      headOf(db, id).key,
      after,
      limit,
    )
    .map((cells) => asNumber(cells["line"]));
}

function countPending(db: Connection, id: string): number {
  const run = headOf(db, id);
  const settled = db.get("SELECT sum(value) AS n FROM tallies WHERE run = ? AND kind = 'outcome'", run.key);
  return run.targets - (optional(settled?.["n"], asNumber) ?? 0);
}

/** Targets of the lines after `after`, up to `READ_STEP` of them, that match the filter. */
function someTargets(
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
function somePairs(db: Connection, run: number, other: number, after: number): readonly TargetPair[] {
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
