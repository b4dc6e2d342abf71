/** What two sources tell of one part of a mailbox, as one row with its share of the limit. Pure. */
import type { Cell, FoundRow, Row } from "../../src/job/index.ts";
import { UNKNOWN } from "../common/cells.ts";
import { mergedBy } from "../common/merge.ts";

/** @param rows all rows about one mailbox */
export function merged(rows: readonly FoundRow[]): readonly FoundRow[] {
  return mergedBy(rows, "Store").map((found) => ({
    ...found,
    row: { ...found.row, Percent: percentOf(found.row) },
  }));
}

/** To a tenth; empty where there is no limit, or nothing in it. */
function percentOf(row: Row): Cell {
  const [used, quota] = [row["UsedBytes"], row["QuotaBytes"]];
  if (used === UNKNOWN || quota === UNKNOWN) return UNKNOWN;
  if (typeof used !== "number" || typeof quota !== "number" || quota <= 0) return null;
  return Math.floor((used * 1000) / quota) / 10;
}
