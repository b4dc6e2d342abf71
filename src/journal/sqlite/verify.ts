/** Recounts a run from its lines up, in steps, and says in sentences where it is not what it says. */
import { asNumber } from "../cells.ts";
import type { Verification } from "../journal.ts";
import type { Connection } from "./connection.ts";
import { hashManifest } from "./manifest.ts";
import { Recount } from "../recount.ts";
import { recountLines } from "./recount.ts";
import { headOf, readRun } from "./run-record.ts";
import { Shapes } from "./shapes.ts";

/** Yields between steps; answers the verification, or `undefined` when the run was redriven or replanned meanwhile. */
export function* verifyInSteps(
  db: Connection,
  id: string,
  head?: string,
): Generator<undefined, Verification | undefined> {
  const run = headOf(db, id).key;
  const before = marksOf(db, run);
  const recordBefore = readRun(db, id);
  if (recordBefore === undefined) return undefined;
  const manifest = yield* hashManifest(db, run);
  // Of its own: what is known of shapes elsewhere may be older than the file.
  const shapes = new Shapes();
  const recount = new Recount(recordBefore, (shape) => shapes.markOf(db, asNumber(shape)), head);
  yield* recountLines(db, run, recount);
  const recordAfter = readRun(db, id);
  const after = marksOf(db, run);
  if (before !== after || recordAfter === undefined) return undefined;
  return recount.conclude(recordAfter, manifest);
}

/** Changes when targets are added, forgotten, sealed or opened again: then what was counted so far is of no use. */
function marksOf(db: Connection, run: number): string {
  const cells = db.get("SELECT manifest_changes, reopened, manifest_sha256 FROM runs WHERE key = ?", run);
  return JSON.stringify([cells?.["manifest_changes"], cells?.["reopened"], cells?.["manifest_sha256"]]);
}
