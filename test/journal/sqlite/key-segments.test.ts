import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Connection } from "../../../src/journal/sqlite/connection.ts";
import {
  addSegment,
  dropSegments,
  entriesOf,
  type Merge,
  mergeSome,
  type MergeOf,
  mergeToDo,
  type Store,
  sweepSome,
} from "../../../src/journal/sqlite/key-segments.ts";
import { BY_KEY, BY_LEAD, hashOf } from "../../../src/journal/sqlite/leads.ts";
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

/** Both indexes that are kept so. */
const STORES: readonly Store[] = [
  { segments: "segments", pages: "pages", unit: BY_KEY },
  { segments: "access_segments", pages: "access_pages", unit: BY_LEAD },
];

describe.each(STORES)("the segments of an index in $segments", (store) => {
  let numbers = 0;
  const nextNumber = (): number => (numbers += 1);

  function found(key: string): readonly number[] {
    return [...entriesOf(db, store, RUN, [hashOf(key)])];
  }

  function countOf(table: "segments" | "pages"): number {
    return Number(db.get(`SELECT count(*) AS n FROM ${store[table]} WHERE run = ?`, RUN)?.["n"]);
  }

  function begin(which: MergeOf): Merge | undefined {
    return db.transaction(() => mergeToDo(db, store, RUN, nextNumber, which));
  }

  /** Merges to the end and sweeps. @returns how many steps it took */
  function tidy(which: MergeOf, eachStep: () => void = () => undefined): number {
    let steps = 0;
    let merge = begin(which);
    while (merge !== undefined) {
      const last: Merge = merge;
      merge = db.transaction(() => mergeSome(db, store, RUN, last));
      steps += 1;
      eachStep();
    }
    while (db.transaction(() => sweepSome(db, store, RUN))) eachStep();
    return steps;
  }

  /** Adds a segment of one entry. @returns the entry */
  function add(keys: readonly string[]): number {
    const entry = nextNumber();
    db.transaction(() => addSegment(db, store, RUN, nextNumber(), [{ entry, keys }]));
    return entry;
  }

  test("every key leads to its entries before, during and after merges, and segments stay few", () => {
    const expected = new Map<string, number[]>();
    let steps = 0;
    for (let segment = 0; segment < 300; segment += 1) {
      const keys = Array.from({ length: 200 }, (_, n) => (n < 5 ? `shared ${n}` : `own ${segment} ${n}`));
      const entry = add(keys);
      for (const key of keys) expected.set(key, [...(expected.get(key) ?? []), entry]);
      steps += tidy("piled", () => expect(found("shared 3")).toEqual(expected.get("shared 3")));
      expect(countOf("segments")).toBeLessThan(48);
    }
    expect(steps, "steps of merging").toBeGreaterThan(300 / 16);
    const looked = [...expected].filter((_, place) => place < 5 || place % 41 === 0);
    for (const [key, entries] of looked) expect(found(key)).toEqual(entries);
    const all = tidy("all", () => expect(found("shared 4")).toEqual(expected.get("shared 4")));
    expect(all, "steps of the last merge").toBeGreaterThan(2);
    expect(countOf("segments")).toBe(1);
    for (const [key, entries] of looked) expect(found(key)).toEqual(entries);
    expect(found("own 1 1")).toEqual([]);
  });

  test("of two merges of the same segments the first to end counts, and nothing is found twice or lost", () => {
    const entries = Array.from({ length: 20 }, (_, n) => add(["all", `own ${n}`]));
    const merges = [begin("piled"), begin("piled")].filter((merge) => merge !== undefined);
    expect(merges).toHaveLength(2);
    for (const merge of merges) {
      expect(db.transaction(() => mergeSome(db, store, RUN, merge))).toBeUndefined();
      expect(found("all")).toEqual(entries);
    }
    tidy("all");
    expect(countOf("segments")).toBe(1);
    expect(found("all")).toEqual(entries);
  });

  test("what a merge left unfinished behind is neither found nor kept when a new index begins", () => {
    for (let n = 0; n < 20; n += 1)
      add(["all", ...Array.from({ length: 2_000 }, (_, key) => `own ${n} ${key}`)]);
    const merge = begin("all");
    if (merge === undefined) throw new Error("There is nothing to merge");
    expect(
      db.transaction(() => mergeSome(db, store, RUN, merge)),
      "is not over after a step",
    ).toBeDefined();
    expect(found("all")).toHaveLength(20);
    db.transaction(() => dropSegments(db, store, RUN));
    expect(found("all")).toEqual([]);
    while (db.transaction(() => sweepSome(db, store, RUN))) expect(found("all")).toEqual([]);
    expect([countOf("segments"), countOf("pages")]).toEqual([0, 0]);
  });

  test("a key with more entries than a page is found whole, before a merge and after", () => {
    const entries: number[] = [];
    for (let segment = 0; segment < 3; segment += 1) {
      const some = Array.from({ length: 500 }, (_, n) => 3 * n + segment + 1_000);
      db.transaction(() =>
        addSegment(
          db,
          store,
          RUN,
          nextNumber(),
          some.map((entry) => ({ entry, keys: ["hub", `own ${entry}`] })),
        ),
      );
      entries.push(...some);
    }
    const expected = entries.sort((a, b) => a - b);
    expect(found("hub")).toEqual(expected);
    tidy("all", () => expect(found("hub")).toEqual(expected));
    expect(found("own 1001")).toEqual([1_001]);
    expect(found("nobody's")).toEqual([]);
  });
});
