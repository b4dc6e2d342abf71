import { describe, expect, test } from "vitest";
import * as fc from "fast-check";
import type { Cell, ColumnType } from "../../../src/job/index.ts";
import type { Column } from "../../../src/reports/columns.ts";
import { type GroupLimits, parquetWriting } from "../../../src/reports/parquet/file.ts";
import { written } from "../../support/layout.ts";
import { readParquet } from "../../support/parquet-reader.ts";

const COLUMNS: readonly Column[] = [
  { name: "Name", type: "text" },
  { name: "Count", type: "integer" },
  { name: "Share", type: "number" },
  { name: "Flag", type: "boolean" },
  { name: "SeenAtUtc", type: "time" },
];

async function read(rows: readonly (readonly Cell[])[], limits?: GroupLimits, columns = COLUMNS) {
  return readParquet(await written((context) => parquetWriting(context, limits), columns, rows));
}

describe("a Parquet file", () => {
  test("has the types of the columns, and empty cells are empty", async () => {
    const { rows } = await read([
      ["a", 7, 0.5, true, "2026-05-04T03:02:01.123Z"],
      ["", -1, 1, false, "1969-12-31T23:59:59.999Z"],
      [null, null, null, null, null],
    ]);
    expect(rows).toEqual([
      {
        Name: "a",
        Count: 7n,
        Share: 0.5,
        Flag: true,
        SeenAtUtc: new Date("2026-05-04T03:02:01.123Z"),
        OtherValues: null,
      },
      { Name: "", Count: -1n, Share: 1, Flag: false, SeenAtUtc: new Date(-1), OtherValues: null },
      { Name: null, Count: null, Share: null, Flag: null, SeenAtUtc: null, OtherValues: null },
    ]);
  });

  test("keeps a cell of another type beside the column, in words", async () => {
    const { rows } = await read([
      [7, 0.5, "unknown", "unknown", "yesterday"],
      [true, 2 ** 53, Number.NaN, 1, 7],
    ]);
    expect(rows.map(({ Name, OtherValues }) => [Name, JSON.parse(String(OtherValues)) as unknown])).toEqual([
      ["7", { Count: 0.5, Share: "unknown", Flag: "unknown", SeenAtUtc: "yesterday" }],
      ["true", { Count: 2 ** 53, Flag: 1, SeenAtUtc: 7 }],
    ]);
  });

  test("has one schema for a job, whatever the rows are", async () => {
    const schemas = await Promise.all(
      [[], [[null, null, null, null, null]], [["a", 1, 1.5, true, "unknown"]]].map(async (rows) => {
        const { metadata } = await read(rows);
        return metadata.schema;
      }),
    );
    expect(schemas[0]?.map(({ name, type, converted_type }) => [name, type, converted_type])).toEqual([
      ["rows", undefined, undefined],
      ["Name", "BYTE_ARRAY", "UTF8"],
      ["Count", "INT64", undefined],
      ["Share", "DOUBLE", undefined],
      ["Flag", "BOOLEAN", undefined],
      ["SeenAtUtc", "INT64", "TIMESTAMP_MILLIS"],
      ["OtherValues", "BYTE_ARRAY", "UTF8"],
    ]);
    expect(schemas[1]).toEqual(schemas[0]);
    expect(schemas[2]).toEqual(schemas[0]);
  });

  test("tells of its run", async () => {
    const { metadata } = await read([]);
    const about = Object.fromEntries(
      (metadata.key_value_metadata ?? []).map(({ key, value }) => [key, value]),
    );
    expect(about).toMatchObject({
      "exosweep.complete": "yes",
      "exosweep.chainHead": "0123456789abcdef0123456789abcdef",
    });
    expect(JSON.parse(about["exosweep.run"] ?? "")).toMatchObject({ id: "rtest", state: "complete" });
  });

  test.each([
    ["at so many rows", { rows: 100, bytes: Infinity }, [100, 100, 50]],
    ["at so many bytes", { rows: 1_000, bytes: 8_000 }, [120, 118, 12]],
  ])("ends a row group %s, and goes on with the next", async (_what, limits, sizes) => {
    const rows = Array.from({ length: 250 }, (_, n) => [
      `row ${n} ${"x".repeat(40)}`,
      n,
      n / 3,
      n % 3 === 0,
      null,
    ]);
    const { rows: found, metadata } = await read(rows, limits);
    expect(found.map(({ Name, Count, Share, Flag }) => [Name, Number(Count), Share, Flag, null])).toEqual(
      rows,
    );
    expect(metadata.row_groups.map(({ num_rows }) => Number(num_rows))).toEqual(sizes);
  });

  test("writes texts as they are when there are too many different ones to number", async () => {
    // Some 1.5 MB of different texts, among ones that repeat and empty ones.
    const texts = Array.from({ length: 30_000 }, (_, n) =>
      n % 5 === 0 ? null : n % 3 === 0 ? "same" : `${n}-${"x".repeat(60)}`,
    );
    const { rows, metadata } = await read(
      texts.map((text) => [text]),
      undefined,
      [{ name: "Name", type: "text" }],
    );
    expect(rows.map(({ Name }) => Name)).toEqual(texts);
    const chunk = metadata.row_groups[0]?.columns[0]?.meta_data;
    expect(chunk?.encodings).toEqual(["RLE", "PLAIN", "RLE_DICTIONARY"]);
    expect(chunk?.statistics?.null_count).toBe(6_000n);
  });

  test("gives back whatever was put in: any cells in any columns, in groups of any size", async () => {
    const cell = fc.oneof(
      fc.constant(null),
      fc.constantFrom("a", "b", "a long word that repeats"),
      fc.string({ unit: "grapheme" }),
      fc.maxSafeInteger(),
      // As JSON has them: no infinities, and one zero.
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
      fc.boolean(),
      fc
        .date({ min: new Date(0), max: new Date("9999-01-01"), noInvalidDate: true })
        .map((date) => date.toISOString()),
    );
    const types = fc.array(fc.constantFrom<ColumnType>("text", "integer", "number", "boolean", "time"), {
      minLength: 1,
      maxLength: 4,
    });
    const table = types.chain((types) =>
      fc.tuple(
        fc.constant(types),
        fc.array(fc.array(cell, { minLength: types.length, maxLength: types.length }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 70 }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(table, async ([types, rows, size]) => {
        const columns = types.map((type, n) => ({ name: `c${n}`, type }));
        const { rows: found } = await read(rows, { rows: size, bytes: Infinity }, columns);
        expect(found.map((row) => columns.map(({ name, type }) => cellOf(row, name, type)))).toEqual(
          rows.map((row) =>
            row.map((cell, n) => (types[n] === "text" && cell !== null ? String(cell) : cell)),
          ),
        );
      }),
      { numRuns: 200 },
    );
  });
});

/** The cell as it was, from its column or from beside it. */
function cellOf(row: Readonly<Record<string, unknown>>, name: string, type: ColumnType): unknown {
  const beside = row["OtherValues"];
  const others = JSON.parse(typeof beside === "string" ? beside : "{}") as Record<string, unknown>;
  if (Object.hasOwn(others, name)) return others[name];
  const value = row[name];
  if (value instanceof Date) return value.toISOString();
  return type === "integer" && value !== null ? Number(value) : value;
}
