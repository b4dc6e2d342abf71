/** What a run would do: for programs, and in words. */
import type { RunPlan } from "../../runs/index.ts";
import { bytes, count, duration } from "../words.ts";

export function planView(plan: RunPlan) {
  return { schemaVersion: 1, ...plan } as const;
}

export function planText(plan: RunPlan): string {
  const width = Math.max(...plan.calls.map((call) => call.cmdlet.length), 0);
  const saved = plan.naiveCalls > 0 ? (1 - plan.totalCalls / plan.naiveCalls) * 100 : 0;
  return [
    `${plan.job} on ${plan.tenant}: ${plan.scope}`,
    `  targets   ${count(plan.targets)}`,
    `  calls     ${count(plan.totalCalls)} in about ${count(plan.requests)} requests`,
    ...plan.calls.map(
      (call) => `              ${call.cmdlet.padEnd(width)}  ${count(call.count).padStart(9)}  ${call.how}`,
    ),
    `  naive     ${count(plan.naiveCalls)} calls by the usual script${saved > 0 ? `: ${saved.toFixed(0)} % saved` : ""}`,
    `  disk      about ${bytes(plan.diskBytes)}`,
    `  time      ${duration(plan.seconds.low)} to ${duration(plan.seconds.high)}`,
    "nothing was started; run the same command without --plan-only to start it",
  ].join("\n");
}
