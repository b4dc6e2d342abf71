/** Rows: what a job finds. */

/** A cell of a row. `null` is written as an empty cell, never for "unknown": that is the word `unknown`. */
export type Cell = string | number | boolean | null;

/** One result record; its keys are the job's columns. */
export type Row = Readonly<Record<string, Cell>>;

/**
 * What the cells of a column are, for formats with types (Parquet, XLSX). `integer` is a safe one; `time` is ISO 8601 in UTC as
 * `Date.toISOString` writes it. A cell that is something else, such as the word `unknown`, is kept as text beside the column.
 */
export type ColumnType = "text" | "integer" | "number" | "boolean" | "time";

/** A row with what the journal needs to know of it. */
export interface FoundRow {
  /** Line of the manifest the row is *about*: the mailbox, also when a bulk read brought it. */
  readonly about: number;
  /** Id of the noise rule that hides it by default (`NR1`…); absent for a row that is shown. */
  readonly noise?: string | undefined;
  readonly row: Row;
}

/** Counted oddities of a run, such as `wrong-identity`: shown in the summary, never silently dropped. */
export type Count = (name: string, by?: number) => void;
