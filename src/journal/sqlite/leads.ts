/**
 * Leads of an index, packed: sorted records of a key's hash and the number of an entry under that key, in pages.
 * Pure; `key-segments.ts` keeps the pages.
 *
 * Pages are parted between leads that differ in their first `unit` bytes: `BY_KEY` keeps the leads of a key together, so that a look-up reads
 * one page; `BY_LEAD` parts them too, for keys with a million entries.
 */
import { hash } from "node:crypto";

const HASH_BYTES = 16;
const ENTRY_BYTES = 6;
const LEAD_BYTES = HASH_BYTES + ENTRY_BYTES;
export const BY_KEY = HASH_BYTES;
export const BY_LEAD = LEAD_BYTES;
/** Numbers of entries are below it. */
export const MOST_ENTRIES = 2 ** (8 * ENTRY_BYTES);
/** A page of so many stays within a quarter of a database page, beyond which SQLite gives it one of its own. */
const PAGE_LEADS = 80;

/** An entry, and the keys that lead to it. */
export interface Keyed {
  /** Below `MOST_ENTRIES`. */
  readonly entry: number;
  readonly keys: readonly string[];
}

/** A key as it is stored: 16 bytes of SHA-256. Two keys of a tenant do not meet in it, neither by chance nor by somebody's choice of name. */
export function hashOf(key: string): Uint8Array {
  return hash("sha256", key, "buffer").subarray(0, HASH_BYTES);
}

/** Unsorted. */
export function pack(list: readonly Keyed[]): Buffer {
  const leads = Buffer.allocUnsafe(list.reduce((sum, { keys }) => sum + keys.length, 0) * LEAD_BYTES);
  let at = 0;
  for (const { entry, keys } of list) {
    for (const key of keys) {
      leads.write(hash("sha256", key, "binary"), at, HASH_BYTES, "latin1");
      leads.writeUIntBE(entry, at + HASH_BYTES, ENTRY_BYTES);
      at += LEAD_BYTES;
    }
  }
  return leads;
}

/** Bits of a number that are left for a place when four bytes of a hash stand before it. */
const PLACE = 2 ** 21;

/** Sorted by hash, then by entry; equal leads once. At most 2 million of them. */
export function sorted(leads: Buffer): Buffer {
  const count = leads.length / LEAD_BYTES;
  if (count > PLACE) throw new RangeError(`Cannot sort ${count} leads in one go: ${PLACE} is the most`);
  // The first bytes of a hash decide nearly always, and numbers sort without a call for each comparison.
  const order = new Float64Array(count);
  for (let place = 0; place < count; place += 1)
    order[place] = leads.readUInt32BE(place * LEAD_BYTES) * PLACE + place;
  order.sort();
  const found = Buffer.allocUnsafe(leads.length);
  let end = 0;
  for (let first = 0; first < count;) {
    let next = first + 1;
    const head = headOf(order, first);
    while (next < count && headOf(order, next) === head) next += 1;
    const alike = Array.from(order.subarray(first, next), (value) => (value % PLACE) * LEAD_BYTES);
    if (alike.length > 1) alike.sort((a, b) => compare(leads, a, b, LEAD_BYTES));
    for (const [place, at] of alike.entries()) {
      const last = alike[place - 1];
      if (last !== undefined && compare(leads, last, at, LEAD_BYTES) === 0) continue;
      leads.copy(found, end, at, at + LEAD_BYTES);
      end += LEAD_BYTES;
    }
    first = next;
  }
  return found.subarray(0, end);
}

function headOf(order: Float64Array, place: number): number {
  return Math.floor((order[place] ?? 0) / PLACE);
}

/** Cuts sorted leads into pages. */
export function* pagesOf(leads: Buffer, unit: number): Generator<Buffer> {
  for (let start = 0; start < leads.length;) {
    let end = Math.min(leads.length, start + PAGE_LEADS * LEAD_BYTES);
    while (end < leads.length && compare(leads, end - LEAD_BYTES, end, unit) === 0) end += LEAD_BYTES;
    yield leads.subarray(start, end);
    start = end;
  }
}

/** The beginning of the first lead. */
export function firstOf(leads: Buffer, unit: number): Buffer {
  return leads.subarray(0, unit);
}

/** The beginning of the last lead. */
export function lastOf(leads: Buffer, unit: number): Buffer {
  return leads.subarray(leads.length - LEAD_BYTES, leads.length - LEAD_BYTES + unit);
}

/** Not before any lead of a key. */
export function endOf(hash: Uint8Array): Uint8Array {
  return Buffer.concat([hash, Buffer.alloc(ENTRY_BYTES, 0xff)]);
}

/** Entries that a hash leads to in sorted leads, ascending. */
export function entriesIn(leads: Buffer, hash: Uint8Array): number[] {
  const entries: number[] = [];
  for (let at = lowerBound(leads, hash) * LEAD_BYTES; at < leads.length; at += LEAD_BYTES) {
    if (compareTo(leads, at, hash) !== 0) break;
    entries.push(leads.readUIntBE(at + HASH_BYTES, ENTRY_BYTES));
  }
  return entries;
}

/** The part of sorted leads with `after` < lead <= `upTo`, by as many bytes as a bound has; without a bound, to that end. */
export function between(leads: Buffer, after: Uint8Array | undefined, upTo: Uint8Array | undefined): Buffer {
  const start = after === undefined ? 0 : upperBound(leads, after);
  const end = upTo === undefined ? leads.length / LEAD_BYTES : upperBound(leads, upTo);
  return leads.subarray(start * LEAD_BYTES, end * LEAD_BYTES);
}

function upperBound(leads: Buffer, bound: Uint8Array): number {
  return partition(leads, (at) => compareTo(leads, at, bound) <= 0);
}

function lowerBound(leads: Buffer, bound: Uint8Array): number {
  return partition(leads, (at) => compareTo(leads, at, bound) < 0);
}

/** The first place for which `before` no longer holds. */
function partition(leads: Buffer, before: (at: number) => boolean): number {
  let low = 0;
  let high = leads.length / LEAD_BYTES;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (before(middle * LEAD_BYTES)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compareTo(leads: Buffer, at: number, bound: Uint8Array): number {
  return leads.compare(bound, 0, bound.length, at, at + bound.length);
}

function compare(leads: Buffer, a: number, b: number, bytes: number): number {
  return leads.compare(leads, b, b + bytes, a, a + bytes);
}
