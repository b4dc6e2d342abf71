import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  between,
  entriesIn,
  firstHash,
  hashOf,
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
      const pages = [...pagesOf(all)];
      expect(Buffer.concat(pages).equals(all)).toBe(true);
      const firsts = pages.map((page) => firstHash(page).toString("hex"));
      expect(firsts).toEqual([...new Set(firsts)].sort());
      for (const { key } of list)
        expect(pages.filter((page) => entriesIn(page, hashOf(key)).length > 0)).toHaveLength(1);
    }),
    { numRuns: 30 },
  );
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
