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

/**
 * @param last names of the job's reads that go by what the run has found: named by its line, one that was made well is made anew
 * @throws {RunError} `not-allowed` for what takes a decision
 */
export async function select(
  journal: Journal,
  run: RunRecord,
  filter: TargetFilter,
  last: readonly string[],
): Promise<Selection> {
  for (const outcome of filter.outcome ?? []) refuse(run.id, outcome);
  const wanted = redrivable();
  const lines = new Set<number>();
  const anew = new Set<number>();
  const outcomes: Partial<Record<Outcome, number>> = {};
  const hash = createHash("sha256");
  for await (const chunk of journal.targets(run.id, filter)) {
    for (const { line, redrive, outcome, kind, id } of chunk) {
      if (outcome === undefined) continue;
      if (!wanted.includes(outcome)) {
        const isNamed = filter.lines !== undefined && filter.outcome === undefined;
        if (!isNamed || kind !== "bulk" || outcome !== "ok" || !last.includes(id)) continue;
        anew.add(line);
      }
      lines.add(line);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      hash.update(`${line}\t${redrive}\n`);
    }
  }
  return { run, lines, anew, outcomes, sha256: hash.digest("hex") };
}

function refuse(run: string, outcome: Outcome): void {
  if (isInDoubt(outcome))
    throw new RunError(
      "not-allowed",
      `Cannot try ${outcome} writes again: nobody knows whether they were executed`,
      `Decide each with: exosweep reconcile list ${run}`,
    );
}
