/** Settling: a target gets its outcome, once. */
import { asNumber } from "../cells.ts";
import { isOver } from "../journal.ts";
import type { Settlement, SettleResult } from "../journal.ts";
import { mustBeSealed } from "../refusals.ts";
import { Seal } from "../seal.ts";
import type { Connection } from "./connection.ts";
import { record } from "./outcomes.ts";
import { headOf } from "./run-record.ts";
import type { Shapes } from "./shapes.ts";
import { addRows, emptyTake, forgetStaged, stagedOf, targetOf } from "./stage.ts";
import { WRITE_STEP } from "./steps.ts";
import { addTally } from "./tallies.ts";

/** What settling did, and the attempts whose staged rows nobody needs any more. */
export interface Settled {
  readonly result: SettleResult;
  readonly leftover: readonly number[];
}

export function settle(db: Connection, shapes: Shapes, settlement: Settlement): Settled {
  const { line, attempt } = settlement;
  const run = headOf(db, settlement.run);
  const target = targetOf(db, run, line);
  const staged = stagedOf(db, run.key, line);
  const attempts = [...staged.keys()];
  if (target.outcome !== undefined) return { result: "again", leftover: attempts };
  if (isOver(run.state)) return { result: "fenced", leftover: attempts.filter((each) => each === attempt) };
  mustBeSealed(run, settlement.run);
  const take = staged.get(attempt) ?? emptyTake(line, target.takes + 1);
  addRows(db, shapes, run, take, settlement.rows);
  if (staged.has(attempt)) forgetStaged(db, run.key, line, attempt);
  record(db, run.key, line, {
    outcome: settlement.outcome,
    reason: settlement.reason ?? null,
    requestId: settlement.requestId ?? null,
    fingerprint: settlement.fingerprint ?? null,
    settledAtMs: Math.trunc(settlement.atMs),
    take: take.take,
    rows: take.rows,
    noise: Object.fromEntries(take.noise),
    counts: settlement.counts ?? {},
    seal: take.seal,
  });
  addTally(db, run.key, "worker", settlement.worker, 1);
  return { result: "settled", leftover: attempts.filter((each) => each !== attempt) };
}

/** Settles the first pending lines as cancelled. @returns how many; fewer than `WRITE_STEP` means none are left */
export function cancelSome(db: Connection, id: string, reason: string, atMs: number): number {
  const run = headOf(db, id);
  const pending = db.all(
    "SELECT line, takes FROM targets INDEXED BY pending WHERE run = ? AND outcome IS NULL ORDER BY line LIMIT ?",
    run.key,
    WRITE_STEP,
  );
  for (const cells of pending) {
    record(db, run.key, asNumber(cells["line"]), {
      outcome: "cancelled",
      reason,
      requestId: null,
      fingerprint: null,
      settledAtMs: Math.trunc(atMs),
      take: asNumber(cells["takes"]) + 1,
      rows: 0,
      noise: {},
      counts: {},
      seal: new Seal(),
    });
  }
  return pending.length;
}
