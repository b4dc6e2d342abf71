/** Targets, with how they ended, as they are read. */
import { ahead } from "../ahead.ts";
import { asJson, asNumber } from "../cells.ts";
import type { Cells } from "../cells.ts";
import type { TargetFilter, TargetPair, Targets, TargetStatus } from "../contract/targets.ts";
import { toPair, toTargetStatus } from "../records.ts";
import type { Session } from "./database.ts";
import type { Ground } from "./ground.ts";
import { headOf } from "./run-record.ts";
import { READ_STEP } from "./steps.ts";
import type { Value } from "./wire.ts";

const STATUS = `SELECT line, kind, id, object_id, label, data, outcome, reason, request_id, fingerprint, rows, redrive, settled_at
  FROM targets`;

export function targetsOn(on: Ground): Targets {
  return {
    target: (run, line) => on.read(async (db) => readTarget(db, await on.keyOf(db, run), line)),
    targetById: (run, id) => on.read(async (db) => readTargetById(db, await on.keyOf(db, run), id)),
    pending: (run, after, limit) => on.read((db) => pendingLines(db, run, after, limit)),
    countPending: (run) => on.read((db) => countPending(db, run)),
    history: (run, line) => on.read((db) => earlierOf(db, run, line)),
    targets: (run, filter = {}) => ahead(allTargets(on, run, filter)),
    pairs: (run, other) => ahead(allPairs(on, run, other)),
  };
}

async function* allTargets(
  on: Ground,
  run: string,
  filter: TargetFilter,
): AsyncGenerator<readonly TargetStatus[], void> {
  const key = await on.read((db) => on.keyOf(db, run));
  for (let after = 0; ;) {
    const some = await on.read((db) => someTargets(db, key, after, filter));
    if (some.length > 0) yield some;
    if (some.length < READ_STEP) return;
    after = some.at(-1)?.line ?? after;
  }
}

async function* allPairs(
  on: Ground,
  run: string,
  other: string,
): AsyncGenerator<readonly TargetPair[], void> {
  const [key, otherKey] = await on.read(async (db) => [await on.keyOf(db, run), await on.keyOf(db, other)]);
  for (let after = 0; ;) {
    const some = await on.read((db) => somePairs(db, key, otherKey, after));
    if (some.length > 0) yield some;
    if (some.length < READ_STEP) return;
    after = some.at(-1)?.line ?? after;
  }
}

async function readTarget(db: Session, run: number, line: number): Promise<TargetStatus | undefined> {
  const cells = await db.get(`${STATUS} WHERE run = $1 AND line = $2`, run, line);
  return cells && toStatus(cells);
}

async function readTargetById(db: Session, run: number, id: string): Promise<TargetStatus | undefined> {
  const cells = await db.get(`${STATUS} WHERE run = $1 AND id = $2`, run, id);
  return cells && toStatus(cells);
}

/** What a target had before it was redriven, oldest first. */
async function earlierOf(db: Session, id: string, line: number): Promise<readonly TargetStatus[]> {
  const { key } = await headOf(db, id);
  const found = await db.all(
    `SELECT t.line, t.kind, t.id, t.object_id, t.label, t.data,
            e.outcome, e.reason, e.request_id, e.fingerprint, e.rows, e.redrive, e.settled_at
     FROM earlier e JOIN targets t USING (run, line) WHERE run = $1 AND line = $2 ORDER BY e.redrive`,
    key,
    line,
  );
  return found.map(toStatus);
}

async function pendingLines(
  db: Session,
  id: string,
  after: number,
  limit: number,
): Promise<readonly number[]> {
  const { key } = await headOf(db, id);
  const found = await db.all(
    "SELECT line FROM targets WHERE run = $1 AND line > $2 AND outcome IS NULL ORDER BY line LIMIT $3",
    key,
    after,
    limit,
  );
  return found.map((cells) => asNumber(cells["line"]));
}

/** One statement: both numbers are of one moment. */
async function countPending(db: Session, id: string): Promise<number> {
  const { key } = await headOf(db, id);
  const cells = await db.get(
    `SELECT targets - coalesce((SELECT sum(value) FROM tallies WHERE run = $1 AND kind = 'outcome'), 0) AS pending
     FROM runs WHERE key = $1`,
    key,
  );
  return asNumber(cells?.["pending"]);
}

/** The first `READ_STEP` targets after `after` that match. */
async function someTargets(
  db: Session,
  run: number,
  after: number,
  filter: TargetFilter,
): Promise<readonly TargetStatus[]> {
  const found = await db.all(
    `${STATUS} WHERE run = $1 AND line > $2 AND ${filterSql(3)} ORDER BY line LIMIT ${READ_STEP}`,
    run,
    after,
    ...filterValues(filter),
  );
  return found.map(toStatus);
}

/** The first `READ_STEP` targets after `after`, each with the target of another run that has its id. */
async function somePairs(
  db: Session,
  run: number,
  other: number,
  after: number,
): Promise<readonly TargetPair[]> {
  const found = await db.all(
    `SELECT t.line, t.kind, t.outcome, o.line AS other_line, o.outcome AS other_outcome
     FROM targets t LEFT JOIN targets o ON o.run = $2 AND o.id = t.id
     WHERE t.run = $1 AND t.line > $3 ORDER BY t.line LIMIT ${READ_STEP}`,
    run,
    other,
    after,
  );
  return found.map((cells) =>
    toPair([cells["line"], cells["kind"], cells["outcome"], cells["other_line"], cells["other_outcome"]]),
  );
}

/** A filter as a condition with four values, the first of them with the number `at`: every condition given must hold. */
export function filterSql(at: number): string {
  return `($${at}::text[] IS NULL OR outcome = ANY ($${at}))
    AND ($${at + 1}::boolean IS NULL OR $${at + 1} = (outcome IS NULL))
    AND ($${at + 2}::text IS NULL OR fingerprint = $${at + 2})
    AND ($${at + 3}::integer[] IS NULL OR line = ANY ($${at + 3}))`;
}

export function filterValues({
  outcome,
  pending,
  fingerprint,
  lines,
}: TargetFilter): readonly [Value, Value, Value, Value] {
  return [outcome ?? null, pending ?? null, fingerprint ?? null, lines ? [...lines] : null];
}

function toStatus(cells: Cells): TargetStatus {
  return toTargetStatus(cells, asJson(cells["data"]));
}
