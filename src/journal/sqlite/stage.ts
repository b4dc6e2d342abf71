/** Rows on their way in: each lies under the take of the attempt that brought it, and counts once its target settles with that take. */
import { JournalError, isOver } from "../journal.ts";
import type { NewRow } from "../journal.ts";
import { asBytes, asNumber, asText, optional } from "./connection.ts";
import type { Connection } from "./connection.ts";
import { headOf } from "./runs.ts";
import type { RunHead } from "./runs.ts";
import { Seal } from "./seal.ts";
import type { Shapes } from "./shapes.ts";

/** Most rows written or deleted in one step. */
export const STEP_ROWS = 2_000;

/** What an attempt has brought so far. */
export interface Take {
  readonly line: number;
  readonly take: number;
  rows: number;
  readonly noise: Map<string, number>;
  readonly seal: Seal;
}

/** The take of an attempt: what it staged, or an empty one with the next number. */
export function openTake(db: Connection, run: number, line: number, attempt: number): Take {
  const staged = db.get(
    "SELECT take, rows, noise, seal FROM staged WHERE run = ? AND line = ? AND attempt = ?",
    run,
    line,
    attempt,
  );
  if (staged === undefined) {
    const takes = asNumber(
      db.get("SELECT takes FROM targets WHERE run = ? AND line = ?", run, line)?.["takes"],
    );
    return { line, take: takes + 1, rows: 0, noise: new Map(), seal: new Seal() };
  }
  const noise: Readonly<Record<string, number>> = JSON.parse(optional(staged["noise"], asText) ?? "{}");
  return {
    line,
    take: asNumber(staged["take"]),
    rows: asNumber(staged["rows"]),
    noise: new Map(Object.entries(noise)),
    seal: new Seal(asBytes(staged["seal"])),
  };
}

export function addRows(
  db: Connection,
  shapes: Shapes,
  run: RunHead,
  take: Take,
  rows: readonly NewRow[],
): void {
  for (const { about, noise, row } of rows) {
    if (!(about >= 1 && about <= run.targets)) {
      throw new JournalError(
        `Cannot add a row to line ${take.line}: it is about line ${about}, the manifest has ${run.targets} lines`,
        "This is a mistake in the job; please report it",
      );
    }
    const { shape, text } = shapes.pack(db, row);
    take.rows += 1;
    if (noise !== undefined) take.noise.set(noise, (take.noise.get(noise) ?? 0) + 1);
    take.seal.addRow(take.rows, about, noise ?? null, shape, text);
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
  const target = db.get("SELECT outcome FROM targets WHERE run = ? AND line = ?", run.key, at.line);
  if (target === undefined || target["outcome"] !== null || isOver(run.state)) return;
  const take = openTake(db, run.key, at.line, at.attempt);
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

/** Attempts that have rows aside for a line. */
export function stagedAttempts(db: Connection, id: string, line: number): readonly number[] {
  return db
    .all("SELECT attempt FROM staged WHERE run = ? AND line = ?", headOf(db, id).key, line)
    .map((cells) => asNumber(cells["attempt"]));
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
  const keep = Math.max(0, asNumber(staged["rows"]) - STEP_ROWS);
  db.run(
    "DELETE FROM found WHERE run = ? AND line = ? AND take = ? AND n > ?",
    key,
    line,
    asNumber(staged["take"]),
    keep,
  );
  if (keep === 0) db.run("DELETE FROM staged WHERE run = ? AND line = ? AND attempt = ?", key, line, attempt);
  else
    db.run("UPDATE staged SET rows = ? WHERE run = ? AND line = ? AND attempt = ?", keep, key, line, attempt);
  return keep === 0;
}
