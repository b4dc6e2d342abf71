/** The principal index: values, found under any of their keys. */
import { inSteps } from "../in-steps.ts";
import type { IndexEntry, Principals } from "../contract/principals.ts";
import type { Json } from "../contract/json.ts";
import { asNumber, asText } from "../cells.ts";
import type { Connection } from "./connection.ts";
import { type Ground, LAZY } from "./ground.ts";
import {
  addSegment,
  dropSegments,
  entriesUnder,
  entriesUnderEach,
  type Merge,
  type MergeOf,
  mergeSome,
  mergeToDo,
  type Store,
  sweepSome,
} from "./key-segments.ts";
import { BY_KEY, hashOf } from "./leads.ts";
import { merge } from "./merging.ts";
import { headOf } from "./run-record.ts";
import type { Shapes } from "./shapes.ts";
import { KEY_STEP, WRITE_STEP } from "./steps.ts";

const STORE: Store = { segments: "segments", pages: "pages", unit: BY_KEY };

export function principalsOn(on: Ground): Principals {
  const { shapes } = on;
  return {
    async putIndex(run, entries) {
      for (const some of inSteps(entries, WRITE_STEP)) {
        await on.writer.write(WRITE_STEP, (db) => putEntries(db, shapes, run, some), LAZY);
        await mergeIndex(on, run, "piled");
      }
    },

    async lookUp(run, keys) {
      const found: (readonly Json[])[] = [];
      for (const some of inSteps(keys, KEY_STEP)) {
        const [key, ...others] = some;
        // Most ask for one key: a transaction would cost as much as the answer.
        if (key !== undefined && others.length === 0)
          found.push(await on.reader.glance((db) => lookUp(db, shapes, on.keyOf(db, run), key)));
        else found.push(...(await on.read((db) => lookUpEach(db, shapes, on.keyOf(db, run), some))));
      }
      return found;
    },
  };
}

export function mergeIndex(on: Ground, run: string, which: MergeOf): Promise<void> {
  return merge(on, {
    begin: (db) => beginMerge(db, run, which),
    goOn: (db, left) => goOnMerging(db, run, left),
    sweep: (db) => sweepEntries(db, run),
  });
}

function putEntries(db: Connection, shapes: Shapes, id: string, entries: readonly IndexEntry[]): void {
  const run = headOf(db, id).key;
  // One number each, and one for the segment.
  const first = takeNumbers(db, run, entries.length + 1);
  const keyed = entries.map((entry, place) => {
    const n = first + place;
    const { shape, text } = shapes.pack(db, entry.value);
    db.run(
      "INSERT INTO entries (run, n, id, shape, value) VALUES (?, ?, ?, ?, ?)",
      run,
      n,
      entry.id,
      shape,
      text,
    );
    return { entry: n, keys: entry.keys };
  });
  addSegment(db, STORE, run, first + entries.length, keyed);
}

function beginMerge(db: Connection, id: string, which: MergeOf): Merge | undefined {
  const run = headOf(db, id).key;
  return mergeToDo(db, STORE, run, () => takeNumbers(db, run, 1), which);
}

/** One step of a merge. @returns what is left of it */
function goOnMerging(db: Connection, id: string, merge: Merge): Merge | undefined {
  return mergeSome(db, STORE, headOf(db, id).key, merge);
}

/** Frees some of what merges left behind. @returns false when there is nothing */
export function sweepEntries(db: Connection, id: string): boolean {
  return sweepSome(db, STORE, headOf(db, id).key);
}

/** Forgets some entries, and all keys. @returns true when none are left */
export function clearSomeEntries(db: Connection, id: string): boolean {
  const run = headOf(db, id).key;
  dropSegments(db, STORE, run);
  const dropped = db.run(
    "DELETE FROM entries WHERE run = ?1 AND n IN (SELECT n FROM entries WHERE run = ?1 LIMIT ?2)",
    run,
    WRITE_STEP,
  );
  return dropped < WRITE_STEP;
}

/** Values of the entries under a key, oldest first; of several with one id the newest. */
function lookUp(db: Connection, shapes: Shapes, run: number, key: string): readonly Json[] {
  const found = new Map<string, Json>();
  for (const n of ascending(entriesUnder(db, STORE, run, hashOf(key)))) {
    const cells = db.get("SELECT id, shape, value FROM entries WHERE run = ? AND n = ?", run, n);
    // Forgotten since.
    if (cells === undefined) continue;
    found.set(asText(cells["id"]), shapes.unpack(db, asNumber(cells["shape"]), asText(cells["value"])));
  }
  return [...found.values()];
}

/** The same for each of many keys. */
function lookUpEach(
  db: Connection,
  shapes: Shapes,
  run: number,
  keys: readonly string[],
): readonly (readonly Json[])[] {
  const under = entriesUnderEach(db, STORE, run, keys.map(hashOf));
  const values = new Map(
    db
      .lists(
        "SELECT e.n, e.id, e.shape, e.value FROM json_each(?) k CROSS JOIN entries e ON e.run = ? AND e.n = k.value",
        JSON.stringify([...new Set(under.flat())]),
        run,
      )
      .map(([n, id, shape, value]) => [
        asNumber(n),
        { id: asText(id), value: shapes.unpack(db, asNumber(shape), asText(value)) },
      ]),
  );
  return under.map((numbers) => {
    const found = new Map<string, Json>();
    for (const n of ascending(numbers)) {
      const entry = values.get(n);
      if (entry !== undefined) found.set(entry.id, entry.value);
    }
    return [...found.values()];
  });
}

function ascending(numbers: readonly number[]): readonly number[] {
  return numbers.length < 2 ? numbers : [...new Set(numbers)].sort((one, other) => one - other);
}

/** Numbers that are never given out twice. @returns the first of them */
export function takeNumbers(db: Connection, run: number, count: number): number {
  const cells = db.get("UPDATE runs SET numbers = numbers + ? WHERE key = ? RETURNING numbers", count, run);
  return asNumber(cells?.["numbers"]) - count + 1;
}
