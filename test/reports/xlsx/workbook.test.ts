import { describe, expect, test } from "vitest";
import type { Cell } from "../../../src/job/index.ts";
import type { Column } from "../../../src/reports/columns.ts";
import { type SheetLimits, xlsxWriting } from "../../../src/reports/xlsx/workbook.ts";
import { written } from "../../support/layout.ts";
import { readWorkbook } from "../../support/xlsx-reader.ts";

const COLUMNS: readonly Column[] = [
  { name: "Name", type: "text" },
  { name: "Count", type: "integer" },
  { name: "Share", type: "number" },
  { name: "Flag", type: "boolean" },
  { name: "SeenAtUtc", type: "time" },
];

async function read(
  rows: readonly (readonly Cell[])[],
  limits?: SheetLimits,
  state: "complete" | "running" = "complete",
) {
  return readWorkbook(await written((context) => xlsxWriting(context, limits), COLUMNS, rows, { state }));
}

const NAMES = (from: number, to: number): Cell[][] =>
  Array.from({ length: to - from }, (_, n) => [`row ${from + n}`, from + n, null, null, null]);

describe("a workbook", () => {
  test("has typed cells: text, numbers, truths and times, and nothing for an empty one", async () => {
    const [sheet] = await read([
      ["a", 7, 0.5, false, "2026-05-04T03:02:01.123Z"],
      [null, null, null, null, null],
    ]);
    expect(sheet?.rows[1]).toEqual([
      { kind: "text", value: "a", quoted: false },
      { kind: "number", value: 7, quoted: false },
      { kind: "number", value: 0.5, quoted: false },
      { kind: "boolean", value: false, quoted: false },
      { kind: "time", value: "2026-05-04T03:02:01.123Z", quoted: false },
    ]);
    expect(sheet?.rows[2]).toEqual([]);
  });

  test.each([
    ["12345678901234567890", 12345678901234567000, { kind: "text", value: "12345678901234567000" }],
    ["a size beyond Excel's digits", 9_007_199_254_740_991, { kind: "text", value: "9007199254740991" }],
    ["fifteen digits", 999_999_999_999_999, { kind: "number", value: 999_999_999_999_999 }],
    ["a negative number", -1.5, { kind: "number", value: -1.5 }],
    ["a number as text", "007", { kind: "text", value: "007" }],
  ])("keeps %s exactly", async (_what, value, cell) => {
    const [sheet] = await read([["a", value, null, null, null]]);
    expect(sheet?.rows[1]?.[1]).toMatchObject(cell);
  });

  test.each([
    "unknown",
    "2026-05-04",
    "2026-05-04T03:02:01.1234567Z",
    "2026-02-30T25:00:00Z",
    "1899-01-01T00:00:00Z",
  ])("writes %s in a column of times as text", async (text) => {
    const [sheet] = await read([["a", null, null, null, text]]);
    expect(sheet?.rows[1]?.[4]).toMatchObject({ kind: "text", value: text });
  });

  test("freezes its header, filters all of its rows, and tells of the run on a sheet of its own", async () => {
    const [rows, about] = await read(NAMES(0, 3));
    expect(rows).toMatchObject({ name: "Rows", frozen: true, filter: "A1:E4" });
    expect(rows?.rows[0]?.map((cell) => cell?.value)).toEqual(COLUMNS.map(({ name }) => name));
    expect(about).toMatchObject({ name: "Run", filter: undefined });
    const facts = Object.fromEntries((about?.rows ?? []).map(([name, value]) => [name?.value, value?.value]));
    expect(facts).toMatchObject({
      Complete: "yes",
      Rows: 3,
      Run: "rtest",
      "Started (UTC)": "2026-05-04T03:02:01.000Z",
      "Chain head": "0123456789abcdef0123456789abcdef",
    });
  });

  test("goes on, on further sheets with headers of their own, where a sheet is full", async () => {
    const sheets = await read(NAMES(0, 10), { rows: 4, bytes: Infinity });
    expect(sheets.map(({ name, filter }) => [name, filter])).toEqual([
      ["Rows", "A1:E4"],
      ["Rows 2", "A1:E4"],
      ["Rows 3", "A1:E4"],
      ["Rows 4", "A1:E2"],
      ["Run", undefined],
    ]);
    const rows = sheets.slice(0, 4);
    expect(rows.flatMap(({ rows }) => rows.slice(1).map(([name]) => name?.value))).toEqual(
      NAMES(0, 10).map(([name]) => name),
    );
    for (const { rows: lines, frozen } of rows) {
      expect(lines[0]?.[0]?.value).toBe("Name");
      expect(frozen).toBe(true);
    }
  });

  test("goes on where a sheet is as large as readers take", async () => {
    const long = Array.from({ length: 30 }, (_, n) => [`${n}${"x".repeat(32_000)}`, null, null, null, null]);
    const sheets = await read(long, { rows: 1_000, bytes: 300_000 });
    expect(sheets.map(({ name }) => name)).toEqual(["Rows", "Rows 2", "Run"]);
    expect(sheets.flatMap(({ name, rows }) => (name.startsWith("Rows") ? rows.slice(1) : []))).toHaveLength(
      30,
    );
  });

  test("has sheets that say so when the run is not complete, and a header when there are no rows", async () => {
    const sheets = await read([], undefined, "running");
    expect(sheets.map(({ name }) => name)).toEqual(["Rows (incomplete run)", "Run"]);
    expect(sheets[0]).toMatchObject({ filter: "A1:E1" });
    expect(sheets[1]?.rows[0]?.[1]?.value).toBe("no (the run is running)");
  });

  test("has letters for columns beyond Z", async () => {
    const columns = Array.from({ length: 800 }, (_, n) => ({ name: `c${n}`, type: "integer" as const }));
    const [sheet] = readWorkbook(await written(xlsxWriting, columns, [columns.map((_, n) => n)]));
    expect(sheet?.rows[1]?.map((cell) => cell?.value)).toEqual(columns.map((_, n) => n));
    expect(sheet?.filter).toBe("A1:ADT2");
  });
});
