/** How the rows of two runs are compared. */
import type { Row } from "./rows.ts";

/** How the rows of two runs are told apart and compared: what `exosweep diff` goes by. */
export interface Comparison {
  /**
   * Columns that name a row within its mailbox, beside `who`; compared exactly. Immutable ids and words of the service (a right, allow or
   * deny, a folder's or a rule's id), never names. Empty when a mailbox has one row.
   */
  readonly key: readonly string[];
  /**
   * Whose row it is, where it is somebody's: columns with immutable ids, the surest first, and one with what the service called it, which
   * counts only where no id is known. Compared without regard to case. What has an address, too, and no id, comes from a file: the address
   * goes before the name.
   */
  readonly who?: { readonly ids: readonly string[]; readonly address?: string; readonly name: string };
  /** Columns whose values are facts: another value is a change, but for `unknown`. All other columns only describe. */
  readonly facts: readonly string[];
  /**
   * Column with the cmdlets that brought the row, joined by `; `. A row whose cmdlet was not asked, or whose bulk read failed, is unknown
   * in that run, not gone. Absent: the mailbox's own task brings every row.
   */
  readonly source?: string;
  /** False for a row that a run with these parameters does not look for: its silence about it says nothing. */
  seeks?(params: unknown, row: Row): boolean;
}
