import * as fc from "fast-check";
import { expect, test } from "vitest";
import { toServer, unescaped } from "../../../src/journal/postgres/wire.ts";

/** Texts thick with the characters that are written as two, among ordinary ones. */
const text = fc.string({ unit: fc.constantFrom("\u0000", "\u0001", "\u0002", "a", "é", "😀"), maxLength: 8 });

const sent = (given: string): string => String(toServer(given));

/** As the server compares them, and the hash of the manifest sorts them: by bytes of UTF-8, which is by code points. */
const order = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

test("any text comes back as it was given, and U+0000 never reaches the server", () => {
  fc.assert(
    fc.property(text, (given) => {
      expect(sent(given)).not.toContain("\u0000");
      expect(unescaped(sent(given))).toBe(given);
      expect(toServer([given, 1, null])).toEqual([sent(given), 1, null]);
    }),
  );
});

test("texts are in the same order as they are sent", () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(order(sent(a), sent(b))).toBe(order(a, b));
    }),
  );
});
