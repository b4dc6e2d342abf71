/** Settling: a target gets its outcome, once. */
import { asNumber } from "../cells.ts";
import { ChainEnd } from "../chain.ts";
import { cancelled, leftoverOf, whyNotSettled } from "../intents.ts";
import type { Settlement, SettleResult } from "../contract/settlements.ts";
import { mustBeSealed } from "../refusals.ts";
import { Seal } from "../seal.ts";
import { crashPoint, planted } from "../../test-points.ts";
import type { Connection } from "./connection.ts";
import { closeIntent, sealIntents } from "./intents.ts";
import { record, storeChain } from "./outcomes.ts";
import { headOf } from "./run-record.ts";
import type { Shapes } from "./shapes.ts";
import { addRows, emptyTake, forgetStaged, stagedOf, targetOf, toOpenTarget } from "./stage.ts";
import { WRITE_STEP } from "./steps.ts";
import { addTally } from "./tallies.ts";

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

export function settle(db: Connection, shapes: Shapes, settlement: Settlement): Settled {
  const { line, attempt } = settlement;
  const run = headOf(db, settlement.run);
  const target = targetOf(db, shapes, run, line);
  const staged = stagedOf(db, run.key, line);
  const attempts = [...staged.keys()];
  const refusal = whyNotSettled(run.state, target, settlement);
  if (refusal !== undefined) return { result: refusal, leftover: leftoverOf(refusal, attempts, attempt) };
  mustBeSealed(run, settlement.run);
  // Planted: what was staged is forgotten.
  const kept = planted("lose-staged-rows") ? undefined : staged.get(attempt);
  const take = kept ?? emptyTake(line, target.takes + 1);
  addRows(db, shapes, run, take, settlement.rows);
  if (staged.has(attempt)) forgetStaged(db, run.key, line, attempt);
  if (settlement.intent !== undefined)
    closeIntent(db, run.key, line, settlement.intent.n, settlement.intent.end);
  sealIntents(db, run.key, line, target, take.seal);
  const chain = new ChainEnd(run.tip);
  record(
    db,
    { run: run.key, line, target, chain },
    {
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
    },
  );
  storeChain(db, run.key, chain);
  addTally(db, run.key, "worker", settlement.worker, 1);
  crashPoint("settle.before-commit");
  return { result: "settled", leftover: attempts.filter((each) => each !== attempt) };
}

/** Settles pending lines after `after` as cancelled. @returns how many, and the last of them; fewer than `WRITE_STEP` means none are left */
export function cancelSome(
  db: Connection,
  shapes: Shapes,
  id: string,
  asked: Cancelling & { readonly after: number },
): { readonly cancelled: number; readonly last: number } {
  const run = headOf(db, id);
  if (run.state !== "cancelled") return { cancelled: 0, last: 0 };
  const pending = db.all(
    `SELECT t.* FROM targets t INDEXED BY pending LEFT JOIN intents i ON i.run = t.run AND i.line = t.line AND i.n = t.intent
     WHERE t.run = ? AND t.line > ? AND t.outcome IS NULL AND (i.at IS NULL OR i.at < ?) ORDER BY t.line LIMIT ?`,
    run.key,
    asked.after,
    Math.trunc(asked.sparedSinceMs ?? Number.MAX_SAFE_INTEGER),
    WRITE_STEP,
  );
  const chain = new ChainEnd(run.tip);
  for (const cells of pending) {
    const line = asNumber(cells["line"]);
    const target = toOpenTarget(db, shapes, cells);
    const seal = new Seal();
    const { outcome, end } = cancelled(target.intent);
    if (target.intent !== undefined) closeIntent(db, run.key, line, target.intent, end);
    sealIntents(db, run.key, line, target, seal);
    record(
      db,
      { run: run.key, line, target, chain },
      {
        outcome,
        reason: asked.reason,
        requestId: null,
        fingerprint: null,
        settledAtMs: Math.trunc(asked.atMs),
        take: target.takes + 1,
        rows: 0,
        noise: {},
        counts: {},
        seal,
      },
    );
  }
  storeChain(db, run.key, chain);
  return { cancelled: pending.length, last: asNumber(pending.at(-1)?.["line"] ?? asked.after) };
}
