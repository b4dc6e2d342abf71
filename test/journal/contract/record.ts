/** A record under test: an open journal, and the way to open it again. */
import type { Journal } from "../../../src/journal/index.ts";

/** Opens one record, as often as asked: each time as another process would. */
export type OpenRecord = (options?: { readonly now?: () => number }) => Promise<Journal>;

export interface OpenedRecord {
  readonly journal: Journal;
  /** What it opens is closed after the test. */
  readonly open: OpenRecord;
}
