/** Outcomes: settling a target once, cancelling what is pending, opening targets again. */
import { isOver } from "../journal.ts";
import type { Settlement, SettleResult, TargetFilter } from "../journal.ts";
import { asNumber, asText, optional } from "./connection.ts";
import type { Cells, Connection } from "./connection.ts";
import { addTally, headOf } from "./runs.ts";
import { Seal } from "./seal.ts";
import type { SealedOutcome } from "./seal.ts";
import type { Shapes } from "./shapes.ts";
import { addRows, emptyTake, forgetStaged, stagedOf, mustBeSealed, targetOf } from "./stage.ts";
import { READ_STEP, WRITE_STEP } from "./steps.ts";
import { asOutcome, matches } from "./targets.ts";

/** What settling did, and the attempts whose staged rows nobody needs any more. */
export interface Settled {
  readonly result: SettleResult;
  readonly leftover: readonly number[];
}

export function settle(db: Connection, shapes: Shapes, settlement: Settlement): Settled {
  const run = headOf(db, settlement.run);
  const target = targetOf(db, run, settlement.line);
  const staged = stagedOf(db, run.key, settlement.line);
  if (target.outcome !== undefined) return { result: "again", leftover: [...staged.keys()] };
  const mine = staged.get(settlement.attempt);
  if (isOver(run.state))
    return { result: "fenced", leftover: mine === undefined ? [] : [settlement.attempt] };
  mustBeSealed(run, settlement.run);
  const take = mine ?? emptyTake(settlement.line, target.takes + 1);
  addRows(db, shapes, run, take, settlement.rows);
  if (mine !== undefined) forgetStaged(db, run.key, settlement.line, settlement.attempt);
  record(db, run.key, settlement.line, {
    take: take.take,
    noise: take.noise,
    seal: take.seal,
    counts: settlement.counts ?? {},
    outcome: {
      outcome: settlement.outcome,
      reason: settlement.reason ?? null,
      requestId: settlement.requestId ?? null,
      fingerprint: settlement.fingerprint ?? null,
      settledAtMs: Math.trunc(settlement.atMs),
      rows: take.rows,
      counts: textOf(Object.entries(settlement.counts ?? {})),
    },
  });
  addTally(db, run.key, "worker", settlement.worker, 1);
  return {
    result: "settled",
    leftover: [...staged.keys()].filter((attempt) => attempt !== settlement.attempt),
  };
}

interface Recorded {
  readonly take: number;
  readonly noise: ReadonlyMap<string, number>;
  readonly counts: Readonly<Record<string, number>>;
  readonly seal: Seal;
  readonly outcome: SealedOutcome;
}

function record(db: Connection, run: number, line: number, recorded: Recorded): void {
  const { outcome, take, noise, counts, seal } = recorded;
  db.run(
    `UPDATE targets SET outcome = ?, reason = ?, request_id = ?, fingerprint = ?, settled_at = ?, take = ?,
       takes = max(takes, ?), rows = ?, noise = ?, counts = ?, seal = ? WHERE run = ? AND line = ?`,
    outcome.outcome,
    outcome.reason,
    outcome.requestId,
    outcome.fingerprint,
    outcome.settledAtMs,
    take,
    take,
    outcome.rows,
    textOf([...noise]),
    outcome.counts,
    seal.addOutcome(line, outcome).bytes(),
    run,
    line,
  );
  tally(db, run, 1, outcome.outcome, outcome.rows, [...noise], Object.entries(counts));
}

/** Adds what an outcome brought to the run's counters, or takes it away. */
function tally(
  db: Connection,
  run: number,
  sign: 1 | -1,
  outcome: string,
  rows: number,
  noise: readonly (readonly [string, number])[],
  counts: readonly (readonly [string, number])[],
): void {
  addTally(db, run, "outcome", outcome, sign);
  for (const [rule, hidden] of noise) addTally(db, run, "noise", rule, sign * hidden);
  for (const [name, by] of counts) addTally(db, run, "count", name, sign * by);
  if (rows > 0) db.run("UPDATE runs SET rows = rows + ? WHERE key = ?", sign * rows, run);
}

/** Settles the first pending lines as cancelled. @returns how many; fewer than `WRITE_STEP` means none are left */
export function cancelSome(db: Connection, id: string, reason: string, atMs: number): number {
  const run = headOf(db, id);
  const lines = db.all(
    "SELECT line, takes FROM targets INDEXED BY pending WHERE run = ? AND outcome IS NULL ORDER BY line LIMIT ?",
    run.key,
    WRITE_STEP,
  );
  for (const cells of lines) {
    record(db, run.key, asNumber(cells["line"]), {
      take: asNumber(cells["takes"]) + 1,
      noise: new Map(),
      counts: {},
      seal: new Seal(),
      outcome: {
        outcome: "cancelled",
        reason,
        requestId: null,
        fingerprint: null,
        settledAtMs: Math.trunc(atMs),
        rows: 0,
        counts: null,
      },
    });
  }
  return lines.length;
}

/** Lines among the `READ_STEP` after `after` that have an outcome and match. */
export function settledLines(
  db: Connection,
  run: number,
  after: number,
  filter: TargetFilter,
): readonly number[] {
  return db
    .all(
      "SELECT line, outcome, fingerprint FROM targets WHERE run = ? AND line > ? AND line <= ? AND outcome IS NOT NULL",
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
  const run = headOf(db, id);
  let opened = 0;
  for (const line of asked.lines) {
    const cells = db.get(
      "SELECT line, outcome, fingerprint, rows, noise, counts FROM targets WHERE run = ? AND line = ? AND outcome IS NOT NULL",
      run.key,
      line,
    );
    if (cells === undefined || !matches(cells, asked.filter)) continue;
    reopenLine(db, run.key, cells);
    opened += 1;
  }
  if (opened > 0) {
    db.run(
      "UPDATE runs SET redrives = redrives + ?, reopened = reopened + ? WHERE key = ?",
      Number(asked.first),
      opened,
      run.key,
    );
  }
  return opened;
}

function reopenLine(db: Connection, run: number, cells: Cells): void {
  const line = asNumber(cells["line"]);
  db.run(
    `INSERT INTO earlier (run, line, redrive, outcome, reason, request_id, fingerprint, settled_at, take, rows, noise, counts, seal)
     SELECT run, line, redrive, outcome, reason, request_id, fingerprint, settled_at, take, rows, noise, counts, seal
     FROM targets WHERE run = ? AND line = ?`,
    run,
    line,
  );
  db.run(
    `UPDATE targets SET redrive = redrive + 1, outcome = NULL, reason = NULL, request_id = NULL, fingerprint = NULL,
       settled_at = NULL, take = NULL, rows = 0, noise = NULL, counts = NULL, seal = NULL WHERE run = ? AND line = ?`,
    run,
    line,
  );
  tally(
    db,
    run,
    -1,
    asOutcome(cells["outcome"]),
    asNumber(cells["rows"]),
    Object.entries(countsIn(cells["noise"])),
    Object.entries(countsIn(cells["counts"])),
  );
}

/** Counters as a target keeps them: a JSON object, NULL for none. */
export function countsIn(cell: Cells[string] | undefined): Readonly<Record<string, number>> {
  const text = optional(cell, asText);
  return text === undefined ? {} : JSON.parse(text);
}

export function textOf(counts: readonly (readonly [string, number])[]): string | null {
  return counts.length === 0 ? null : JSON.stringify(Object.fromEntries(counts));
}
