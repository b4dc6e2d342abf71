/** Decisions: what a person says of a target nobody could be sure of. */
import { asNumber } from "../cells.ts";
import type { Decision } from "../journal.ts";
import { mustDecide, unknownLine } from "../refusals.ts";
import { Seal } from "../seal.ts";
import { crashPoint } from "../../test-points.ts";
import type { Connection } from "./connection.ts";
import { record } from "./outcomes.ts";
import { reopenLine } from "./redrive.ts";
import { headOf } from "./run-record.ts";
import { addEvent } from "./runs.ts";

/** @returns false when the target is not `unresolved` */
export function decide(db: Connection, decision: Decision): boolean {
  mustDecide(decision);
  const { line, outcome, reason, by, atMs } = decision;
  const run = headOf(db, decision.run);
  const cells = db.get(
    "SELECT line, outcome, takes, rows, noise, counts FROM targets WHERE run = ? AND line = ?",
    run.key,
    line,
  );
  if (cells === undefined) throw unknownLine(line, run);
  if (cells["outcome"] !== "unresolved") return false;
  reopenLine(db, run.key, cells);
  db.run("UPDATE runs SET reopened = reopened + 1 WHERE key = ?", run.key);
  if (outcome !== undefined) {
    record(db, run.key, line, {
      outcome,
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
  addEvent(db, decision.run, { atMs, kind: "decided", data: { line, outcome: outcome ?? null, reason, by } });
  crashPoint("decision.before-commit");
  return true;
}
