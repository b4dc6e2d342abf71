/** Rows that wait for their target to settle, each under the take of the attempt that brought it. */
import { asBytes, asCounts, asNumber, asText, countsColumn, optional } from "../cells.ts";
import type { Cells } from "../cells.ts";
import { isOver } from "../contract/runs.ts";
import type { NewRow } from "../contract/rows.ts";
import { mustBeInManifest, mustBeSealed, unknownLine } from "../refusals.ts";
import { Seal } from "../seal.ts";
import { FoundRows, LINKABLE, emptyTake, toLinkable } from "./columns.ts";
import type { Linkable, Take } from "./columns.ts";
import type { Session } from "./database.ts";
import { headOf, lockRun } from "./run-record.ts";
import { WRITE_STEP } from "./steps.ts";

/** What settling needs of a target. */
export interface OpenTarget extends Linkable {
  outcome: string | undefined;
  readonly takes: number;
  /** Number of the intent without an end. */
  intent: number | undefined;
  /** Intents of the present version, as they are kept; `settleGroup` fetches them. */
  kept: readonly Cells[];
  /** It has, or had, intents. */
  readonly wrote: boolean;
  /** By attempt. */
  readonly staged: Map<number, Take>;
}

/** Targets of these lines, with what is staged for them, by line. */
export async function targetsOf(
  db: Session,
  run: number,
  lines: readonly number[],
): Promise<ReadonlyMap<number, OpenTarget>> {
  const targets = new Map<number, OpenTarget>();
  const found = await db.all(
    `SELECT line, outcome, takes, intents, intent, ${LINKABLE}, s.attempt, s.take, s.rows, s.noise, s.seal
     FROM targets LEFT JOIN staged s USING (run, line) WHERE run = $1 AND line = ANY ($2::integer[])`,
    run,
    lines,
  );
  for (const cells of found) {
    const line = asNumber(cells["line"]);
    const target: OpenTarget = targets.get(line) ?? {
      outcome: optional(cells["outcome"], asText),
      takes: asNumber(cells["takes"]),
      intent: optional(cells["intent"], asNumber),
      kept: [],
      wrote: asNumber(cells["intents"]) > 0,
      ...toLinkable(cells),
      staged: new Map(),
    };
    targets.set(line, target);
    const attempt = optional(cells["attempt"], asNumber);
    if (attempt === undefined) continue;
    target.staged.set(attempt, {
      line,
      take: asNumber(cells["take"]),
      rows: asNumber(cells["rows"]),
      noise: new Map(Object.entries(asCounts(cells["noise"]))),
      seal: new Seal(asBytes(cells["seal"])),
    });
  }
  return targets;
}

/** Keeps rows aside. Rows of an attempt that can no longer settle are not kept. */
export async function stageRows(
  db: Session,
  at: { readonly run: string; readonly line: number; readonly attempt: number },
  rows: readonly NewRow[],
): Promise<void> {
  const run = await lockRun(db, at.run);
  const target = (await targetsOf(db, run.key, [at.line])).get(at.line);
  if (target === undefined) throw unknownLine(at.line, run);
  if (target.outcome !== undefined || isOver(run.state)) return;
  mustBeSealed(run, at.run);
  for (const { about } of rows) mustBeInManifest(about, at.line, run);
  const take = target.staged.get(at.attempt) ?? emptyTake(at.line, target.takes + 1);
  const found = new FoundRows();
  found.add(take, rows);
  await found.write(db, run.key);
  await db.run(
    `INSERT INTO staged (run, line, attempt, take, rows, noise, seal) VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (run, line, attempt) DO UPDATE SET rows = excluded.rows, noise = excluded.noise, seal = excluded.seal`,
    run.key,
    at.line,
    at.attempt,
    take.take,
    take.rows,
    countsColumn(Object.fromEntries(take.noise)),
    take.seal.bytes(),
  );
  await db.run(
    "UPDATE targets SET takes = $3 WHERE run = $1 AND line = $2 AND takes < $3",
    run.key,
    at.line,
    take.take,
  );
}

/** Attempts that staged rows for targets that have an outcome now: nobody will settle with them. */
export async function abandonedStages(
  db: Session,
  id: string,
): Promise<readonly { readonly line: number; readonly attempt: number }[]> {
  const { key } = await headOf(db, id);
  const found = await db.all(
    "SELECT line, attempt FROM staged JOIN targets USING (run, line) WHERE run = $1 AND outcome IS NOT NULL",
    key,
  );
  return found.map((cells) => ({ line: asNumber(cells["line"]), attempt: asNumber(cells["attempt"]) }));
}

/** Deletes the last rows an attempt staged. @returns true when none are left */
export async function dropSomeStaged(
  db: Session,
  id: string,
  line: number,
  attempt: number,
): Promise<boolean> {
  const { key } = await lockRun(db, id);
  const staged = await db.get(
    "SELECT take, rows FROM staged WHERE run = $1 AND line = $2 AND attempt = $3",
    key,
    line,
    attempt,
  );
  if (staged === undefined) return true;
  const keep = Math.max(0, asNumber(staged["rows"]) - WRITE_STEP);
  await db.run(
    "DELETE FROM found WHERE run = $1 AND line = $2 AND take = $3 AND n > $4",
    key,
    line,
    asNumber(staged["take"]),
    keep,
  );
  if (keep === 0) {
    await forgetStaged(db, key, [{ line, attempt }]);
    return true;
  }
  await db.run(
    "UPDATE staged SET rows = $4 WHERE run = $1 AND line = $2 AND attempt = $3",
    key,
    line,
    attempt,
    keep,
  );
  return false;
}

/** Ends the staging of attempts; their rows are not touched. */
export async function forgetStaged(
  db: Session,
  run: number,
  attempts: readonly { readonly line: number; readonly attempt: number }[],
): Promise<void> {
  if (attempts.length === 0) return;
  await db.run(
    `DELETE FROM staged WHERE run = $1 AND (line, attempt) IN (SELECT * FROM unnest($2::integer[], $3::bigint[]))`,
    run,
    attempts.map(({ line }) => line),
    attempts.map(({ attempt }) => attempt),
  );
}
