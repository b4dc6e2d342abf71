/** Which targets a redrive opens: picked once, counted and hashed, so that what somebody confirmed is what is done. */
import { createHash } from "node:crypto";
import type { Journal, Outcome, RunRecord, TargetFilter } from "../journal/index.ts";
import { planted } from "../test-points.ts";
import { RunError } from "./errors.ts";
import type { Selection } from "./run-service.ts";

/** @throws {RunError} `not-allowed` for what takes a decision, or was done well */
export async function select(journal: Journal, run: RunRecord, filter: TargetFilter): Promise<Selection> {
  for (const outcome of filter.outcome ?? []) refuse(run.id, outcome);
  const lines = new Set<number>();
  const outcomes: Partial<Record<Outcome, number>> = {};
  const hash = createHash("sha256");
  for await (const chunk of journal.targets(run.id, filter)) {
    for (const { line, redrive, outcome } of chunk) {
      if (outcome === undefined || isDone(outcome) || outcome === "unresolved") continue;
      lines.add(line);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      hash.update(`${line}\t${redrive}\n`);
    }
  }
  return { run, lines, outcomes, sha256: hash.digest("hex") };
}

function refuse(run: string, outcome: Outcome): void {
  if (outcome === "unresolved")
    throw new RunError(
      "not-allowed",
      "Cannot try unresolved writes again: nobody knows whether they were executed",
      `Decide each with: exosweep reconcile list ${run}`,
    );
}

/** What was done well is never done again. */
function isDone(outcome: Outcome): boolean {
  return (outcome === "ok" && !planted("redrive-resends-ok")) || outcome === "ok_no_change";
}
