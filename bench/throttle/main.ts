/**
 * `npm run bench:throttle`: how much of hidden limits a policy uses and what it provokes, in virtual time.
 */
import { parseArgs } from "node:util";
import { POLICIES } from "./policies/index.ts";
import { randomScenario } from "./random-scenario.ts";
import { knownScenarios } from "./scenario.ts";
import type { Figures } from "./figures.ts";
import { simulate } from "./simulate.ts";

const { values } = parseArgs({
  options: {
    policy: { type: "string", default: "governor" },
    only: { type: "string" },
    seeds: { type: "string", default: "1" },
    random: { type: "string" },
  },
});
const only = values.only?.split(",");
const names = values.policy === "all" ? Object.keys(POLICIES) : values.policy.split(",");
for (const name of names) {
  const rows: (Figures & { id: string })[] = [];
  const [from = 1, to = 1] = values.random?.split("..").map(Number) ?? [];
  const list = values.random
    ? Array.from({ length: to - from + 1 }, (_, at) => randomScenario(from + at))
    : knownScenarios();
  for (const scenario of list) {
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
      values.random ? scenario.title : "",
    );
  }
  const limits = rows.filter(({ id }) => !id.startsWith("I"));
  const at = (of: (row: (typeof rows)[number]) => number, share: number) =>
    ((limits.map(of).sort((a, b) => a - b)[Math.floor(share * (limits.length - 1))] ?? 0) * 100).toFixed(2);
  console.log(
    "util median",
    at((r) => r.util, 0.5),
    "p10",
    at((r) => r.util, 0.1),
    "wasted median",
    at((r) => r.wasted, 0.5),
    "p90",
    at((r) => r.wasted, 0.9),
  );
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
