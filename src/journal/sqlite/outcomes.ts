/** How an outcome is kept: the columns of its target, its seal, and its part in the run's counters. */
import { countsColumn } from "../cells.ts";
import type { Seal, SealedOutcome } from "../seal.ts";
import type { Connection } from "./connection.ts";
import { addTally } from "./tallies.ts";

export type Counts = Readonly<Record<string, number>>;

/** An outcome about to be recorded. */
export interface Ending extends Omit<SealedOutcome, "rows" | "counts"> {
  readonly take: number;
  readonly rows: number;
  readonly noise: Counts;
  readonly counts: Counts;
  /** Holds the rows of the take. */
  readonly seal: Seal;
}

export function record(db: Connection, run: number, line: number, ending: Ending): void {
  const counts = countsColumn(ending.counts);
  db.run(
    `UPDATE targets SET outcome = ?, reason = ?, request_id = ?, fingerprint = ?, settled_at = ?, take = ?,
       takes = max(takes, ?), rows = ?, noise = ?, counts = ?, seal = ? WHERE run = ? AND line = ?`,
    ending.outcome,
    ending.reason,
    ending.requestId,
    ending.fingerprint,
    ending.settledAtMs,
    ending.take,
    ending.take,
    ending.rows,
    countsColumn(ending.noise),
    counts,
    ending.seal.addOutcome(line, { ...ending, counts }).bytes(),
    run,
    line,
  );
  tally(db, run, 1, ending);
}

/** Adds to the run's counters what an outcome brought, or takes it away. */
export function tally(
  db: Connection,
  run: number,
  sign: 1 | -1,
  brought: {
    readonly outcome: string;
    readonly rows: number;
    readonly noise: Counts;
    readonly counts: Counts;
  },
): void {
  addTally(db, run, "outcome", brought.outcome, sign);
  for (const [rule, hidden] of Object.entries(brought.noise)) addTally(db, run, "noise", rule, sign * hidden);
  for (const [name, by] of Object.entries(brought.counts)) addTally(db, run, "count", name, sign * by);
  if (brought.rows > 0) db.run("UPDATE runs SET rows = rows + ? WHERE key = ?", sign * brought.rows, run);
}
