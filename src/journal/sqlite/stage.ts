/** Rows on their way in: each lies under the take of the attempt that brought it, and counts once its target settles with that take. */
import { asBytes, asCounts, asNumber, asText, optional } from "../cells.ts";
import { isOver } from "../contract/runs.ts";
import type { NewRow } from "../contract/rows.ts";
import { SEALED_COLUMNS, toSealedTarget } from "../records.ts";
import type { RunHead } from "../records.ts";
import { mustBeInManifest, mustBeSealed, unknownLine } from "../refusals.ts";
import { Seal } from "../seal.ts";
import type { SealedTarget } from "../seal.ts";
import type { Cells, Connection } from "./connection.ts";
import { headOf } from "./run-record.ts";
import type { Shapes } from "./shapes.ts";
import { WRITE_STEP } from "./steps.ts";

/** What an attempt has brought so far. */
export interface Take {
  readonly line: number;
  readonly take: number;
  rows: number;
  readonly noise: Map<string, number>;
  readonly seal: Seal;
}

export function emptyTake(line: number, take: number): Take {
  return { line, take, rows: 0, noise: new Map(), seal: new Seal() };
}

/** What is staged for a line, by attempt. */
export function stagedOf(db: Connection, run: number, line: number): ReadonlyMap<number, Take> {
  const staged = db.all(
    "SELECT attempt, take, rows, noise, seal FROM staged WHERE run = ? AND line = ?",
    run,
    line,
  );
  return new Map(
    staged.map((cells) => {
      const take: Take = {
        line,
        take: asNumber(cells["take"]),
        rows: asNumber(cells["rows"]),
        noise: new Map(Object.entries(asCounts(cells["noise"]))),
        seal: new Seal(asBytes(cells["seal"])),
      };
      return [asNumber(cells["attempt"]), take] as const;
    }),
  );
}

/** What settling needs of a target. */
export interface OpenTarget {
  readonly outcome: string | undefined;
  readonly takes: number;
  readonly redrive: number;
  /** How many it ever had. */
  readonly intents: number;
  /** Number of the one without an end. */
  readonly intent: number | undefined;
  readonly sealed: SealedTarget;
}

export const OPEN_TARGET = `outcome, takes, redrive, intents, intent, shape, ${SEALED_COLUMNS}`;

export function toOpenTarget(db: Connection, shapes: Shapes, cells: Cells): OpenTarget {
  return {
    outcome: optional(cells["outcome"], asText),
    takes: asNumber(cells["takes"]),
    redrive: asNumber(cells["redrive"]),
    intents: asNumber(cells["intents"]),
    intent: optional(cells["intent"], asNumber),
    sealed: toSealedTarget(cells, shapes.markOf(db, asNumber(cells["shape"]))),
  };
}

/** @throws {JournalError} when the manifest has no such line */
export function targetOf(db: Connection, shapes: Shapes, run: RunHead, line: number): OpenTarget {
  const cells = db.get(`SELECT ${OPEN_TARGET} FROM targets WHERE run = ? AND line = ?`, run.key, line);
  if (cells === undefined) throw unknownLine(line, run);
  return toOpenTarget(db, shapes, cells);
}

export function addRows(
  db: Connection,
  shapes: Shapes,
  run: RunHead,
  take: Take,
  rows: readonly NewRow[],
): void {
  for (const { about, noise, row } of rows) {
    mustBeInManifest(about, take.line, run);
    const { shape, text } = shapes.pack(db, row);
    take.rows += 1;
    if (noise !== undefined) take.noise.set(noise, (take.noise.get(noise) ?? 0) + 1);
    take.seal.addRow(take.rows, about, noise ?? null, shapes.markOf(db, shape), text);
    db.run(
      "INSERT INTO found (run, line, take, n, about, noise, shape, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      run.key,
      take.line,
      take.take,
      take.rows,
      about,
      noise ?? null,
      shape,
      text,
    );
  }
}

/** Keeps rows aside. Rows of an attempt that can no longer settle are not kept. */
export function stageRows(
  db: Connection,
  shapes: Shapes,
  at: { readonly run: string; readonly line: number; readonly attempt: number },
  rows: readonly NewRow[],
): void {
  const run = headOf(db, at.run);
  const target = targetOf(db, shapes, run, at.line);
  if (target.outcome !== undefined || isOver(run.state)) return;
  mustBeSealed(run, at.run);
  const take = stagedOf(db, run.key, at.line).get(at.attempt) ?? emptyTake(at.line, target.takes + 1);
  addRows(db, shapes, run, take, rows);
  db.run(
    `INSERT INTO staged (run, line, attempt, take, rows, noise, seal) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (run, line, attempt) DO UPDATE SET rows = excluded.rows, noise = excluded.noise, seal = excluded.seal`,
    run.key,
    at.line,
    at.attempt,
    take.take,
    take.rows,
    JSON.stringify(Object.fromEntries(take.noise)),
    take.seal.bytes(),
  );
  db.run("UPDATE targets SET takes = max(takes, ?) WHERE run = ? AND line = ?", take.take, run.key, at.line);
}

/** Attempts that staged rows for targets that have an outcome now: nobody will settle with them. */
export function abandonedStages(
  db: Connection,
  id: string,
): readonly { readonly line: number; readonly attempt: number }[] {
  return db
    .all(
      `SELECT s.line, s.attempt FROM staged s JOIN targets t ON t.run = s.run AND t.line = s.line
       WHERE s.run = ? AND t.outcome IS NOT NULL`,
      headOf(db, id).key,
    )
    .map((cells) => ({ line: asNumber(cells["line"]), attempt: asNumber(cells["attempt"]) }));
}

/** Deletes the last rows an attempt staged. @returns true when none are left */
export function dropSomeStaged(db: Connection, id: string, line: number, attempt: number): boolean {
  const { key } = headOf(db, id);
  const staged = db.get(
    "SELECT take, rows FROM staged WHERE run = ? AND line = ? AND attempt = ?",
    key,
    line,
    attempt,
  );
  if (staged === undefined) return true;
  const keep = Math.max(0, asNumber(staged["rows"]) - WRITE_STEP);
  db.run(
    "DELETE FROM found WHERE run = ? AND line = ? AND take = ? AND n > ?",
    key,
    line,
    asNumber(staged["take"]),
    keep,
  );
  db.run("UPDATE staged SET rows = ? WHERE run = ? AND line = ? AND attempt = ?", keep, key, line, attempt);
  if (keep === 0) forgetStaged(db, key, line, attempt);
  return keep === 0;
}

/** Ends the staging of an attempt; its rows are not touched. */
export function forgetStaged(db: Connection, run: number, line: number, attempt: number): void {
  db.run("DELETE FROM staged WHERE run = ? AND line = ? AND attempt = ?", run, line, attempt);
}
