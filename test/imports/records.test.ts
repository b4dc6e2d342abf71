import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type FileRecord, RecordReader } from "../../src/imports/records.ts";
import { csvLine } from "../../src/reports/csv.ts";
import { HOSTILE_STRINGS } from "../support/hostile-strings.ts";

function read(...pieces: readonly string[]): {
  readonly reader: RecordReader;
  readonly records: FileRecord[];
} {
  const reader = new RecordReader();
  const records = pieces.flatMap((piece) => [...reader.take(piece)]);
  return { reader, records: [...records, ...reader.take("", true)] };
}

test("the header says how records are delimited, and whether its names are in quotes", () => {
  const { reader, records } = read('\u{feff}"a";"b"\r\n"1;2";"3,4"\r\n');
  expect(reader.header).toMatchObject({ delimiter: ";", quoted: true, cells: ["a", "b"], line: 1 });
  expect(records).toEqual([{ line: 2, cells: ["1;2", "3,4"] }]);
  expect(read("a\tb\n1\t2").reader.header).toMatchObject({ delimiter: "\t", quoted: false });
  expect(read("a,b;c\n1,2\n").reader.header?.delimiter).toBe(";");
});

test("what PowerShell and Excel put before the header is no record", () => {
  const { reader, records } = read(
    '#TYPE System.Management.Automation.PSCustomObject\r\n"a","b"\r\n"1","2"\r\n',
  );
  expect(reader.header).toMatchObject({ line: 2, cells: ["a", "b"] });
  expect(records).toEqual([{ line: 3, cells: ["1", "2"] }]);
  expect(read("sep=|\n\na|b\n1|2\n").records).toEqual([{ line: 4, cells: ["1", "2"] }]);
});

test("a record of several lines is named by its first, and those behind it by theirs", () => {
  const { records } = read('a,b\n"one\r\ntwo\nthree",2\n\n3,"""4"""\n');
  expect(records).toEqual([
    { line: 2, cells: ["one\r\ntwo\nthree", "2"] },
    { line: 6, cells: ["3", '"4"'] },
  ]);
});

test("a quote that does not end is a mistake of its line, and the lines behind it are read", () => {
  const { records } = read('a,b\n1,2\n"3,4\n5,6\n');
  expect(records).toEqual([
    { line: 2, cells: ["1", "2"] },
    { line: 3, cells: [], mistake: "a quote to end" },
    { line: 4, cells: ["5", "6"] },
  ]);
  expect(read('a,b\n"1"x,2\n3,4').records).toEqual([
    { line: 2, cells: ["1x", "2"], mistake: "a delimiter after the quote" },
    { line: 3, cells: ["3", "4"] },
  ]);
});

test("a quote that does not end in a large file is given up, so that memory does not grow with it", () => {
  const reader = new RecordReader();
  const found: FileRecord[] = [...reader.take('a,b\n"never ends,2\n')];
  const line = `${"x".repeat(998)}\n`;
  for (let n = 0; n < 2_000; n += 1) found.push(...reader.take(line));
  expect(found[0]).toEqual({ line: 2, cells: [], mistake: "a quote to end" });
  expect(found.length).toBeGreaterThan(900);
});

test("text without any line end is given up, too", () => {
  const reader = new RecordReader();
  const found: FileRecord[] = [...reader.take("a,b\n")];
  for (let n = 0; n < 300; n += 1) found.push(...reader.take("x".repeat(8_000)));
  expect(found[0]).toMatchObject({ line: 2, mistake: "the line to end" });
});

test("what our own export writes is read back, whatever is in it and wherever it is cut", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(...HOSTILE_STRINGS),
    fc.constantFrom('"', "\r\n", "\r", ";", ","),
  );
  fc.assert(
    fc.property(
      fc.array(fc.array(text, { minLength: 2, maxLength: 3 }), { maxLength: 6 }),
      fc.constantFrom(",", ";", "\t"),
      fc.array(fc.nat(40), { maxLength: 40 }),
      (rows, delimiter, cuts) => {
        const style = { delimiter, raw: true };
        const wanted = rows.filter((cells) => cells.length === 2);
        const whole = [["first", "second"], ...wanted].map((cells) => csvLine(cells, style)).join("");
        const pieces: string[] = [];
        let rest = whole;
        for (const cut of cuts) {
          pieces.push(rest.slice(0, cut));
          rest = rest.slice(cut);
        }
        const { records } = read(...pieces, rest);
        expect(records.map(({ cells }) => cells)).toEqual(wanted);
        expect(records.filter(({ mistake }) => mistake !== undefined)).toEqual([]);
      },
    ),
    { numRuns: 300 },
  );
});
