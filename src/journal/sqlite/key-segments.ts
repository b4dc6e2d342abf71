/**
 * The keys of the principal index: 16 bytes of SHA-256 each, in sorted segments that are merged as they pile up.
 *
 * Hashes spread over the whole index, so adding them to one sorted table rewrites a page for nearly each of them: some 50 GB for a million
 * principals. Here every addition becomes a segment of its own, written in one go; as soon as there are `FAN_IN` segments of a level they
 * become one of the next, so that a look-up asks a few dozen segments at most, and a key is rewritten a few times only.
 *
 * Keys move from segment to segment in steps, each in a transaction: at any moment a key is in one segment.
 */
import { hash } from "node:crypto";
import { asBytes, asNumber } from "./connection.ts";
import type { Cells, Connection } from "./connection.ts";

const HASH_BYTES = 16;
const FAN_IN = 16;
/** Keys taken from each segment in one step of a merge. */
const STEP_KEYS = 250;

/** A key that leads to an entry. */
export interface Lead {
  readonly hash: Uint8Array;
  readonly entry: number;
}

/** `space` keeps ids and keys apart. Two keys of a tenant do not meet in it, neither by chance nor by somebody's choice of name. */
export function hashOf(space: "id" | "key", text: string): Uint8Array {
  return Buffer.from(hash("sha256", `${space}\t${text}`, "hex").slice(0, 2 * HASH_BYTES), "hex");
}

/** @param segment a number no segment and no entry of this run ever had */
export function addSegment(db: Connection, run: number, segment: number, leads: readonly Lead[]): void {
  db.run("INSERT INTO segments (run, n, level) VALUES (?, ?, 0)", run, segment);
  for (const { hash, entry } of leads.toSorted((a, b) => Buffer.compare(a.hash, b.hash))) {
    db.run(
      "INSERT OR IGNORE INTO keys (run, segment, hash, entry) VALUES (?, ?, ?, ?)",
      run,
      segment,
      hash,
      entry,
    );
  }
}

/** Entries a key leads to, oldest first, as they are stored. */
export function entriesOf(db: Connection, run: number, hash: Uint8Array): readonly Cells[] {
  return db.all(
    `SELECT e.n, e.shape, e.value FROM segments s
       CROSS JOIN keys k ON k.run = s.run AND k.segment = s.n AND k.hash = ?
       CROSS JOIN entries e ON e.run = k.run AND e.n = k.entry
     WHERE s.run = ? ORDER BY e.n`,
    hash,
    run,
  );
}

/**
 * One step of merging, if there is something to merge.
 * @param nextNumber gives a number as `addSegment` needs it
 * @returns false when there is nothing left to do
 */
export function mergeSome(db: Connection, run: number, nextNumber: () => number): boolean {
  const into = mergeUnderWay(db, run) ?? beginMerge(db, run, nextNumber);
  if (into === undefined) return false;
  const sources = db
    .all("SELECT n FROM segments WHERE run = ? AND goes_into = ?", run, into)
    .map((cells) => asNumber(cells["n"]));
  // All keys up to here: then the merged segment is written from its beginning to its end.
  const bounds = sources
    .flatMap((source) => nthHash(db, run, source, STEP_KEYS) ?? [])
    .sort((a, b) => Buffer.compare(a, b));
  for (const source of sources) moveKeys(db, run, source, into, bounds[0]);
  if (bounds.length === 0) db.run("DELETE FROM segments WHERE run = ? AND goes_into = ?", run, into);
  return true;
}

function mergeUnderWay(db: Connection, run: number): number | undefined {
  const cells = db.get("SELECT goes_into FROM segments WHERE run = ? AND goes_into IS NOT NULL LIMIT 1", run);
  return cells && asNumber(cells["goes_into"]);
}

function beginMerge(db: Connection, run: number, nextNumber: () => number): number | undefined {
  const full = db.get(
    "SELECT level FROM segments WHERE run = ? GROUP BY level HAVING count(*) >= ? ORDER BY level LIMIT 1",
    run,
    FAN_IN,
  );
  if (full === undefined) return undefined;
  const level = asNumber(full["level"]);
  const into = nextNumber();
  db.run("UPDATE segments SET goes_into = ? WHERE run = ? AND level = ?", into, run, level);
  db.run("INSERT INTO segments (run, n, level) VALUES (?, ?, ?)", run, into, level + 1);
  return into;
}

function nthHash(db: Connection, run: number, segment: number, nth: number): Uint8Array | undefined {
  const cells = db.get(
    "SELECT hash FROM keys WHERE run = ? AND segment = ? ORDER BY hash LIMIT 1 OFFSET ?",
    run,
    segment,
    nth - 1,
  );
  return cells && asBytes(cells["hash"]);
}

/** Moves the keys up to `bound`, or all. */
function moveKeys(
  db: Connection,
  run: number,
  from: number,
  into: number,
  bound: Uint8Array | undefined,
): void {
  const last = bound ?? new Uint8Array(HASH_BYTES).fill(0xff);
  db.run(
    "INSERT INTO keys (run, segment, hash, entry) SELECT run, ?, hash, entry FROM keys WHERE run = ? AND segment = ? AND hash <= ?",
    into,
    run,
    from,
    last,
  );
  db.run("DELETE FROM keys WHERE run = ? AND segment = ? AND hash <= ?", run, from, last);
}
