import fc from "fast-check";
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
  sorted(pack(list.map(({ key, entry }) => ({ hash: hashOf(key), entry }))));

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
