/** Rows of an export, by the names in its header; RFC 4180. */
import { readFile } from "node:fs/promises";

export async function readExport(path: string): Promise<ReadonlyMap<string, string>[]> {
  const [header = [], ...rows] = parse((await readFile(path, "utf8")).replace(/^\uFEFF/, ""));
  return rows.map((row) => {
    if (row.length !== header.length)
      throw new Error(`A row has ${row.length} cells, the header ${header.length}`);
    return new Map(header.map((name, at) => [name, row[at] ?? ""]));
  });
}

function parse(text: string): string[][] {
  const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n|$)/gy;
  const rows: string[][] = [];
  let row: string[] = [];
  while (cell.lastIndex < text.length) {
    const at = cell.lastIndex;
    const match = cell.exec(text);
    if (match === null) throw new Error(`Cannot parse the export at character ${at}`);
    const [, written = "", end] = match;
    row.push(written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written);
    if (end === ",") continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
