/** Verifies a run by its evidence, wherever that comes from. */
import { createHash } from "node:crypto";
import { asText } from "./cells.ts";
import type { Evidence, EvidenceSource } from "./evidence.ts";
import { gather } from "./evidence.ts";
import type { RunRecord, Verification } from "./journal.ts";
import { Problems } from "./problems.ts";
import { Recount } from "./recount.ts";

export class Verifier {
  readonly #problems: Problems;
  readonly #head: string | undefined;
  readonly #manifest = createHash("sha256");
  #count = 0;
  #recount: Recount | undefined;
  #run: RunRecord | undefined;

  /** @param head of the run's chain, noted elsewhere */
  constructor(problems: Problems, head: string | undefined) {
    this.#problems = problems;
    this.#head = head;
  }

  take(evidence: Evidence): void {
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

  /** @returns undefined when there was no run among the evidence */
  conclude(): Verification | undefined {
    if (this.#run === undefined) return undefined;
    return this.#recount?.conclude(this.#run, { count: this.#count, sha256: this.#manifest.digest("hex") });
  }
}

/** @throws {ChangedMeanwhile} */
export async function verify(source: EvidenceSource, head: string | undefined): Promise<Verification> {
  const verifier = new Verifier(new Problems(), head);
  for await (const evidence of gather(source)) verifier.take(evidence);
  const verification = verifier.conclude();
  if (verification === undefined) throw new Error("Cannot verify a run: nothing was read of it");
  return verification;
}
