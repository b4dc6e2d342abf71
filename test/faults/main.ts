/**
 * The fault suite as a program: `npm run faults` for the size of a pull request, `--quick` for each family once, as every commit has it,
 * `npm run faults -- --long --minutes 60` for a soak that prints its seeds, `--only F07 --seed 123 --iterations 1` for one of them again.
 * Exit code 1 when anything was found, or too little reached.
 */
import { parseArgs } from "node:util";
import { soundly } from "./bugs.ts";
import { FAMILIES } from "./families/index.ts";
import type { Family } from "./family.ts";
import { type FamilyResult, type Finding, runFamily } from "./run-family.ts";
import { guardsOf, missedPoints } from "./guards.ts";
import { type BugResult, runBug, scenariosFor } from "./run-bugs.ts";
import { bugTable, familyTable, guardTable } from "./table.ts";

const { values } = parseArgs({
  options: {
    long: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    minutes: { type: "string" },
    only: { type: "string" },
    seed: { type: "string" },
    iterations: { type: "string" },
    lanes: { type: "string", default: "4" },
    /** Only these planted bugs, with commas; `none`: none of them. */
    bugs: { type: "string" },
    /** The scenarios of the bugs, without the bugs. */
    control: { type: "boolean", default: false },
  },
});

const from = performance.now();
const minutes = Number(values.minutes ?? (values.long ? 60 : 10));
/** The planted bugs have what is left. */
const deadline = from + minutes * 60_000 * (values.long ? 1 : 0.75);
const seed = Number(values.seed ?? (values.long ? Date.now() % 1_000_000_000 : 1));
const wanted = values.only?.split(",");
const families = FAMILIES.filter(({ id }) => wanted?.includes(id) ?? true);
const replayOf = ({ family, seed: at, text }: Finding): string =>
  `! ${family} seed ${at}: ${text}\n  again: npm run faults -- --only ${family} --seed ${at} --iterations 1`;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

say(`fault suite: ${families.length} families, seed ${seed}, at most ${minutes} minutes`);
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => process.exit(1));
process.setMaxListeners(0);
const results: FamilyResult[] = [];
let round = 0;
do {
  await inLanes(families, async (family) => void results.push(await runOne(family, seed + round * 1_000)));
  round += 1;
} while (values.long && performance.now() < deadline);
const bugs: BugResult[] = [];
const wantedBugs = values.bugs?.split(",") ?? (wanted === undefined && !values.long ? undefined : []);
await inLanes(scenariosFor(wantedBugs), async (scenario) => {
  const result = values.control ? await runBug(soundly(scenario), seed, 1) : await runBug(scenario, seed);
  bugs.push(result);
  say(
    `${result.caught ? "caught" : "NOT CAUGHT"} ${scenario.bug}, ${result.tries} tries: ${result.said.slice(0, 160)}`,
  );
});

const findings = results.flatMap((result) => result.findings);
const guards = wanted === undefined ? guardsOf(results, values.quick ? "quick" : "whole") : [];
const hollow = guards.filter(({ reached, wanted: least }) => reached < least);
const escaped = bugs.filter(({ caught }) => !caught);
if (results.length > 0) say(`\n${familyTable(results)}`);
if (bugs.length > 0) say(`\n${bugTable(bugs)}`);
if (guards.length > 0)
  say(`\n${guardTable(guards)}\ncrash points nobody came by: ${missedPoints(results).join(", ") || "none"}`);
// Once more, where who reads only the end of a log finds it.
if (findings.length > 0) say(`\n${findings.map(replayOf).join("\n")}`);
say(
  `\n${((performance.now() - from) / 1_000).toFixed(0)} s, ${findings.length} violations, ` +
    `${bugs.length - escaped.length} of ${bugs.length} planted bugs caught, ${hollow.length} guards not met`,
);
process.exitCode = findings.length + hollow.length + escaped.length === 0 ? 0 : 1;

/** Several at once: most of the time a world waits for a lease or a timer. */
async function inLanes<T>(list: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...list];
  const lane = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Number(values.lanes) }, lane));
}

async function runOne(family: Family, firstSeed: number): Promise<FamilyResult> {
  const result = await runFamily(family, {
    seed: firstSeed,
    iterations: Number(values.iterations ?? (values.quick ? 1 : family.iterations)),
    deadline,
    onFinding: (finding) => say(replayOf(finding)),
  });
  const seconds = (result.tookMs / 1_000).toFixed(1);
  say(
    `${family.id} ${family.title}: ${result.iterations} iterations, ${result.reached.faults} faults, ${result.findings.length} violations, ${seconds} s`,
  );
  return result;
}
