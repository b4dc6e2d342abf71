/** A run's rows as the cells of an export, in order: the job's own columns, or those of another tool. Pure. */
import type { Cell, ColumnType, Job, Row } from "../job/index.ts";

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

/** What an export shows of each row. */
export interface Layout {
  readonly columns: readonly Column[];
  /** One cell for each column; `null` and absent ones are empty. */
  cells(row: Row): readonly Cell[];
  /** False for a row that these columns have no way to tell; absent where they tell every row. */
  tells?(row: Row): boolean;
}

export function ownLayout({ columns, columnTypes }: Pick<Job, "columns" | "columnTypes">): Layout {
  return {
    columns: columns.map((name) => ({ name, type: columnTypes?.[name] ?? usualType(name) })),
    cells: (row) => columns.map((name) => row[name] ?? null),
  };
}

function usualType(name: string): ColumnType {
  return name.endsWith("Utc") ? "time" : "text";
}

/** As `Date.toISOString` writes a time, with as many of the milliseconds as there are. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/;

/** Milliseconds since 1970; undefined when the cell is no time that can be written down without loss. */
export function timeIn(cell: Cell): number | undefined {
  if (typeof cell !== "string" || !TIME.test(cell)) return undefined;
  const ms = Date.parse(cell);
  return Number.isNaN(ms) ? undefined : ms;
}
