/** A run that is not over, in a few lines. */
import type { RunRecord } from "../journal/index.ts";
import { settledOf } from "./views/run.ts";
import { count, duration } from "./words.ts";

export function stateText(run: RunRecord, naive: number | undefined): string {
  const took =
    run.startedAtMs !== undefined && run.endedAtMs !== undefined
      ? `  in ${duration((run.endedAtMs - run.startedAtMs) / 1_000)}`
      : "";
  const { calls } = run;
  const outcomes = Object.entries(run.outcomes).map(([outcome, targets]) => `${outcome} ${count(targets)}`);
  return [
    `run ${run.id}  ${run.job} on ${run.tenant}  ${run.state}${took}`,
    `  targets   ${count(settledOf(run))} of ${run.manifest === undefined ? "not yet counted" : count(run.manifest.count)}${outcomes.length > 0 ? `: ${outcomes.join(", ")}` : ""}`,
    `  rows      ${count(run.rows)}${noiseWords(run)}`,
    `  calls     ${count(calls.items)} in ${count(calls.batches)} batches${naive === undefined ? "" : ` (the usual script: ${count(naive)})`}`,
    `  throttle  ${count(calls.throttledItems)} calls and ${count(calls.throttledBatches)} batches refused, ${count(calls.retries)} repeats`,
    `  chain     ${count(run.chain.length)} outcomes, head ${run.chain.head}`,
  ].join("\n");
}

function noiseWords(run: RunRecord): string {
  const noise = Object.entries(run.noise).filter(([, rows]) => rows > 0);
  return noise.length === 0
    ? ""
    : `, of these hidden: ${noise.map(([rule, rows]) => `${rule} ${count(rows)}`).join(", ")}`;
}
