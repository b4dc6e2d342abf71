/**
 * The keys of an index, in sorted segments that are merged as they pile up.
 *
 * Hashes spread over the whole index, so adding them to one sorted table rewrites a page for nearly each of them: some 50 GB for a million
 * principals. Here every addition becomes a segment of its own, written in one go. As soon as there are `FAN_IN` segments of a level they
 * become one of the next, and in the end (`mergeAll`) all become one, so that a look-up reads one page.
 *
 * A merge builds its segment unseen, in steps of a transaction each, and takes its sources' place in the last one: at any moment readers
 * find a key in one segment. Two processes may merge the same segments; the second to end throws its work away.
 */
import { asBytes, asNumber } from "../cells.ts";
import type { Connection } from "./connection.ts";
import { between, endOf, entriesIn, firstOf, lastOf, type Keyed, pack, pagesOf, sorted } from "./leads.ts";

/** Where an index lies, and how its pages are parted (`leads.ts`). */
export interface Store {
  readonly segments: string;
  readonly pages: string;
  readonly unit: number;
}

const FAN_IN = 16;
/** Pages read in one step of a merge, from all its sources together, and pages dropped in one. */
const STEP_PAGES = 256;

/** What a segment is to readers: not yet there, there, or no longer. */
const STATE = { building: 0, ready: 1, dropped: 2 } as const;

/** A merge on its way: everything up to `after` has been written. */
export interface Merge {
  readonly into: number;
  readonly level: number;
  readonly sources: readonly number[];
  readonly after: Uint8Array | undefined;
}

/** @param segment a number no segment of this run ever had */
export function addSegment(
  db: Connection,
  store: Store,
  run: number,
  segment: number,
  entries: readonly Keyed[],
): void {
  const leads = sorted(pack(entries));
  if (leads.length === 0) return;
  addState(db, store, run, segment, 0, STATE.ready);
  addPages(db, store, run, segment, leads);
}

/** Numbers of the entries that a key leads to, in no order. One statement, so it needs no transaction. */
export function entriesUnder(db: Connection, store: Store, run: number, hash: Uint8Array): number[] {
  return db
    .lists(
      `SELECT p.leads FROM ${store.segments} s CROSS JOIN ${store.pages} p
       WHERE s.run = ?3 AND s.state = ${STATE.ready} AND p.run = s.run AND p.segment = s.n AND p.first <= ?2 AND p.first >= coalesce(
         (SELECT first FROM ${store.pages} WHERE run = s.run AND segment = s.n AND first <= ?1 ORDER BY first DESC LIMIT 1), x'')`,
      hash,
      endOf(hash),
      run,
    )
    .flatMap(([leads]) => entriesIn(bytesOf(leads), hash));
}

/** The same for each of many keys, at half the cost of asking for them one by one. Within a transaction: segments must stay what they are. */
export function entriesUnderEach(
  db: Connection,
  store: Store,
  run: number,
  hashes: readonly Uint8Array[],
): readonly (readonly number[])[] {
  const { segments, pages } = store;
  const ready = db
    .lists(`SELECT n FROM ${segments} WHERE run = ? AND state = ${STATE.ready}`, run)
    .map(([n]) => asNumber(n));
  const sql = `SELECT leads FROM ${pages} WHERE run = ?3 AND segment = ?4 AND first <= ?2 AND first >= coalesce(
    (SELECT first FROM ${pages} WHERE run = ?3 AND segment = ?4 AND first <= ?1 ORDER BY first DESC LIMIT 1), x'')`;
  return hashes.map((hash) => {
    const end = endOf(hash);
    return ready.flatMap((segment) =>
      db.lists(sql, hash, end, run, segment).flatMap(([leads]) => entriesIn(bytesOf(leads), hash)),
    );
  });
}

/**
 * Numbers of the entries that any of these keys leads to, ascending, each once: eight bytes each, however many they are. Within a transaction.
 */
export function entriesOf(
  db: Connection,
  store: Store,
  run: number,
  hashes: readonly Uint8Array[],
): Float64Array {
  const found = entriesUnderEach(db, store, run, hashes);
  const all = new Float64Array(found.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const some of found) {
    all.set(some, end);
    end += some.length;
  }
  return withoutDoubles(all.sort());
}

/** @param sorted is written over */
function withoutDoubles(sorted: Float64Array): Float64Array {
  let end = 0;
  for (const entry of sorted) {
    if (end > 0 && sorted[end - 1] === entry) continue;
    sorted[end] = entry;
    end += 1;
  }
  return sorted.subarray(0, end);
}

/** What to merge: the lowest level that has enough segments, or everything. */
export type MergeOf = "piled" | "all";

/** The next merge there is to do. */
export function mergeToDo(
  db: Connection,
  store: Store,
  run: number,
  nextNumber: () => number,
  which: MergeOf,
): Merge | undefined {
  const found = db.all(
    `SELECT n, level FROM ${store.segments} WHERE run = ? AND state = ${STATE.ready} ORDER BY level, n`,
    run,
  );
  const segments = found.map(({ n, level }) => ({ n: asNumber(n), level: asNumber(level) }));
  const groups = {
    piled: () => [...Map.groupBy(segments, ({ level }) => level).values()],
    all: () => [segments],
  }[which]();
  const sources = groups.find((group) => group.length >= (which === "piled" ? FAN_IN : 2));
  if (sources === undefined) return undefined;
  const level = 1 + Math.max(...sources.map((source) => source.level));
  const into = nextNumber();
  addState(db, store, run, into, level, STATE.building);
  return { into, level, sources: sources.map(({ n }) => n), after: undefined };
}

/** One step of a merge. @returns what is left of it; undefined when it is done */
export function mergeSome(db: Connection, store: Store, run: number, merge: Merge): Merge | undefined {
  const pagesEach = Math.max(2, Math.ceil(STEP_PAGES / merge.sources.length));
  const parts = merge.sources.map((source) => read(db, store, run, source, merge.after, pagesEach));
  // What lies behind the last lead of a part that goes on is not known yet.
  const upTo = parts
    .filter((part) => part.goesOn)
    .map((part) => lastOf(part.leads, store.unit))
    .reduce<Buffer | undefined>(
      (least, last) => (least === undefined || last.compare(least) < 0 ? last : least),
      undefined,
    );
  const leads = sorted(Buffer.concat(parts.map((part) => between(part.leads, merge.after, upTo))));
  addPages(db, store, run, merge.into, leads);
  if (upTo !== undefined) return { ...merge, after: upTo };
  finish(db, store, run, merge);
  return undefined;
}

/** Every segment is dropped: a new index begins. */
export function dropSegments(db: Connection, store: Store, run: number): void {
  db.run(`UPDATE ${store.segments} SET state = ${STATE.dropped} WHERE run = ?`, run);
}

/** Frees some pages of segments that are no longer there. @returns false when there are none */
export function sweepSome(db: Connection, store: Store, run: number): boolean {
  const { segments, pages } = store;
  const dropped = db.get(`SELECT n FROM ${segments} WHERE run = ? AND state = ${STATE.dropped} LIMIT 1`, run);
  const segment = dropped?.["n"];
  if (segment === undefined) return false;
  const freed = db.run(
    `DELETE FROM ${pages} WHERE run = ?1 AND segment = ?2
       AND first IN (SELECT first FROM ${pages} WHERE run = ?1 AND segment = ?2 LIMIT ${STEP_PAGES})`,
    run,
    segment,
  );
  if (freed < STEP_PAGES) db.run(`DELETE FROM ${segments} WHERE run = ? AND n = ?`, run, segment);
  return true;
}

/** Puts the merged segment in its sources' place, unless another merge was first. */
function finish(db: Connection, store: Store, run: number, { into, level, sources }: Merge): void {
  const list = JSON.stringify(sources);
  const there = `run = ? AND state = ${STATE.ready} AND n IN (SELECT value FROM json_each(?))`;
  const left = asNumber(
    db.get(`SELECT count(*) AS n FROM ${store.segments} WHERE ${there}`, run, list)?.["n"],
  );
  if (left === sources.length) {
    db.run(`UPDATE ${store.segments} SET state = ${STATE.dropped} WHERE ${there}`, run, list);
    addState(db, store, run, into, level, STATE.ready);
  } else {
    addState(db, store, run, into, level, STATE.dropped);
  }
}

function addState(
  db: Connection,
  { segments }: Store,
  run: number,
  segment: number,
  level: number,
  state: number,
): void {
  db.run(
    `INSERT INTO ${segments} (run, n, level, state) VALUES (?, ?, ?, ?) ON CONFLICT (run, n) DO UPDATE SET state = excluded.state`,
    run,
    segment,
    level,
    state,
  );
}

function addPages(db: Connection, store: Store, run: number, segment: number, leads: Buffer): void {
  for (const page of pagesOf(leads, store.unit))
    db.run(
      `INSERT INTO ${store.pages} (run, segment, first, leads) VALUES (?, ?, ?, ?)`,
      run,
      segment,
      firstOf(page, store.unit),
      page,
    );
}

/** Pages of a segment from the one on that `after` would be in. */
function read(
  db: Connection,
  store: Store,
  run: number,
  segment: number,
  after: Uint8Array | undefined,
  pages: number,
): { readonly leads: Buffer; readonly goesOn: boolean } {
  const found = db.all(
    `SELECT leads FROM ${store.pages} WHERE run = ?1 AND segment = ?2 AND first >= coalesce(
       (SELECT max(first) FROM ${store.pages} WHERE run = ?1 AND segment = ?2 AND first <= ?3), x'') ORDER BY first LIMIT ?4`,
    run,
    segment,
    after ?? null,
    pages,
  );
  return {
    leads: Buffer.concat(found.map(({ leads }) => bytesOf(leads))),
    goesOn: found.length === pages,
  };
}

/** A view of the cell's bytes, not a copy. */
function bytesOf(cell: Parameters<typeof asBytes>[0]): Buffer {
  const bytes = asBytes(cell);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
