/** What the rest of the product hears of one request that came to its end. Pure. */
import type { Events } from "../telemetry/index.ts";
import type { Judgement } from "./judge.ts";

/** @param waiting calls of the same kind that were left behind when it was sent */
export function answeredEvent(
  tenant: string,
  { results, whole, status }: Judgement,
  tookMs: number,
  waiting: number,
): Events["exo:answered"] {
  const runs = new Map<string, { calls: number; throttledItems: number }>();
  let throttledItems = 0;
  for (const { call, outcome } of results) {
    const throttled = outcome.verdict.is === "throttled" ? 1 : 0;
    throttledItems += throttled;
    if (call.run === undefined) continue;
    const tally = runs.get(call.run) ?? { calls: 0, throttledItems: 0 };
    runs.set(call.run, { calls: tally.calls + 1, throttledItems: tally.throttledItems + throttled });
  }
  return {
    tenant,
    runs: [...runs].map(([run, tally]) => ({ run, ...tally })),
    calls: results.length,
    throttledItems,
    throttledBatch: whole && throttledItems > 0,
    tookMs,
    waiting,
    status,
    page: results.some(({ call }) => call.target.kind === "link"),
  };
}
