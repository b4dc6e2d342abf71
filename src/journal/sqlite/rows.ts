/** Rows on their way out: those of settled targets, by the line they are about. */
import { setImmediate as breathe } from "node:timers/promises";
import type { Rows, StoredRow } from "../contract/rows.ts";
import { asNumber, asText, optional } from "../cells.ts";
import type { Connection } from "./connection.ts";
import type { Ground } from "./ground.ts";
import { headOf } from "./run-record.ts";
import type { Shapes } from "./shapes.ts";
import { READ_STEP } from "./steps.ts";

/** A step covers as many lines as the last one suggests will bring `READ_STEP` rows. */
const MOST_LINES = 2_000;
const FIRST_LINES = 50;

/** By its target's line and take, as the table is sorted: nothing is sorted again, and a target is looked up once for all its rows. */
const OWN = `SELECT t.line, t.line, f.noise, f.shape, f.body
  FROM targets t CROSS JOIN found f ON f.run = t.run AND f.line = t.line AND f.take = t.take
  WHERE t.run = ?1 AND t.line > ?2 AND t.line <= ?3 AND f.about = t.line ORDER BY t.line, f.n`;
const FROM_ELSEWHERE = `SELECT f.about, f.line, f.noise, f.shape, f.body
  FROM found f INDEXED BY found_elsewhere JOIN targets t ON t.run = f.run AND t.line = f.line AND t.take = f.take
  WHERE f.run = ?1 AND f.about > ?2 AND f.about <= ?3 AND f.about <> f.line ORDER BY f.about, f.line, f.take, f.n`;

/** Lines as far apart as this are read with those between them: one reading more costs more than a few rows that are not wanted. */
const GAP = 8;

interface Span {
  readonly after: number;
  readonly to: number;
}

export function rowsOn(on: Ground): Rows {
  const { shapes } = on;
  return {
    async *rows(run) {
      const head = await on.read((db) => headOf(db, run));
      let lines = FIRST_LINES;
      for (let after = 0; after < head.targets;) {
        const to = Math.min(head.targets, after + lines);
        const span = { after, to };
        const some = await on.read((db) => rowsIn(db, shapes, head.key, span));
        if (some.length > 0) yield some;
        await breathe();
        lines = nextLines(lines, some.length);
        after = to;
      }
    },

    rowsAbout: (run, lines) => on.read((db) => rowsAbout(db, shapes, on.keyOf(db, run), lines)),
  };
}

/** Rows about the lines in (after, to]: grouped by that line, then by the line that brought them, in the order they were found. */
function rowsIn(db: Connection, shapes: Shapes, run: number, { after, to }: Span): StoredRow[] {
  const rowsOf = (sql: string): StoredRow[] =>
    db.lists(sql, run, after, to).map(([about, line, noise, shape, body]) => ({
      about: asNumber(about),
      line: asNumber(line),
      noise: optional(noise, asText),
      row: asRow(shapes, db, shape, body),
    }));
  return merged(rowsOf(OWN), rowsOf(FROM_ELSEWHERE));
}

/** Two lists in order made one. */
function merged(own: StoredRow[], elsewhere: readonly StoredRow[]): StoredRow[] {
  if (elsewhere.length === 0) return own;
  const all: StoredRow[] = [];
  let place = 0;
  for (const row of own) {
    for (let next = elsewhere[place]; next !== undefined && isBefore(next, row); next = elsewhere[place]) {
      all.push(next);
      place += 1;
    }
    all.push(row);
  }
  return all.concat(elsewhere.slice(place));
}

function isBefore(one: StoredRow, other: StoredRow): boolean {
  return one.about < other.about || (one.about === other.about && one.line < other.line);
}

/** The same for lines anywhere. */
export function rowsAbout(
  db: Connection,
  shapes: Shapes,
  run: number,
  lines: readonly number[],
): readonly StoredRow[] {
  const wanted = new Set(lines);
  const found: StoredRow[] = [];
  for (const span of spansOf([...wanted].sort((one, other) => one - other)))
    for (const row of rowsIn(db, shapes, run, span)) if (wanted.has(row.about)) found.push(row);
  return found;
}

/** @param lines ascending */
function spansOf(lines: readonly number[]): readonly Span[] {
  const spans: Span[] = [];
  for (const line of lines) {
    const last = spans.at(-1);
    if (last !== undefined && line - last.to <= GAP)
      spans[spans.length - 1] = { after: last.after, to: line };
    else spans.push({ after: line - 1, to: line });
  }
  return spans;
}

/** How many lines the next step covers, when the last one covered `lines` and brought `rows`. */
function nextLines(lines: number, rows: number): number {
  return Math.max(1, Math.min(MOST_LINES, Math.round((lines * READ_STEP) / Math.max(1, rows))));
}

function asRow(shapes: Shapes, db: Connection, shape: unknown, body: unknown): StoredRow["row"] {
  const value = shapes.unpack(db, asNumber(shape), asText(body));
  // Only rows were packed into this table.
  return value as StoredRow["row"];
}
