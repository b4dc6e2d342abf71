/** What two sources tell of one part of a mailbox, as one row with its share of the limit. Pure. */
import type { Cell, FoundRow, Row } from "../../src/job.ts";
import { JOINT, UNKNOWN } from "../common/cells.ts";

/** @param rows all rows about one mailbox */
export function merged(rows: readonly FoundRow[]): readonly FoundRow[] {
  const stores = Map.groupBy(rows, ({ row }) => row["Store"]);
  return [...stores.values()].map((same) => {
    const found = same.reduce(mergeTwo);
    return { ...found, row: { ...found.row, Percent: percentOf(found.row) } };
  });
}

/** What one of them knows; the older of two times, both sources. */
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

/** To a tenth; empty where there is no limit, or nothing in it. */
function percentOf(row: Row): Cell {
  const [used, quota] = [row["UsedBytes"], row["QuotaBytes"]];
  if (used === UNKNOWN || quota === UNKNOWN) return UNKNOWN;
  if (typeof used !== "number" || typeof quota !== "number" || quota <= 0) return null;
  return Math.floor((used * 1000) / quota) / 10;
}
