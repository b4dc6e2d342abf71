/** Settling: targets get their outcomes, each once, any number of them in one transaction. */
import { asNumber } from "../cells.ts";
import { JournalError, isOver } from "../journal.ts";
import type { Settlement, SettleResult } from "../journal.ts";
import type { RunHead } from "../records.ts";
import { mustBeInManifest, mustBeSealed, unknownLine } from "../refusals.ts";
import { Endings, FoundRows, emptyTake } from "./columns.ts";
import type { Session } from "./database.ts";
import { lockRun } from "./run-record.ts";
import { forgetStaged, targetsOf } from "./stage.ts";
import type { OpenTarget } from "./stage.ts";
import { WRITE_STEP } from "./steps.ts";
import { Tallies } from "./tallies.ts";

/** What settling did, and the attempts whose staged rows nobody needs any more. */
export interface Settled {
  readonly result: SettleResult;
  readonly leftover: readonly number[];
}

/** What a group of settlements will write. */
interface Changes {
  readonly found: FoundRows;
  readonly endings: Endings;
  readonly tallies: Tallies;
  /** Staged attempts that settled. */
  readonly used: { readonly line: number; readonly attempt: number }[];
}

/** Settles in the order given. One that is refused does not disturb the others. @throws {JournalError} when there is no such run */
export async function settleGroup(
  db: Session,
  id: string,
  settlements: readonly Settlement[],
): Promise<readonly (Settled | JournalError)[]> {
  const run = await lockRun(db, id);
  const lines = [...new Set(settlements.map(({ line }) => line))].filter((line) => line <= run.targets);
  const targets = await targetsOf(db, run.key, lines);
  const changes: Changes = {
    found: new FoundRows(),
    endings: new Endings(),
    tallies: new Tallies(),
    used: [],
  };
  const results = settlements.map((settlement) => {
    try {
      return settle(run, targets.get(settlement.line), settlement, changes);
    } catch (error) {
      if (error instanceof JournalError) return error;
      throw error;
    }
  });
  await changes.found.write(db, run.key);
  await changes.endings.write(db, run.key);
  await forgetStaged(db, run.key, changes.used);
  await changes.tallies.write(db, run.key);
  return results;
}

function settle(
  run: RunHead,
  target: OpenTarget | undefined,
  settlement: Settlement,
  changes: Changes,
): Settled {
  const { line, attempt, rows } = settlement;
  if (target === undefined) throw unknownLine(line, run);
  const attempts = [...target.staged.keys()];
  if (target.outcome !== undefined) return { result: "again", leftover: attempts };
  if (isOver(run.state)) return { result: "fenced", leftover: attempts.filter((each) => each === attempt) };
  mustBeSealed(run, settlement.run);
  for (const { about } of rows) mustBeInManifest(about, line, run);
  const staged = target.staged.get(attempt);
  const take = staged ?? emptyTake(line, target.takes + 1);
  if (staged !== undefined) changes.used.push({ line, attempt });
  changes.found.add(take, rows);
  const counts = settlement.counts ?? {};
  changes.endings.add(take, {
    outcome: settlement.outcome,
    reason: settlement.reason ?? null,
    requestId: settlement.requestId ?? null,
    fingerprint: settlement.fingerprint ?? null,
    settledAtMs: Math.trunc(settlement.atMs),
    counts,
  });
  const noise = Object.fromEntries(take.noise);
  changes.tallies.addOutcome(1, { outcome: settlement.outcome, rows: take.rows, noise, counts });
  changes.tallies.add("worker", settlement.worker, 1);
  // For one of this line that comes later in the group.
  target.outcome = settlement.outcome;
  target.staged.delete(attempt);
  return { result: "settled", leftover: attempts.filter((each) => each !== attempt) };
}

/** Settles the first pending lines as cancelled. @returns how many; fewer than `WRITE_STEP` means none are left */
export async function cancelSome(db: Session, id: string, reason: string, atMs: number): Promise<number> {
  const run = await lockRun(db, id);
  const pending = await db.all(
    "SELECT line, takes FROM targets WHERE run = $1 AND outcome IS NULL ORDER BY line LIMIT $2",
    run.key,
    WRITE_STEP,
  );
  const endings = new Endings();
  for (const cells of pending) {
    endings.add(emptyTake(asNumber(cells["line"]), asNumber(cells["takes"]) + 1), {
      outcome: "cancelled",
      reason,
      requestId: null,
      fingerprint: null,
      settledAtMs: Math.trunc(atMs),
      counts: {},
    });
  }
  const tallies = new Tallies();
  tallies.add("outcome", "cancelled", pending.length);
  await endings.write(db, run.key);
  await tallies.write(db, run.key);
  return pending.length;
}
