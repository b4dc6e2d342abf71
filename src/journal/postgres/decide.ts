/** Decisions: what a person says of a target nobody could be sure of. */
import { asNumber } from "../cells.ts";
import { isInDoubt } from "../contract/outcomes.ts";
import type { Decision } from "../contract/settlements.ts";
import { mustDecide, unknownLine } from "../refusals.ts";
import { crashPoint } from "../../test-points.ts";
import { Endings, emptyTake, toLinkable } from "./columns.ts";
import type { Session } from "./database.ts";
import { reopen } from "./redrive.ts";
import { addEvent } from "./run-notes.ts";
import { lockRun } from "./run-record.ts";
import { Tallies } from "./tallies.ts";

/** @returns false when the target is not in doubt */
export async function decide(db: Session, decision: Decision): Promise<boolean> {
  mustDecide(decision);
  const { line, outcome, reason, by, atMs } = decision;
  const run = await lockRun(db, decision.run);
  const cells =
    line > run.targets
      ? undefined
      : await db.get("SELECT * FROM targets WHERE run = $1 AND line = $2", run.key, line);
  if (cells === undefined) throw unknownLine(line, run);
  if (!isInDoubt(cells["outcome"])) return false;
  await reopen(db, run.key, [cells]);
  if (outcome !== undefined) {
    const endings = new Endings(run.tip);
    const target = toLinkable({ ...cells, redrive: asNumber(cells["redrive"]) + 1 });
    endings.add(emptyTake(line, asNumber(cells["takes"]) + 1), target, {
      outcome,
      reason,
      requestId: null,
      fingerprint: null,
      settledAtMs: Math.trunc(atMs),
      counts: {},
    });
    await endings.write(db, run.key);
    const tallies = new Tallies();
    tallies.add("outcome", outcome, 1);
    await tallies.write(db, run.key);
  }
  await addEvent(db, decision.run, {
    atMs,
    kind: "decided",
    data: { line, outcome: outcome ?? null, reason, by },
  });
  crashPoint("decision.before-commit");
  return true;
}
