/** Verifying a run, and bundling it up for somebody else to verify. */
import { writeBundle } from "../bundle/writer.ts";
import { JournalError } from "../contract/errors.ts";
import type { Proofs } from "../contract/proofs.ts";
import { ChangedMeanwhile } from "../evidence.ts";
import { verify } from "../verifier.ts";
import { evidenceOf } from "./evidence.ts";
import type { Ground } from "./ground.ts";

/** Times a count is begun again because the run was changed meanwhile. */
const RECOUNTS = 5;

export function proofsOn({ reader }: Ground): Proofs {
  return {
    async verify(run, head) {
      for (let count = 0; count < RECOUNTS; count += 1) {
        try {
          return await verify(await evidenceOf(reader, run), head);
        } catch (error) {
          if (!(error instanceof ChangedMeanwhile)) throw error;
        }
      }
      throw new JournalError(
        `Cannot verify run "${run}": its targets changed each time they were counted`,
        "Verify it again when it is neither being planned nor redriven",
      );
    },

    async bundle(run, write) {
      try {
        return await writeBundle(await evidenceOf(reader, run), write);
      } catch (error) {
        if (!(error instanceof ChangedMeanwhile)) throw error;
        throw new JournalError(
          `Cannot bundle run "${run}": its targets changed while they were read`,
          "Try again when it is neither being planned nor redriven",
          { cause: error },
        );
      }
    },
  };
}
