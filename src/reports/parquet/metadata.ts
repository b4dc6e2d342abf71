/** What a Parquet file says of itself, as `parquet.thrift` of the format defines it. Pure. */
import type { ColumnType } from "../../job/index.ts";
import type { Column } from "../columns.ts";
import { ENCODING, type Page } from "./column.ts";
import { bool, i32, i64, list, struct, text, type Value } from "./thrift.ts";

/** ZSTD, enum CompressionCodec. */
const CODEC = 6;
const OPTIONAL = 1;

/** Enums Type and ConvertedType, union LogicalType; the second is for readers that do not know the third. */
const TYPES: Readonly<Record<ColumnType, { type: number; converted?: number; logical?: Value }>> = {
  boolean: { type: 0 },
  integer: { type: 2 },
  number: { type: 5 },
  text: { type: 6, converted: 0, logical: struct([[1, struct([])]]) },
  time: {
    type: 2,
    converted: 9,
    // In UTC, milliseconds.
    logical: struct([
      [
        8,
        struct([
          [1, bool(true)],
          [2, struct([[1, struct([])]])],
        ]),
      ],
    ]),
  },
};

/** One column of a row group, as it lies in the file. */
export interface Chunk {
  readonly column: Column;
  readonly encodings: readonly number[];
  readonly rows: number;
  readonly nulls: number;
  /** Page headers included. */
  readonly plainBytes: number;
  readonly packedBytes: number;
  readonly dictionaryAt: number | undefined;
  readonly dataAt: number;
}

export function pageHeader({ kind, encoding, values, bytes }: Page, packedBytes: number): Value {
  const data = struct([
    [1, i32(values)],
    [2, i32(encoding)],
    [3, i32(ENCODING.rle)],
    [4, i32(ENCODING.rle)],
  ]);
  const dictionary = struct([
    [1, i32(values)],
    [2, i32(encoding)],
  ]);
  return struct([
    [1, i32(kind === "data" ? 0 : 2)],
    [2, i32(bytes.length)],
    [3, i32(packedBytes)],
    kind === "data" ? [5, data] : [7, dictionary],
  ]);
}

export function fileMetadata(file: {
  readonly columns: readonly Column[];
  readonly rows: number;
  readonly groups: readonly (readonly Chunk[])[];
  readonly about: Readonly<Record<string, string>>;
}): Value {
  return struct([
    [1, i32(2)],
    [2, list([root(file.columns.length), ...file.columns.map(schemaElement)])],
    [3, i64(file.rows)],
    [4, list(file.groups.map(rowGroup))],
    [
      5,
      list(
        Object.entries(file.about).map(([key, value]) =>
          struct([
            [1, text(key)],
            [2, text(value)],
          ]),
        ),
      ),
    ],
    [6, text("exosweep")],
  ]);
}

function root(columns: number): Value {
  return struct([
    [4, text("rows")],
    [5, i32(columns)],
  ]);
}

function schemaElement({ name, type }: Column): Value {
  const { type: physical, converted, logical } = TYPES[type];
  return struct([
    [1, i32(physical)],
    [3, i32(OPTIONAL)],
    [4, text(name)],
    [6, converted === undefined ? undefined : i32(converted)],
    [10, logical],
  ]);
}

function rowGroup(chunks: readonly Chunk[]): Value {
  const sum = (bytes: (chunk: Chunk) => number): Value =>
    i64(chunks.reduce((all, chunk) => all + bytes(chunk), 0));
  return struct([
    [1, list(chunks.map(columnChunk))],
    [2, sum(({ plainBytes }) => plainBytes)],
    [3, i64(chunks[0]?.rows ?? 0)],
    [6, sum(({ packedBytes }) => packedBytes)],
  ]);
}

function columnChunk(chunk: Chunk): Value {
  const { column, encodings, dictionaryAt, dataAt } = chunk;
  const metadata = struct([
    [1, i32(TYPES[column.type].type)],
    [2, list(encodings.map(i32))],
    [3, list([text(column.name)])],
    [4, i32(CODEC)],
    [5, i64(chunk.rows)],
    [6, i64(chunk.plainBytes)],
    [7, i64(chunk.packedBytes)],
    [9, i64(dataAt)],
    [11, dictionaryAt === undefined ? undefined : i64(dictionaryAt)],
    [12, struct([[3, i64(chunk.nulls)]])],
  ]);
  return struct([
    [2, i64(dictionaryAt ?? dataAt)],
    [3, metadata],
  ]);
}
