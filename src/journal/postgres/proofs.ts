/** Verifying a run, and bundling it up for somebody else to verify: of one moment, whatever goes on meanwhile. */
import { writeBundle } from "../bundle/writer.ts";
import type { Proofs } from "../contract/proofs.ts";
import { verify } from "../verifier.ts";
import { evidenceOf } from "./evidence.ts";
import type { Ground } from "./ground.ts";

export function proofsOn(on: Ground): Proofs {
  return {
    verify: (run, head) =>
      on.do(() => on.database.snapshot(async (db) => verify(await evidenceOf(db, run), head))),
    bundle: (run, write) =>
      on.do(() => on.database.snapshotOnce(async (db) => writeBundle(await evidenceOf(db, run), write))),
  };
}
