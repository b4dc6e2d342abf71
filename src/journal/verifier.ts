/** Verifies a run by its evidence, wherever that comes from. */
import { createHash } from "node:crypto";
import { asText } from "./cells.ts";
import type { Evidence, EvidenceSource, VerifiedRun } from "./evidence.ts";
import { gather } from "./evidence.ts";
import type { Verification } from "./contract/proofs.ts";
import { Problems } from "./problems.ts";
import { Recount } from "./recount.ts";

export class Verifier {
  readonly #problems: Problems;
  readonly #head: string | undefined;
  readonly #manifest = createHash("sha256");
  #count = 0;
  #recount: Recount | undefined;
  #run: VerifiedRun | undefined;

  /** @param head of the run's chain, noted elsewhere */
  constructor(problems: Problems, head: string | undefined) {
    this.#problems = problems;
    this.#head = head;
  }

  take(evidence: Evidence<VerifiedRun>): void {
    switch (evidence.is) {
      case "run":
        this.#run = evidence.run;
        this.#recount ??= new Recount(evidence.run, this.#problems, this.#head);
        return;
      case "ids":
        this.#manifest.update(evidence.ids.map(({ id }) => `${evidence.kind}\t${asText(id)}\n`).join(""));
        this.#count += evidence.ids.length;
        return;
      case "names":
        return this.#recount?.learn(evidence);
      case "lines":
        return this.#recount?.open(evidence);
      case "rows":
        for (const cells of evidence.rows) this.#recount?.addRow(cells);
    }
  }

  /** The run has been among the evidence. */
  conclude(): Verification {
    if (this.#run === undefined || this.#recount === undefined)
      throw new Error("Cannot verify a run: there is no evidence of it");
    return this.#recount.conclude(this.#run, { count: this.#count, sha256: this.#manifest.digest("hex") });
  }
}

/** @throws {ChangedMeanwhile} */
export async function verify(source: EvidenceSource, head: string | undefined): Promise<Verification> {
  const verifier = new Verifier(new Problems(), head);
  for await (const evidence of gather(source)) verifier.take(evidence);
  return verifier.conclude();
}
