/** Settling: targets get their outcomes, each once, any number of them in one transaction. */
import { asNumber, optional } from "../cells.ts";
import { cancelled, leftoverOf, whyNotSettled } from "../intents.ts";
import { JournalError } from "../contract/errors.ts";
import type { Settlement, SettleResult } from "../contract/settlements.ts";
import type { RunHead } from "../records.ts";
import { mustBeInManifest, mustBeSealed, unknownLine } from "../refusals.ts";
import { crashPoint, planted } from "../../test-points.ts";
import { Endings, FoundRows, emptyTake, toLinkable } from "./columns.ts";
import type { Session } from "./database.ts";
import { endIntents, keptByLine, sealIntents } from "./intent-ends.ts";
import type { End } from "./intent-ends.ts";
import { lockRun } from "./run-record.ts";
import { forgetStaged, targetsOf } from "./stage.ts";
import type { OpenTarget } from "./stage.ts";
import { WRITE_STEP } from "./steps.ts";
import { Tallies } from "./tallies.ts";

/** How a run is cancelled. */
export interface Cancelling {
  readonly reason: string;
  readonly atMs: number;
  /** Targets with an intent opened at that time or later are left alone. */
  readonly sparedSinceMs: number | undefined;
}

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
  readonly ends: End[];
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
  const wrote = [...targets].filter(([, target]) => target.wrote).map(([line]) => line);
  for (const [line, kept] of await keptByLine(db, run.key, wrote)) {
    const target = targets.get(line);
    if (target !== undefined) target.kept = kept;
  }
  const changes: Changes = {
    found: new FoundRows(),
    endings: new Endings(run.tip),
    tallies: new Tallies(),
    ends: [],
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
  await endIntents(db, run.key, changes.ends);
  await changes.endings.write(db, run.key);
  await forgetStaged(db, run.key, changes.used);
  await changes.tallies.write(db, run.key);
  crashPoint("settle.before-commit");
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
  const refusal = whyNotSettled(run.state, target, settlement);
  if (refusal !== undefined) return { result: refusal, leftover: leftoverOf(refusal, attempts, attempt) };
  mustBeSealed(run, settlement.run);
  for (const { about } of rows) mustBeInManifest(about, line, run);
  // Planted: what was staged is forgotten.
  const staged = planted("lose-staged-rows") ? undefined : target.staged.get(attempt);
  const take = staged ?? emptyTake(line, target.takes + 1);
  if (staged !== undefined) changes.used.push({ line, attempt });
  changes.found.add(take, rows);
  const end = settlement.intent && { line, ...settlement.intent };
  if (end !== undefined) changes.ends.push(end);
  sealIntents(take.seal, target.kept, end);
  const counts = settlement.counts ?? {};
  changes.endings.add(take, target, {
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
  target.intent = undefined;
  target.staged.delete(attempt);
  return { result: "settled", leftover: attempts.filter((each) => each !== attempt) };
}

/** Settles pending lines after `after` as cancelled. @returns how many, and the last of them; fewer than `WRITE_STEP` means none are left */
export async function cancelSome(
  db: Session,
  id: string,
  asked: Cancelling & { readonly after: number },
): Promise<{ readonly cancelled: number; readonly last: number }> {
  const run = await lockRun(db, id);
  if (run.state !== "cancelled") return { cancelled: 0, last: 0 };
  const pending = await db.all(
    `SELECT t.* FROM targets t LEFT JOIN intents i ON i.run = t.run AND i.line = t.line AND i.n = t.intent
     WHERE t.run = $1 AND t.line > $2 AND t.outcome IS NULL AND (i.at IS NULL OR i.at < $3) ORDER BY t.line LIMIT $4`,
    run.key,
    asked.after,
    Math.trunc(asked.sparedSinceMs ?? Number.MAX_SAFE_INTEGER),
    WRITE_STEP,
  );
  const wrote = pending
    .filter((cells) => asNumber(cells["intents"]) > 0)
    .map((cells) => asNumber(cells["line"]));
  const kept = await keptByLine(db, run.key, wrote);
  const endings = new Endings(run.tip);
  const tallies = new Tallies();
  const ends: End[] = [];
  for (const cells of pending) {
    const line = asNumber(cells["line"]);
    const n = optional(cells["intent"], asNumber);
    const take = emptyTake(line, asNumber(cells["takes"]) + 1);
    const { outcome, end } = cancelled(n);
    const ended: End | undefined = n === undefined ? undefined : { line, n, end };
    if (ended !== undefined) ends.push(ended);
    sealIntents(take.seal, kept.get(line) ?? [], ended);
    endings.add(take, toLinkable(cells), {
      outcome,
      reason: asked.reason,
      requestId: null,
      fingerprint: null,
      settledAtMs: Math.trunc(asked.atMs),
      counts: {},
    });
    tallies.add("outcome", outcome, 1);
  }
  await endIntents(db, run.key, ends);
  await endings.write(db, run.key);
  await tallies.write(db, run.key);
  return { cancelled: pending.length, last: asNumber(pending.at(-1)?.["line"] ?? asked.after) };
}
