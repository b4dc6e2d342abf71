/** The formats of an export: how it begins, how a row is written, how it ends. Pure; `null` and absent cells are empty. */
import type { Row } from "../job.ts";
import type { RunRecord } from "../journal/index.ts";
import { BYTE_ORDER_MARK, csvLine, type CsvStyle } from "./csv.ts";
import { runHeader } from "./run-header.ts";

export const EXPORT_FORMATS = ["csv", "ndjson", "json"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Grows when a column or field changes its meaning or goes; new ones do not count. */
const SCHEMA_VERSION = 1;

/** Writes one export; `row` is called in order. */
export interface Writing {
  readonly head: string;
  row(row: Row): string;
  readonly tail: string;
}

export function writing(
  format: ExportFormat,
  run: RunRecord,
  columns: readonly string[],
  style: CsvStyle,
): Writing {
  switch (format) {
    case "csv":
      return {
        head: BYTE_ORDER_MARK + csvLine(columns, style),
        row: (row) =>
          csvLine(
            columns.map((column) => row[column] ?? null),
            style,
          ),
        tail: "",
      };
    case "ndjson":
      return { head: "", row: (row) => `${jsonRow(row, columns)}\n`, tail: "" };
    case "json":
      return jsonDocument(run, columns);
  }
}

/** One document, a row a line, so that it can be streamed and read by eye. */
function jsonDocument(run: RunRecord, columns: readonly string[]): Writing {
  let first = true;
  return {
    head: `{"schemaVersion":${SCHEMA_VERSION},"run":${JSON.stringify(runHeader(run))},"rows":[`,
    row: (row) => {
      const separator = first ? "\n" : ",\n";
      first = false;
      return separator + jsonRow(row, columns);
    },
    tail: "\n]}\n",
  };
}

/** Every column, in order, so that each row has the same shape. */
function jsonRow(row: Row, columns: readonly string[]): string {
  return JSON.stringify(Object.fromEntries(columns.map((column) => [column, row[column] ?? null])));
}
