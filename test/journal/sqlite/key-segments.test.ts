import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Connection } from "../../../src/journal/sqlite/connection.ts";
import { addSegment, entriesOf, hashOf, mergeSome } from "../../../src/journal/sqlite/key-segments.ts";
import { migrate } from "../../../src/journal/sqlite/schema.ts";

let directory: string;
let db: Connection;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "exosweep-journal-"));
  const path = join(directory, "journal.db");
  db = new Connection(path, { readOnly: false });
  db.exec("PRAGMA synchronous = OFF");
  migrate(db, path);
});

afterEach(() => {
  db.close();
  rmSync(directory, { recursive: true });
});

const RUN = 1;

/** Entries under a key, of those that are there. */
function found(key: string): readonly unknown[] {
  return entriesOf(db, RUN, hashOf("key", key)).map((cells) => cells["n"]);
}

function countOf(table: "segments" | "keys"): unknown {
  return db.get(`SELECT count(*) AS n FROM ${table} WHERE run = ?`, RUN)?.["n"];
}

test("every key leads to its entries before, during and after merges, and segments stay few", () => {
  const segments = 300;
  const keysEach = 30;
  let numbers = 0;
  const nextNumber = (): number => (numbers += 1);
  const expected = new Map<string, number[]>();
  let steps = 0;
  for (let segment = 0; segment < segments; segment += 1) {
    db.transaction(() => {
      const entry = nextNumber();
      db.run("INSERT INTO entries (run, n, shape, value) VALUES (?, ?, 0, 'null')", RUN, entry);
      const keys = Array.from({ length: keysEach }, (_, n) =>
        n < 5 ? `shared ${n}` : `own ${segment} ${n}`,
      );
      for (const key of keys) expected.set(key, [...(expected.get(key) ?? []), entry]);
      addSegment(
        db,
        RUN,
        nextNumber(),
        keys.map((key) => ({ hash: hashOf("key", key), entry })),
      );
    });
    while (db.transaction(() => mergeSome(db, RUN, nextNumber))) {
      steps += 1;
      expect(found("shared 3")).toEqual(expected.get("shared 3"));
    }
    expect(Number(countOf("segments"))).toBeLessThan(48);
  }
  expect(steps, "steps of merging").toBeGreaterThan(segments / 16);
  expect(countOf("keys")).toBe(segments * keysEach);
  for (const [key, entries] of expected) expect(found(key)).toEqual(entries);
  expect(found("own 1 1")).toEqual([]);
  db.run("DELETE FROM entries WHERE n = ?", expected.get("own 7 9")?.[0] ?? 0);
  expect(found("own 7 9"), "an entry that was replaced").toEqual([]);
});

test("ids and keys of the same text are different keys", () => {
  expect(Buffer.compare(hashOf("id", "anna"), hashOf("key", "anna"))).not.toBe(0);
  expect(hashOf("key", "anna")).toHaveLength(16);
});
