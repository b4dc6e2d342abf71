/**
 * `npm run bench:throttle`: how much of hidden limits a policy uses and what it provokes, in virtual time.
 */
import { parseArgs } from "node:util";
import { POLICIES } from "./policies/index.ts";
import { knownScenarios } from "./scenario.ts";
import type { Figures } from "./figures.ts";
import { simulate } from "./simulate.ts";

const { values } = parseArgs({
  options: {
    policy: { type: "string", default: "governor" },
    only: { type: "string" },
    seeds: { type: "string", default: "1" },
  },
});
const only = values.only?.split(",");
const names = values.policy === "all" ? Object.keys(POLICIES) : values.policy.split(",");
for (const name of names) {
  const rows: (Figures & { id: string })[] = [];
  for (const scenario of knownScenarios()) {
    if (only && !only.includes(scenario.id)) continue;
    const make = POLICIES[name];
    if (!make) throw new Error(`no policy ${name}`);
    const started = performance.now();
    const figures = simulate(scenario, make(), 1);
    rows.push({ id: scenario.id, ...figures });
    console.log(
      name.padEnd(9),
      scenario.id.padEnd(4),
      (figures.util * 100).toFixed(1).padStart(6),
      (figures.wasted * 100).toFixed(3).padStart(7),
      (figures.requestsRefused * 100).toFixed(2).padStart(6),
      figures.endS.toFixed(0).padStart(7),
      figures.timeX.toFixed(3),
      figures.p99S.toFixed(1).padStart(6),
      figures.convergedS.join("/").padEnd(8),
      figures.fairness.toFixed(4),
      figures.refused,
      figures.ownRefusals,
      `${(performance.now() - started).toFixed(0)} ms`,
    );
  }
  const limits = rows.filter(({ id }) => !id.startsWith("I"));
  const mean = (of: (row: (typeof rows)[number]) => number) =>
    limits.reduce((sum, row) => sum + of(row), 0) / limits.length;
  console.log(
    name,
    "util",
    (mean((r) => r.util) * 100).toFixed(2),
    "worst",
    (Math.min(...limits.map((r) => r.util)) * 100).toFixed(1),
    "wasted",
    (mean((r) => r.wasted) * 100).toFixed(3),
    "worst",
    (Math.max(...limits.map((r) => r.wasted)) * 100).toFixed(2),
    "good",
    limits.filter((r) => r.util >= 0.97 && r.wasted <= 0.005).length,
    "of",
    limits.length,
  );
}
