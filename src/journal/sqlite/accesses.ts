/** The access index: rows, found under the keys of whoever they give access. */
import { type AccessMark, passed, type Taken } from "../access-mark.ts";
import { asNumber, asText, optional } from "../cells.ts";
import type { AccessLead, PlacedRow, StoredRow } from "../contract/rows.ts";
import type { RunHead } from "../records.ts";
import type { Cells, Connection } from "./connection.ts";
import {
  addSegment,
  entriesOf,
  type Merge,
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

/** Where the rows under a key lie, ascending by line. */
export function placesUnder(db: Connection, id: string, keys: readonly string[]): readonly Place[] {
  const head = headOf(db, id);
  const entries = new Set(keys.flatMap((key) => entriesOf(db, STORE, head.key, hashOf(key))));
  return [...entries]
    .map((entry) => placeOf(head, entry))
    .sort((one, other) => one.line - other.line || one.n - other.n);
}

/** Those of the rows that are there: a redrive may have left fewer. */
export function rowsAt(
  db: Connection,
  shapes: Shapes,
  run: number,
  places: readonly Place[],
): readonly StoredRow[] {
  return places.flatMap(({ line, n }) => {
    const cells = db.get(
      `SELECT ${ROW} FROM targets t CROSS JOIN found f ON f.run = t.run AND f.line = t.line AND f.take = t.take
       WHERE t.run = ? AND t.line = ? AND f.n = ?`,
      run,
      line,
      n,
    );
    if (cells === undefined) return [];
    const { n: _, ...row } = toRow(db, shapes, cells);
    return [row];
  });
}

function toRow(db: Connection, shapes: Shapes, cells: Cells): PlacedRow {
  return {
    about: asNumber(cells["about"]),
    line: asNumber(cells["line"]),
    n: asNumber(cells["n"]),
    noise: optional(cells["noise"], asText),
    // Only rows were packed into this table.
    row: shapes.unpack(db, asNumber(cells["shape"]), asText(cells["body"])) as StoredRow["row"],
  };
}

/** @param all everything, not only what has piled up */
export function beginMerge(db: Connection, id: string, all: boolean): Merge | undefined {
  const run = headOf(db, id).key;
  return mergeToDo(db, STORE, run, () => takeNumbers(db, run, 1), all);
}

/** One step of a merge. @returns what is left of it */
export function goOnMerging(db: Connection, id: string, merge: Merge): Merge | undefined {
  return mergeSome(db, STORE, headOf(db, id).key, merge);
}

/** Frees some of what merges left behind. @returns false when there is nothing */
export function sweepLeads(db: Connection, id: string): boolean {
  return sweepSome(db, STORE, headOf(db, id).key);
}
