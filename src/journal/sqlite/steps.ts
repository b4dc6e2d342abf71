/**
 * How much one step does. SQLite works on the event loop's thread, so long work is cut into steps of some ten milliseconds, and other
 * work of the process runs between them. No transaction is open between steps: the write-ahead log can be cleared at any time.
 */

/** Records written in one transaction. */
export const WRITE_STEP = 500;

/** Records read in one go. */
export const READ_STEP = 1_000;

/** Keys looked up in one go. */
export const KEY_STEP = 250;

/**
 * Where the steps begin that read the lines of a manifest: each covers the `READ_STEP` lines after it.
 * @param only steps without any of these are left out
 */
export function readSteps(lines: number, only: ReadonlySet<number> | undefined): readonly number[] {
  const steps = Array.from({ length: Math.ceil(lines / READ_STEP) }, (_, n) => n * READ_STEP);
  if (only === undefined) return steps;
  const wanted = new Set([...only].map((line) => Math.floor((line - 1) / READ_STEP) * READ_STEP));
  return steps.filter((after) => wanted.has(after));
}
