/** Redriving: settled targets are opened for another try, and what they had becomes history. */
import { asCounts, asNumber } from "../cells.ts";
import type { TargetFilter } from "../contract/targets.ts";
import { asOutcome, matches } from "../records.ts";
import type { Cells, Connection } from "./connection.ts";
import { tally } from "./outcomes.ts";
import { headOf } from "./run-record.ts";
import { READ_STEP } from "./steps.ts";

/** Lines among the `READ_STEP` after `after` that have an outcome and match. What is in doubt takes a decision (`decide.ts`). */
export function settledLines(
  db: Connection,
  run: number,
  after: number,
  filter: TargetFilter,
): readonly number[] {
  return db
    .all(
      "SELECT line, outcome, fingerprint FROM targets WHERE run = ? AND line > ? AND line <= ? AND outcome NOT IN ('unresolved', 'conflict')",
      run,
      after,
      after + READ_STEP,
    )
    .filter((cells) => matches(cells, filter))
    .map((cells) => asNumber(cells["line"]));
}

/**
 * Opens those of the lines that still match.
 * @returns how many; the first of them make it a redrive of the run
 */
export function reopen(
  db: Connection,
  id: string,
  asked: { readonly filter: TargetFilter; readonly lines: readonly number[]; readonly first: boolean },
): number {
  const run = headOf(db, id).key;
  let opened = 0;
  for (const line of asked.lines) {
    const cells = db.get(
      "SELECT line, outcome, fingerprint, rows, noise, counts FROM targets WHERE run = ? AND line = ? AND outcome NOT IN ('unresolved', 'conflict')",
      run,
      line,
    );
    if (cells === undefined || !matches(cells, asked.filter)) continue;
    reopenLine(db, run, cells);
    opened += 1;
  }
  if (opened > 0) {
    db.run(
      "UPDATE runs SET redrives = redrives + ?, reopened = reopened + ? WHERE key = ?",
      Number(asked.first),
      opened,
      run,
    );
  }
  return opened;
}

/** The columns of an outcome, the same in `targets` and `earlier`. */
const COLUMNS =
  "outcome, reason, request_id, fingerprint, settled_at, take, rows, noise, counts, seal, place, link";

/** @param cells its line and outcome, with what that brought */
export function reopenLine(db: Connection, run: number, cells: Cells): void {
  const line = asNumber(cells["line"]);
  db.run(
    `INSERT INTO earlier (run, line, redrive, ${COLUMNS})
     SELECT run, line, redrive, ${COLUMNS} FROM targets WHERE run = ? AND line = ?`,
    run,
    line,
  );
  db.run(
    `UPDATE targets SET redrive = redrive + 1, outcome = NULL, reason = NULL, request_id = NULL, fingerprint = NULL,
       settled_at = NULL, take = NULL, rows = 0, noise = NULL, counts = NULL, seal = NULL, place = NULL, link = NULL WHERE run = ? AND line = ?`,
    run,
    line,
  );
  tally(db, run, -1, {
    outcome: asOutcome(cells["outcome"]),
    rows: asNumber(cells["rows"]),
    noise: asCounts(cells["noise"]),
    counts: asCounts(cells["counts"]),
  });
}
