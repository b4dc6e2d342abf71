/** Decisions: what a person says of a target nobody could be sure of. */
import { ChainEnd } from "../chain.ts";
import { isInDoubt } from "../contract/outcomes.ts";
import type { Decision } from "../contract/settlements.ts";
import { mustDecide, unknownLine } from "../refusals.ts";
import { Seal } from "../seal.ts";
import { crashPoint } from "../../test-points.ts";
import type { Connection } from "./connection.ts";
import { record, storeChain } from "./outcomes.ts";
import { reopenLine } from "./redrive.ts";
import { addEvent } from "./run-notes.ts";
import { headOf } from "./run-record.ts";
import type { Shapes } from "./shapes.ts";
import { targetOf } from "./stage.ts";

/** @returns false when the target is not in doubt */
export function decide(db: Connection, shapes: Shapes, decision: Decision): boolean {
  mustDecide(decision);
  const { line, outcome, reason, by, atMs } = decision;
  const run = headOf(db, decision.run);
  const cells = db.get("SELECT * FROM targets WHERE run = ? AND line = ?", run.key, line);
  if (cells === undefined) throw unknownLine(line, run);
  if (!isInDoubt(cells["outcome"])) return false;
  reopenLine(db, run.key, cells);
  db.run("UPDATE runs SET reopened = reopened + 1 WHERE key = ?", run.key);
  if (outcome !== undefined) {
    const chain = new ChainEnd(run.tip);
    const target = targetOf(db, shapes, run, line);
    record(
      db,
      { run: run.key, line, target, chain },
      {
        outcome,
        reason,
        requestId: null,
        fingerprint: null,
        settledAtMs: Math.trunc(atMs),
        take: target.takes + 1,
        rows: 0,
        noise: {},
        counts: {},
        seal: new Seal(),
      },
    );
    storeChain(db, run.key, chain);
  }
  addEvent(db, decision.run, { atMs, kind: "decided", data: { line, outcome: outcome ?? null, reason, by } });
  crashPoint("decision.before-commit");
  return true;
}
