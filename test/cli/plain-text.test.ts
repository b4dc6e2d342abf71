import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonText } from "../../src/cli/json-text.ts";
import { plain, plainLines } from "../../src/cli/plain-text.ts";

/** What a terminal acts on instead of showing it: C0, delete, C1, bidirectional overrides and isolates, separators. */
const DANGEROUS = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u{feff}]/u;

const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "\u001b[31m",
        "\u001b]0;title\u0007",
        "\u001bP",
        "\u009b2J",
        "\u0007",
        "\b",
        "\r",
        "\n",
        "\u202e",
        "\u2066",
        "\u200f",
        "\u{e0041}",
        "\ud800",
        "\u2028",
        "\t",
        "\u{feff}",
      ),
      fc.string({ unit: "binary" }),
    ),
  )
  .map((parts) => parts.join(""));

describe("plain text", () => {
  test("shows names of all the world as they are", () => {
    for (const name of [
      "Zoë Müller",
      "日本 太郎",
      "محمد",
      "می‌خواهم",
      "👩‍👧 family",
      "O'Brien-Ångström",
      "a\u00a0b",
    ])
      expect(plain(name)).toBe(name);
  });

  test("shows what a terminal would act on as an escape", () => {
    expect(plain("\u001b[2Jx\u202ey\u0000\u009bz\r\n\ud800")).toBe(
      "\\u{1b}[2Jx\\u{202e}y\\u{0}\\u{9b}z\\u{d}\\u{a}\\u{d800}",
    );
  });

  test("holds nothing a terminal would act on, whatever comes in", () => {
    fc.assert(
      fc.property(nasty, (text) => {
        expect(plain(text)).not.toMatch(DANGEROUS);
        expect(plainLines(text).replaceAll("\n", "")).not.toMatch(DANGEROUS);
      }),
    );
  });
});

describe("JSON", () => {
  test("says the same as without escapes, and holds nothing a terminal would act on", () => {
    fc.assert(
      fc.property(nasty, nasty, (key, value) => {
        const text = jsonText({ [key]: value });
        expect(JSON.parse(text)).toEqual({ [key]: value });
        expect(text).not.toMatch(DANGEROUS);
        expect(JSON.parse(jsonText([value], 2))).toEqual([value]);
      }),
    );
  });

  test("keeps big integers exact", () => {
    expect(jsonText({ bytes: 9007199254740993n, nested: [-12345678901234567890n] })).toBe(
      '{"bytes":9007199254740993,"nested":[-12345678901234567890]}',
    );
  });
});
