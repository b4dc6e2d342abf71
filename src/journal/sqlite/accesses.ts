/** The access index: rows, found under the keys of whoever they give access. */
import { type AccessMark, passed, readMark, type Taken } from "../access-mark.ts";
import { asNumber, asText, optional } from "../cells.ts";
import type { AccessLead, PlacedRow, StoredRow } from "../contract/rows.ts";
import type { LineSet } from "../line-set.ts";
import type { RunHead } from "../records.ts";
import type { Cells, Connection } from "./connection.ts";
import {
  addSegment,
  entriesOf,
  type Merge,
  type MergeOf,
  mergeSome,
  mergeToDo,
  type Store,
  sweepSome,
} from "./key-segments.ts";
import { BY_LEAD, hashOf, MOST_ENTRIES } from "./leads.ts";
import { takeNumbers } from "./principals.ts";
import { headOf } from "./run-record.ts";
import type { Shapes } from "./shapes.ts";
import { READ_STEP } from "./steps.ts";

const STORE: Store = { segments: "access_segments", pages: "access_pages", unit: BY_LEAD };

/** Lines looked through in one step. */
const STEP_LINES = 2_000;

const ROW = "f.about, f.line, f.n, f.noise, f.shape, f.body";
/** A row of a settled target. */
const ROW_AT = `SELECT f.about, f.noise, f.shape, f.body
  FROM targets t CROSS JOIN found f ON f.run = t.run AND f.line = t.line AND f.take = t.take
  WHERE t.run = ? AND t.line = ? AND f.n = ?`;
/** Where rows about a line lie that another line's reading brought. Answered by the index alone, but for the targets. */
const ELSEWHERE = `SELECT f.line, f.n FROM found f INDEXED BY found_elsewhere
  JOIN targets t ON t.run = f.run AND t.line = f.line AND t.take = f.take
  WHERE f.run = ? AND f.about = ? AND f.about <> f.line ORDER BY f.line, f.n`;

/** Where a row lies, as the number of an entry. */
interface Place {
  readonly line: number;
  readonly n: number;
}

/** The manifest is sealed, so its length says how to take numbers apart again. */
function entryOf({ targets }: RunHead, { line, n }: Place): number {
  const entry = n * (targets + 1) + line;
  if (entry >= MOST_ENTRIES)
    throw new RangeError(`Cannot index row ${n} of line ${line}: there are too many`);
  return entry;
}

function placeOf({ targets }: RunHead, entry: number): Place {
  return { line: entry % (targets + 1), n: Math.floor(entry / (targets + 1)) };
}

/** The mark as it is kept, and how many outcomes there are. */
export function standOf(
  db: Connection,
  id: string,
): { readonly mark: string | undefined; readonly outcomes: number } {
  const { key, tip } = headOf(db, id);
  return { mark: markOf(db, key), outcomes: tip.length };
}

function markOf(db: Connection, run: number): string | undefined {
  return optional(db.get("SELECT indexed FROM runs WHERE key = ?", run)?.["indexed"], asText);
}

/** Some of the rows a pass has to take. @returns them, and where the pass stands then */
export function someUnindexed(db: Connection, shapes: Shapes, id: string, mark: AccessMark): Taken {
  const head = headOf(db, id);
  const of = (where: string, ...bounds: readonly number[]): readonly PlacedRow[] =>
    db
      .all(
        `SELECT ${ROW} FROM targets t CROSS JOIN found f ON f.run = t.run AND f.line = t.line AND f.take = t.take
         WHERE t.run = ?1 AND t.place > ?2 AND t.place <= ?3 AND ${where} ORDER BY t.line, f.n LIMIT ${READ_STEP}`,
        head.key,
        mark.done,
        mark.upTo,
        ...bounds,
      )
      .map((cells) => toRow(db, shapes, cells));
  // A bulk read's line has millions.
  const rest = of("t.line = ?4 AND f.n > ?5", mark.line, mark.n);
  const to = Math.min(head.targets, mark.line + STEP_LINES);
  const next = rest.length === READ_STEP ? [] : of("t.line > ?4 AND t.line <= ?5", mark.line, to);
  const rows = [...rest, ...next];
  const last = rows.at(-1);
  if (last !== undefined && (rest.length === READ_STEP || next.length === READ_STEP))
    return { rows, mark: { ...mark, line: last.line, n: last.n } };
  // Of the last line nothing is left.
  if (to === head.targets) return { rows, mark: passed(mark) };
  return { rows, mark: { ...mark, line: to, n: last?.line === to ? last.n : 0 } };
}

/** @returns false when the index stands elsewhere */
export function addLeads(
  db: Connection,
  id: string,
  stretch: { readonly from: string; readonly to: string },
  leads: readonly AccessLead[],
): boolean {
  const head = headOf(db, id);
  if ((markOf(db, head.key) ?? "") !== stretch.from) return false;
  const keyed = leads
    .filter(({ keys }) => keys.length > 0)
    .map((lead) => ({ entry: entryOf(head, lead), keys: lead.keys }));
  addSegment(db, STORE, head.key, takeNumbers(db, head.key, 1), keyed);
  db.run("UPDATE runs SET indexed = ? WHERE key = ?", stretch.to, head.key);
  return true;
}

/** Where the rows under some keys lie: `line * span + n` each, ascending. Eight bytes a row, so that a principal may have millions. */
export interface Trail {
  readonly run: number;
  /** Lines of the manifest. */
  readonly lines: number;
  readonly places: Float64Array;
  readonly span: number;
  /** The index had every row then. */
  readonly isWhole: boolean;
}

export function trailOf(db: Connection, id: string, keys: readonly string[]): Trail {
  const head = headOf(db, id);
  const entries = entriesOf(db, STORE, head.key, keys.map(hashOf));
  // Entries are sorted by number, then by line; this is below 2^49, as they are.
  const span = 1 + (entries.length === 0 ? 0 : placeOf(head, entries[entries.length - 1] ?? 0).n);
  for (const [at, entry] of entries.entries()) {
    const { line, n } = placeOf(head, entry);
    entries[at] = line * span + n;
  }
  const { done } = readMark(markOf(db, head.key));
  const isWhole = done === head.tip.length;
  return { run: head.key, lines: head.targets, places: entries.sort(), span, isWhole };
}

/** A step along a trail. */
export interface TrailStep {
  readonly from: number;
  readonly to: number;
}

/** A row as it is kept, by its place. */
type Kept = ReadonlyMap<number, readonly unknown[]>;

/**
 * All rows of a trail about the lines that the rows of a step are about, those left out that were told before: in the order of the step, each
 * line once.
 */
export function rowsOfStep(
  db: Connection,
  shapes: Shapes,
  trail: Trail,
  { from, to }: TrailStep,
  told: Pick<LineSet, "has">,
): { readonly lines: readonly number[]; readonly rows: readonly StoredRow[] } {
  const lines = new Set<number>();
  const kept = new Map<number, readonly unknown[]>();
  for (const place of trail.places.subarray(from, to)) {
    const cells = cellsAt(db, trail, place);
    // A redrive may have left fewer rows.
    const about = cells === undefined ? 0 : asNumber(cells[0]);
    if (cells === undefined || told.has(about)) continue;
    lines.add(about);
    kept.set(place, cells);
  }
  return { lines: [...lines], rows: rowsAlong(db, shapes, trail, [...lines], kept) };
}

function cellsAt(db: Connection, { run, span }: Trail, place: number): readonly unknown[] | undefined {
  return db.lists(ROW_AT, run, Math.floor(place / span), place % span)[0];
}

/** All rows of a trail about these lines: line by line, first what its own reading brought. @param kept rows that were read already */
export function rowsAlong(
  db: Connection,
  shapes: Shapes,
  trail: Trail,
  lines: readonly number[],
  kept: Kept = new Map(),
): readonly StoredRow[] {
  const { run, places, span } = trail;
  const found: StoredRow[] = [];
  const add = (about: number, line: number, n: number): void => {
    const place = line * span + n;
    const [of, noise, shape, body] = kept.get(place) ?? cellsAt(db, trail, place) ?? [];
    if (of !== about) return;
    found.push({ about, line, noise: optional(noise, asText), row: rowOf(db, shapes, shape, body) });
  };
  for (const about of lines) {
    for (let at = firstNotBelow(places, about * span); at < places.length; at += 1) {
      const place = places[at] ?? 0;
      if (place >= (about + 1) * span) break;
      add(about, about, place - about * span);
    }
    for (const [line, n] of db.lists(ELSEWHERE, run, about)) {
      const place = asNumber(line) * span + asNumber(n);
      if (asNumber(n) < span && places[firstNotBelow(places, place)] === place)
        add(about, asNumber(line), asNumber(n));
    }
  }
  return found;
}

/** The first place of an ascending list that is at least `bound`; its length, when there is none. */
function firstNotBelow(list: Float64Array, bound: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] ?? 0) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

function toRow(db: Connection, shapes: Shapes, cells: Cells): PlacedRow {
  return {
    about: asNumber(cells["about"]),
    line: asNumber(cells["line"]),
    n: asNumber(cells["n"]),
    noise: optional(cells["noise"], asText),
    row: rowOf(db, shapes, cells["shape"], cells["body"]),
  };
}

function rowOf(db: Connection, shapes: Shapes, shape: unknown, body: unknown): StoredRow["row"] {
  // Only rows were packed into this table.
  return shapes.unpack(db, asNumber(shape), asText(body)) as StoredRow["row"];
}

export function beginMerge(db: Connection, id: string, which: MergeOf): Merge | undefined {
  const run = headOf(db, id).key;
  return mergeToDo(db, STORE, run, () => takeNumbers(db, run, 1), which);
}

/** One step of a merge. @returns what is left of it */
export function goOnMerging(db: Connection, id: string, merge: Merge): Merge | undefined {
  return mergeSome(db, STORE, headOf(db, id).key, merge);
}

/** Frees some of what merges left behind. @returns false when there is nothing */
export function sweepLeads(db: Connection, id: string): boolean {
  return sweepSome(db, STORE, headOf(db, id).key);
}
