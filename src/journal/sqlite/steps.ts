/**
 * How much one step does. SQLite works on the event loop's thread, so long work is cut into steps of some ten milliseconds, and other
 * work of the process runs between them. No transaction is open between steps: the write-ahead log can be cleared at any time.
 */

/** Records written in one transaction. */
export const WRITE_STEP = 500;

/** Records read in one go. */
export const READ_STEP = 1_000;
