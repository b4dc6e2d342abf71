/**
 * `npm run bench:throttle`: how much of a tenant's hidden limits a policy uses and what it provokes, in virtual time (`throttle.md` 4, 8).
 *
 *   --policy governor,aimd | all     default governor; the law is the very code that runs in production
 *   --only B1,C5                     these scenarios
 *   --seeds 3                        each scenario with so many seeds; default 1
 *   --random 1..400                  tenants drawn by lot instead of the fixed list
 *   --ablate                         the law without each of its parts; with --policy "without scouts,…" without these
 *   -o json                          everything for machines, instead of the table
 *
 * util: done, of what the oracle would have done by the time 99 % were done. wasted: refused attempts of all attempts. w.req: requests
 * with a refusal in them. settled: seconds from the start and from each change until 90 % of the oracle are reached with at most 2 %
 * refused. The summary leaves out I1-I3, where mailboxes refuse by themselves: those have a line of their own.
 */
import { parseArgs } from "node:util";
import { ABLATIONS } from "./ablations.ts";
import { POLICIES } from "./policies/index.ts";
import type { MakePolicy } from "./policy.ts";
import { randomScenario } from "./random-scenario.ts";
import { type Scenario, knownScenarios } from "./scenario.ts";
import { simulate } from "./simulate.ts";
import { HEADING, type Row, line, summaryLine, summaryOf } from "./table.ts";

/** A policy that is this much slower than the oracle is given up. */
const LONGEST_MS = 1_000_000_000;

const { values } = parseArgs({
  options: {
    policy: { type: "string", default: "governor" },
    only: { type: "string" },
    seeds: { type: "string", default: "1" },
    random: { type: "string" },
    ablate: { type: "boolean", default: false },
    output: { type: "string", short: "o", default: "table" },
  },
});

const json = values.output === "json";
const say = (text: string): void => {
  if (!json) console.log(text);
};

function scenarios(): readonly Scenario[] {
  const only = values.only?.split(",");
  const all = values.random === undefined ? knownScenarios() : drawn(values.random);
  return only === undefined ? all : all.filter(({ id }) => only.includes(id));
}

function drawn(range: string): Scenario[] {
  const [from = Number.NaN, to = from] = range.split("..").map(Number);
  if (!Number.isInteger(from) || !Number.isInteger(to) || to < from) {
    throw new Error(`Cannot draw tenants ${range}: expected numbers as in 1..400`);
  }
  return Array.from({ length: to - from + 1 }, (_, at) => randomScenario(from + at));
}

function chosen(): [string, MakePolicy][] {
  const table = values.ablate ? ABLATIONS : POLICIES;
  const all = values.policy === "all" || (values.ablate && values.policy === "governor");
  const names = all ? Object.keys(table) : values.policy.split(",");
  return names.map((name) => {
    const make = table[name];
    if (make === undefined) {
      throw new Error(`Cannot simulate ${name}: no such policy. There are ${Object.keys(table).join(", ")}`);
    }
    return [name, make()];
  });
}

const list = scenarios();
const seeds = Array.from({ length: Number(values.seeds) }, (_, at) => at + 1);
const rows: Row[] = [];
const summaries = [];
say(HEADING);
for (const [policy, make] of chosen()) {
  const own: Row[] = [];
  for (const scenario of list) {
    for (const seed of seeds) {
      const figures = simulate(scenario, make, seed, LONGEST_MS);
      const row = { policy, id: scenario.id, title: scenario.title, seed, figures };
      own.push(row);
      say(line(row));
    }
  }
  const limits = own.filter(({ id }) => !id.startsWith("I"));
  const busy = own.filter(({ id }) => id.startsWith("I"));
  const parts = [limits, busy].filter((part) => part.length > 0).map((part) => summaryOf(policy, part));
  for (const part of parts) say(summaryLine(part));
  for (const { id, figures } of busy) {
    say(`  ${id}: ${figures.refused} refused, ${figures.ownRefusals} of them by the mailboxes themselves`);
  }
  rows.push(...own);
  summaries.push(...parts);
}
if (json) console.log(JSON.stringify({ rows, summaries }, undefined, 2));
else if (summaries.length > 2) for (const summary of summaries) say(summaryLine(summary));
