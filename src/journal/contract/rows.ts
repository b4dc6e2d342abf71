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

/** Rows of settled targets that any of some keys leads to: gone through, or asked for line by line. */
export interface RowsUnder extends AsyncIterable<readonly StoredRow[]> {
  /**
   * Those about these lines, line by line as they are asked for, and perhaps others about them: where the index is not whole, all there are.
   * All in one go. The index is read once for all that is asked.
   */
  about(lines: readonly number[]): Promise<readonly StoredRow[]>;
}

/** Rows that the access index does not have yet: a stretch of what is left. */
export interface UnindexedRows {
  /** Where the index stands, and where it will stand with these rows in it. */
  readonly from: string;
  readonly to: string;
  readonly rows: readonly PlacedRow[];
}

/** Reading rows. */
export interface Rows {
  /**
   * Rows of settled targets, grouped by the target they are about, in manifest order; within a group by the line that brought them, in
   * the order they were found. The same order every time, and a group is never parted. Read in chunks; writers are not held up.
   */
  rows(run: string): AsyncIterable<readonly StoredRow[]>;
  /** Rows about these lines, in the order of `rows`. All in one go: a caller asks for as many lines as it wants to hold the rows of. */
  rowsAbout(run: string, lines: readonly number[]): Promise<readonly StoredRow[]>;
}

/** The access index: rows, found under the keys of whoever they give access. */
export interface Accesses {
  /**
   * The next rows of settled targets that the access index does not have; undefined when it has all. What was settled anew since the index
   * was made comes again. Read in chunks.
   */
  unindexed(run: string): Promise<UnindexedRows | undefined>;
  /**
   * Adds keys that lead to rows of a stretch, each row under as many as wanted, and leaves the stretch behind, in one transaction.
   * @returns false when the index does not stand at `from` any more, and nothing was added: somebody else was first, ask again
   */
  indexAccess(
    run: string,
    stretch: Pick<UnindexedRows, "from" | "to">,
    leads: readonly AccessLead[],
  ): Promise<boolean>;
  /**
   * Rows of settled targets that a key leads to, each once for all keys, and those about one line together, in one chunk. First come the lines
   * whose own reading brought such a row, ascending, then those of which only another line's reading tells, in the order of that reading: the
   * same every time. A row that was put under a key and has since been settled anew may bring another row in its place: whoever asks looks
   * whether a row is what was asked for. Read in chunks, of which the first is small: whoever wants the first rows does not wait for the rest.
   */
  rowsUnder(run: string, keys: readonly string[]): RowsUnder;
}
