/** Rows, and where they are kept. */

export interface StoredRow {
  /** Line of the target the row is about. */
  readonly about: number;
  /** Line of the target whose outcome brought it. */
  readonly line: number;
  readonly noise: string | undefined;
  readonly row: { readonly [column: string]: string | number | boolean | null };
}

export type NewRow = Omit<StoredRow, "line">;

/** A row where it is kept: the `n`th of its line. */
export interface PlacedRow extends StoredRow {
  readonly n: number;
}

/** A row, and the keys that are to lead to it. */
export interface AccessLead {
  readonly line: number;
  readonly n: number;
  readonly keys: readonly string[];
}

/** Rows that the access index does not have yet: a stretch of what is left. */
export interface UnindexedRows {
  /** Where the index stands, and where it will stand with these rows in it. */
  readonly from: string;
  readonly to: string;
  readonly rows: readonly PlacedRow[];
}
