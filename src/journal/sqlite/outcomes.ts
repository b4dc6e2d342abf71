/** How an outcome is kept: the columns of its target, its seal, its link, and its part in the run's counters. */
import { countsColumn } from "../cells.ts";
import type { ChainEnd } from "../chain.ts";
import type { Seal, SealedOutcome } from "../seal.ts";
import type { Connection } from "./connection.ts";
import type { OpenTarget } from "./stage.ts";
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

/** @param chain of the run; whoever records with it stores it */
export function record(
  db: Connection,
  at: { readonly run: number; readonly line: number; readonly target: OpenTarget; readonly chain: ChainEnd },
  ending: Ending,
): void {
  const { run, line, target, chain } = at;
  const counts = countsColumn(ending.counts);
  const seal = ending.seal.addOutcome(line, { ...ending, counts }, target.sealed);
  const linked = chain.add({ line, redrive: target.redrive, seal: seal.hex() });
  db.run(
    `UPDATE targets SET outcome = ?, reason = ?, request_id = ?, fingerprint = ?, settled_at = ?, take = ?,
       takes = max(takes, ?), rows = ?, noise = ?, counts = ?, seal = ?, place = ?, link = ? WHERE run = ? AND line = ?`,
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
    seal.bytes(),
    linked.place,
    linked.link,
    run,
    line,
  );
  tally(db, run, 1, ending);
}

export function storeChain(db: Connection, run: number, chain: ChainEnd): void {
  db.run("UPDATE runs SET chain_length = ?, chain_head = ? WHERE key = ?", chain.length, chain.head, run);
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
