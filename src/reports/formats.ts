/** The formats of an export, and what each needs to be written. */
import type { Cell } from "../job/index.ts";
import type { RunRecord } from "../journal/index.ts";
import type { Layout } from "./columns.ts";
import { BYTE_ORDER_MARK, csvLine, type CsvStyle } from "./csv.ts";
import { parquetWriting } from "./parquet/file.ts";
import { runHeader } from "./run-header.ts";
import type { Sink } from "./sink.ts";
import { xlsxWriting } from "./xlsx/workbook.ts";

/** Tables of any rows. */
export const TABLE_FORMATS = ["csv", "ndjson", "json", "xlsx", "parquet"] as const;
export type TableFormat = (typeof TABLE_FORMATS)[number];

/** What a run's rows can be exported as: a table, or the page about the run. */
export const EXPORT_FORMATS = [...TABLE_FORMATS, "html"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Of these a terminal shows nothing, and a pipe makes nothing: they go to a file. */
export function isBinary(format: ExportFormat): boolean {
  return format === "xlsx" || format === "parquet";
}

/** Grows when a column or field changes its meaning or goes; new ones do not count. */
export const SCHEMA_VERSION = 1;

/** Writes one export to its sink: `begin`, then `row` for each row in order, then `end`. Each is awaited before the next. */
export interface Writing {
  begin(): Promise<void>;
  row(cells: readonly Cell[]): Promise<void>;
  end(): Promise<void>;
}

/** What a format needs to know. */
export interface WritingContext {
  readonly run: RunRecord;
  /** What a JSON document says before its rows; the run, when absent. A value that survives JSON. */
  readonly head?: Readonly<Record<string, unknown>>;
  readonly layout: Layout;
  readonly sink: Sink;
  readonly csv: CsvStyle;
}

export function writing(format: TableFormat, context: WritingContext): Writing {
  switch (format) {
    case "csv":
      return csvWriting(context);
    case "ndjson":
      return ndjsonWriting(context);
    case "json":
      return jsonWriting(context);
    case "xlsx":
      return xlsxWriting(context);
    case "parquet":
      return parquetWriting(context);
  }
}

function csvWriting({ layout, sink, csv }: WritingContext): Writing {
  const header = layout.columns.map(({ name }) => name);
  return {
    begin: () => sink.write(BYTE_ORDER_MARK + csvLine(header, csv)),
    row: (cells) => sink.write(csvLine(cells, csv)),
    end: async () => {},
  };
}

function ndjsonWriting({ layout, sink }: WritingContext): Writing {
  const json = jsonRow(layout);
  return {
    begin: async () => {},
    row: (cells) => sink.write(`${json(cells)}\n`),
    end: async () => {},
  };
}

/** One document, a row a line, so that it can be streamed and read by eye. */
function jsonWriting({ run, head = { run: runHeader(run) }, layout, sink }: WritingContext): Writing {
  const json = jsonRow(layout);
  const opening = JSON.stringify({ schemaVersion: SCHEMA_VERSION, ...head }).slice(0, -1);
  let separator = "\n";
  return {
    begin: () => sink.write(`${opening},"rows":[`),
    row(cells) {
      const text = separator + json(cells);
      separator = ",\n";
      return sink.write(text);
    },
    end: () => sink.write("\n]}\n"),
  };
}

/** Every column, in order, so that each row has the same shape. */
function jsonRow({ columns }: Layout): (cells: readonly Cell[]) => string {
  const keys = columns.map(({ name }, place) => `${place === 0 ? "{" : ","}${JSON.stringify(name)}:`);
  return (cells) => `${keys.map((key, place) => key + JSON.stringify(cells[place] ?? null)).join("")}}`;
}
