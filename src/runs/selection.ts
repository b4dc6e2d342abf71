/** Which targets a redrive opens: picked once, counted and hashed, so that what somebody confirmed is what is done. */
import { createHash } from "node:crypto";
import {
  isInDoubt,
  type Journal,
  type Outcome,
  OUTCOMES,
  type RunRecord,
  type TargetFilter,
} from "../journal/index.ts";
import { planted } from "../test-points.ts";
import { RunError } from "./errors.ts";
import type { Selection } from "./run-service.ts";

/** What was done well is never done again; what is in doubt takes a decision, and what was abandoned by one stays so. */
const REDRIVABLE = [
  "gone",
  "denied",
  "failed",
  "quarantined",
  "cancelled",
] as const satisfies readonly Outcome[];

/** Outcomes a redrive opens. */
export function redrivable(): readonly Outcome[] {
  return planted("redrive-resends-ok") ? OUTCOMES : REDRIVABLE;
}

/** @throws {RunError} `not-allowed` for what takes a decision, or was done well */
export async function select(journal: Journal, run: RunRecord, filter: TargetFilter): Promise<Selection> {
  for (const outcome of filter.outcome ?? []) refuse(run.id, outcome);
  const wanted = redrivable();
  const lines = new Set<number>();
  const outcomes: Partial<Record<Outcome, number>> = {};
  const hash = createHash("sha256");
  for await (const chunk of journal.targets(run.id, filter)) {
    for (const { line, redrive, outcome } of chunk) {
      if (outcome === undefined || !wanted.includes(outcome)) continue;
      lines.add(line);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      hash.update(`${line}\t${redrive}\n`);
    }
  }
  return { run, lines, outcomes, sha256: hash.digest("hex") };
}

function refuse(run: string, outcome: Outcome): void {
  if (isInDoubt(outcome))
    throw new RunError(
      "not-allowed",
      `Cannot try ${outcome} writes again: nobody knows whether they were executed`,
      `Decide each with: exosweep reconcile list ${run}`,
    );
}
