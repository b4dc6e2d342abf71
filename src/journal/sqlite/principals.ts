/** The principal index: values, found under any of their keys. */
import type { IndexEntry, Json } from "../journal.ts";
import { asNumber, asText } from "./connection.ts";
import type { Connection } from "./connection.ts";
import { addSegment, entriesOf, hashOf, mergeSome } from "./key-segments.ts";
import type { Lead } from "./key-segments.ts";
import { headOf } from "./run-record.ts";
import type { Shapes } from "./shapes.ts";

export function putEntries(db: Connection, shapes: Shapes, id: string, entries: readonly IndexEntry[]): void {
  const run = headOf(db, id).key;
  const leads: Lead[] = [];
  for (const [place, entry] of entries.entries()) {
    // A later one of this call takes its place at once.
    if (entries.findLastIndex((other) => other.id === entry.id) > place) continue;
    const self = hashOf("id", entry.id);
    for (const known of entriesOf(db, run, self)) {
      db.run("DELETE FROM entries WHERE run = ? AND n = ?", run, asNumber(known["n"]));
    }
    const n = nextNumber(db, run);
    const { shape, text } = shapes.pack(db, entry.value);
    db.run("INSERT INTO entries (run, n, shape, value) VALUES (?, ?, ?, ?)", run, n, shape, text);
    leads.push(
      { hash: self, entry: n },
      ...entry.keys.map((key) => ({ hash: hashOf("key", key), entry: n })),
    );
  }
  addSegment(db, run, nextNumber(db, run), leads);
}

/** One step of tidying the index. @returns false when it is tidy */
export function tidyEntries(db: Connection, id: string): boolean {
  const run = headOf(db, id).key;
  return mergeSome(db, run, () => nextNumber(db, run));
}

/** Values of the entries under `key`, oldest first. */
export function lookUp(db: Connection, shapes: Shapes, id: string, key: string): readonly Json[] {
  const run = headOf(db, id).key;
  return entriesOf(db, run, hashOf("key", key)).map((cells) =>
    shapes.unpack(db, asNumber(cells["shape"]), asText(cells["value"])),
  );
}

/** A number is never given out twice: keys of a replaced entry lead nowhere, not to somebody else. */
function nextNumber(db: Connection, run: number): number {
  return asNumber(
    db.get("UPDATE runs SET numbers = numbers + 1 WHERE key = ? RETURNING numbers", run)?.["numbers"],
  );
}
