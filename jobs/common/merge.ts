/** What several sources tell of one thing, as one row. Pure. */
import type { FoundRow, Row } from "../../src/job/index.ts";
import { JOINT, UNKNOWN } from "./cells.ts";

/**
 * Rows with the same cell in a column made one: what one source does not know the other one tells; the oldest time, all sources.
 * @param rows all rows about one mailbox
 */
export function mergedBy(rows: readonly FoundRow[], column: string): readonly FoundRow[] {
  const things = Map.groupBy(rows, ({ row }) => row[column]);
  return [...things.values()].map((same) => same.reduce(mergeTwo));
}

function mergeTwo(one: FoundRow, other: FoundRow): FoundRow {
  const row = Object.fromEntries(
    Object.entries(one.row).map(([column, cell]) => [
      column,
      cell === UNKNOWN ? (other.row[column] ?? null) : cell,
    ]),
  );
  const times = [String(one.row["ReadAtUtc"]), String(other.row["ReadAtUtc"])].sort();
  return { ...one, row: { ...row, ReadAtUtc: times[0] ?? null, Source: sourcesOf(one.row, other.row) } };
}

function sourcesOf(...rows: readonly Row[]): string {
  const all = rows.flatMap((row) => String(row["Source"] ?? "").split(JOINT));
  return [...new Set(all)].toSorted((one, other) => (one < other ? -1 : 1)).join(JOINT);
}
