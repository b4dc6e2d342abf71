import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  between,
  BY_KEY,
  BY_LEAD,
  endOf,
  entriesIn,
  firstOf,
  hashOf,
  lastOf,
  pack,
  pagesOf,
  sorted,
} from "../../../src/journal/sqlite/leads.ts";

/** Few keys, so that they meet. */
const leads = fc.array(
  fc.record({
    key: fc.integer({ min: 0, max: 60 }).map(String),
    entry: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  }),
  { maxLength: 600 },
);
const packed = (list: readonly { key: string; entry: number }[]): Buffer =>
  sorted(pack(list.map(({ key, entry }) => ({ entry, keys: [key] }))));

test("every entry of a key is found in sorted leads, once and ascending, and no other", () => {
  fc.assert(
    fc.property(leads, (list) => {
      const all = packed(list);
      for (const key of [...list.map((lead) => lead.key), "nobody's"]) {
        const expected = new Set(list.filter((lead) => lead.key === key).map(({ entry }) => entry));
        expect(entriesIn(all, hashOf(key))).toEqual([...expected].sort((a, b) => a - b));
      }
    }),
    { numRuns: 30 },
  );
});

test("pages hold everything in order, and no hash is in two of them", () => {
  fc.assert(
    fc.property(leads, (list) => {
      const all = packed(list);
      const pages = [...pagesOf(all, BY_KEY)];
      expect(Buffer.concat(pages).equals(all)).toBe(true);
      const firsts = pages.map((page) => firstOf(page, BY_KEY).toString("hex"));
      expect(firsts).toEqual([...new Set(firsts)].sort());
      for (const { key } of list)
        expect(pages.filter((page) => entriesIn(page, hashOf(key)).length > 0)).toHaveLength(1);
    }),
    { numRuns: 30 },
  );
});

test("pages of leads that may be parted are never longer than they should be, and a key's lie side by side", () => {
  const list = Array.from({ length: 1_000 }, (_, entry) => ({
    key: entry % 9 === 0 ? "other" : "hub",
    entry,
  }));
  const pages = [...pagesOf(packed(list), BY_LEAD)];
  expect(Math.max(...pages.map((page) => page.length))).toBeLessThanOrEqual(80 * 22);
  expect(pages.flatMap((page) => entriesIn(page, hashOf("hub")))).toEqual(
    list.filter(({ key }) => key === "hub").map(({ entry }) => entry),
  );
  const nexts = pages.slice(1).map((next, place) => [pages[place] ?? next, next] as const);
  for (const [page, next] of nexts)
    expect(firstOf(next, BY_LEAD).compare(lastOf(page, BY_LEAD)), "comes later").toBe(1);
  const late = pages.filter((page) => Buffer.compare(firstOf(page, BY_LEAD), endOf(hashOf("hub"))) > 0);
  expect(late.flatMap((page) => entriesIn(page, hashOf("hub")))).toEqual([]);
});

test("cutting leads at any hash loses none and repeats none", () => {
  fc.assert(
    fc.property(leads, fc.string(), (list, at) => {
      const all = packed(list);
      const parts = [between(all, undefined, hashOf(at)), between(all, hashOf(at), undefined)];
      expect(Buffer.concat(parts).equals(all)).toBe(true);
    }),
  );
});

test("leads whose hashes begin alike are sorted by the rest of them", () => {
  const lead = (hash: string, entry: number): Buffer => {
    const bytes = Buffer.alloc(22);
    bytes.set(Buffer.from(hash, "hex"));
    bytes.writeUIntBE(entry, 16, 6);
    return bytes;
  };
  const low = "aaaaaaaa".padEnd(32, "0");
  const high = "aaaaaaaa".padEnd(32, "f");
  const mixed = [lead(high, 1), lead(low, 9), lead(high, 1), lead(low, 2), lead("00".padEnd(32, "0"), 5)];
  expect(sorted(Buffer.concat(mixed)).toString("hex")).toBe(
    Buffer.concat([lead("00".padEnd(32, "0"), 5), lead(low, 2), lead(low, 9), lead(high, 1)]).toString("hex"),
  );
});
