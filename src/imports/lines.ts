/** A file as its tool's lines, from its beginning to its end, as often as it is asked for. */
import { basename } from "node:path";
import { type Headers, rearm } from "../reports/index.ts";
import { type FileRecord, type Header, RecordReader } from "./records.ts";
import { type Encoding, type Passed, textOf } from "./text.ts";
import { folded, placesOf, recognise } from "./tools/recognise.ts";
import type { Tool, ToldLine } from "./tools/tool.ts";

export interface ImportFile {
  readonly path: string;
  readonly encoding: Encoding | undefined;
  /** Absent: the header says it. */
  readonly as: Headers | undefined;
}

export interface PlacedLine {
  /** From 1; where a record of several lines begins. */
  readonly line: number;
  readonly told: ToldLine;
}

/** @param ended told what has passed, and whose file it is, when all of it has @throws {ImportError} */
export async function* linesOf(
  { path, encoding, as }: ImportFile,
  signal: AbortSignal,
  ended: (passed: Passed & { readonly tool: Tool }) => void,
): AsyncGenerator<readonly PlacedLine[]> {
  const reader = new RecordReader();
  let reading: Reading | undefined;
  const read = (text: string, last: boolean): readonly PlacedLine[] => {
    const lines: PlacedLine[] = [];
    for (const record of reader.take(text, last)) {
      reading ??= readingOf(reader.header, path, as);
      lines.push({ line: record.line, told: reading.read(record) });
    }
    return lines;
  };
  let all: Passed = { bytes: 0, sha256: "" };
  for await (const text of textOf(path, encoding, signal, (passed) => (all = passed)))
    yield read(text, false);
  yield read("", true);
  const { tool } = reading ?? readingOf(reader.header, path, as);
  ended({ ...all, tool });
}

interface Reading {
  readonly tool: Tool;
  read(record: FileRecord): ToldLine;
}

function readingOf(header: Header | undefined, path: string, as: Headers | undefined): Reading {
  const tool = recognise(header, basename(path), as);
  const columns = header?.cells.length ?? 0;
  const places = header === undefined ? new Map<string, number>() : placesOf(header);
  /** By the name as the tool's reading has it. */
  const byName = new Map<string, number | undefined>();
  const placeOf = (column: string): number | undefined => {
    if (!byName.has(column)) byName.set(column, places.get(folded(column)));
    return byName.get(column);
  };
  const isHeader = (cells: readonly string[]): boolean =>
    cells.length === columns && cells.every((cell, place) => bare(cell) === bare(header?.cells[place] ?? ""));
  // Our own export disarms formulas with an apostrophe, and quotes no header; PowerShell quotes all, and disarms nothing.
  const disarmed = header?.quoted === false;
  return {
    tool,
    read({ cells, mistake }) {
      if (mistake !== undefined) return { is: "bad", expected: mistake };
      // Of files that were put one behind another.
      if (isHeader(cells)) return { is: "left", what: "headers of other files" };
      if (cells.length !== columns)
        return { is: "bad", expected: `${columns} cells, not ${cells.length}; is one not in quotes?` };
      return tool.read((column) => {
        const place = placeOf(column);
        const cell = place === undefined ? "" : (cells[place] ?? "");
        return disarmed ? rearm(cell) : cell;
      });
    },
  };
}

/** Behind the end of another file, a header may begin with a byte order mark, and what is in quotes then is not. */
function bare(name: string): string {
  return folded(name.replaceAll(/^\u{feff}|"/gu, ""));
}
