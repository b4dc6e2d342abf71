import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csvLine, delimiterCharacter, disarm, rearm } from "../../src/reports/csv.ts";
import { parseCsv } from "./csv-parser.ts";

/** Texts as hostile tenants have them: formulas, quotes, line ends, apostrophes, any script, lone surrogates. */
const NASTY = [
  "=",
  "+",
  "-",
  "@",
  "\t",
  "\r",
  "\n",
  "\0",
  "＝",
  "＋",
  "－",
  "＠",
  "'",
  '"',
  ",",
  ";",
  " ",
  "\u200b",
  "\u00a0",
];
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.oneof(fc.constantFrom(...NASTY), fc.string({ maxLength: 3 }))).map((parts) => parts.join("")),
  fc
    .tuple(fc.constantFrom(...NASTY, "", "''"), fc.constantFrom(...NASTY), fc.string())
    .map((parts) => parts.join("")),
);
const delimiter = fc.constantFrom(",", ";", "\t");
const table = fc
  .integer({ min: 1, max: 5 })
  .chain((width) => fc.array(fc.array(text, { minLength: width, maxLength: width }), { minLength: 1 }));

describe("csvLine", () => {
  test("round-trips any text through another parser, raw", () => {
    fc.assert(
      fc.property(table, delimiter, (rows, delimiter) => {
        const csv = rows.map((row) => csvLine(row, { delimiter, raw: true })).join("");
        expect(parseCsv(csv, delimiter)).toEqual(rows);
      }),
    );
  });

  test("round-trips any text through another parser and rearm, safe", () => {
    fc.assert(
      fc.property(table, delimiter, (rows, delimiter) => {
        const csv = rows.map((row) => csvLine(row, { delimiter, raw: false })).join("");
        expect(parseCsv(csv, delimiter).map((row) => row.map(rearm))).toEqual(rows);
      }),
    );
  });

  test("never writes a text that starts like a formula, safe", () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), delimiter, (cells, delimiter) => {
        const [row = []] = parseCsv(csvLine(cells, { delimiter, raw: false }), delimiter);
        for (const cell of row) expect(cell).not.toMatch(/^(?:[\t\r\n\0]|\s*[=+\-@＝＋－＠])/u);
      }),
    );
  });

  test.each([
    ["plain", "plain"],
    ["a,b", '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ["two\nlines", '"two\nlines"'],
    [" padded ", '" padded "'],
    ["=1+1", "'=1+1"],
    ['=HYPERLINK("x","y")', '"\'=HYPERLINK(""x"",""y"")"'],
    [true, "true"],
    [-5, "-5"],
    [null, ""],
    ["", ""],
  ])("writes %j as %j", (cell, written) => {
    expect(csvLine([cell], { delimiter: ",", raw: false })).toBe(`${written}\r\n`);
  });
});

test("disarm changes only what is armed, and rearm takes back exactly that", () => {
  fc.assert(
    fc.property(text, (text) => {
      expect(rearm(disarm(text))).toBe(text);
    }),
  );
});

test.each([
  ["=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"],
  ["'=1", "''=1"],
  ["\t=1", "'\t=1"],
  ["＝1", "'＝1"],
  ["\u200b=1", "'\u200b=1"],
  [" @SUM(A1)", "' @SUM(A1)"],
  ["'tis", "'tis"],
  ["anna@contoso.com", "anna@contoso.com"],
  ["a=b", "a=b"],
  ["", ""],
])("disarm(%j) is %j", (text, safe) => {
  expect(disarm(text)).toBe(safe);
});

test.each([
  [",", "de-DE", ","],
  [";", "en-US", ";"],
  ["tab", "en-US", "\t"],
  ["auto", "en-US", ","],
  ["auto", "de-DE", ";"],
  ["auto", "de-CH", ","],
  ["auto", "fr-FR", ";"],
  ["auto", "ar-EG", ","],
] as const)("delimiter %s in %s is %j", (delimiter, locale, character) => {
  expect(delimiterCharacter(delimiter, locale)).toBe(character);
});
