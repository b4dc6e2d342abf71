/** Recounts a run from its lines up, in steps, and says in sentences where it is not what it says. */
import { asNumber } from "../cells.ts";
import type { Verification } from "../journal.ts";
import type { Connection } from "./connection.ts";
import { hashManifest } from "./manifest.ts";
import { recountLines } from "./recount.ts";
import { headOf, readRun } from "./run-record.ts";

/** Yields between steps; answers the verification, or `undefined` when the run was redriven or replanned meanwhile. */
export function* verifyInSteps(db: Connection, id: string): Generator<undefined, Verification | undefined> {
  const run = headOf(db, id).key;
  const before = marksOf(db, run);
  const recordBefore = readRun(db, id);
  const manifest = yield* hashManifest(db, run);
  const recount = yield* recountLines(db, run);
  const recordAfter = readRun(db, id);
  const after = marksOf(db, run);
  if (before !== after || recordBefore === undefined || recordAfter === undefined) return undefined;
  return recount.conclude(recordBefore, recordAfter, manifest);
}

/** Changes when targets are added, forgotten or opened again: then what was counted so far is of no use. */
function marksOf(db: Connection, run: number): string {
  const cells = db.get("SELECT manifest_changes, reopened FROM runs WHERE key = ?", run);
  return `${asNumber(cells?.["manifest_changes"])} ${asNumber(cells?.["reopened"])}`;
}
