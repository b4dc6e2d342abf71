/** Whether a run answers for all of its targets, in the words every report and every answer begins with. Pure. */
import { isOver, type RunRecord } from "../journal/index.ts";

export interface Completeness {
  readonly complete: boolean;
  /** `complete: yes`, or `complete: no`, with the reason. */
  readonly words: string;
}

/** Outcomes that say what there is to say about a target; with any other, something of the tenant was not read or not done. */
const ANSWERED: readonly string[] = ["ok", "ok_no_change", "gone"];

export function isAnswered(outcome: string): boolean {
  return ANSWERED.includes(outcome);
}

/** Yes only when every target was settled and none of them failed: what a report does not show is not there then. */
export function completenessOf(run: Pick<RunRecord, "state" | "outcomes" | "manifest">): Completeness {
  const missing = missingWords(run);
  if (run.state === "complete" && missing === "") return { complete: true, words: "complete: yes" };
  const why = isOver(run.state) && run.state !== "cancelled" ? "" : `the run is ${run.state}`;
  return {
    complete: false,
    words: `complete: no (${[why, missing].filter((part) => part !== "").join("; ") || run.state.replaceAll("_", " ")})`,
  };
}

/** `3 of 5,000 targets without an answer: failed 2, not yet 1`. */
function missingWords({ outcomes, manifest }: Pick<RunRecord, "outcomes" | "manifest">): string {
  if (manifest === undefined) return "its targets are not counted yet";
  const ends = Object.entries(outcomes);
  const settled = ends.reduce((sum, [, targets]) => sum + targets, 0);
  const open = ends.filter(([outcome, targets]) => targets > 0 && !isAnswered(outcome));
  if (settled < manifest.count) open.push(["not yet", manifest.count - settled]);
  if (open.length === 0) return "";
  const without = open.reduce((sum, [, targets]) => sum + targets, 0);
  const by = open.map(([outcome, targets]) => `${outcome} ${targets.toLocaleString("en-US")}`).join(", ");
  return `${without.toLocaleString("en-US")} of ${manifest.count.toLocaleString("en-US")} targets without an answer: ${by}`;
}
