/**
 * The fault suite as a program: `npm run faults` for the size of a pull request, `npm run faults -- --long --minutes 60` for a soak that
 * prints its seeds, `--only F07 --seed 123 --iterations 1` for one of them again. Exit code 1 when anything was found, or too little reached.
 */
import { parseArgs } from "node:util";
import { FAMILIES } from "./families/index.ts";
import type { Family } from "./family.ts";
import { type FamilyResult, runFamily } from "./run-family.ts";
import { familyTable } from "./table.ts";

const { values } = parseArgs({
  options: {
    long: { type: "boolean", default: false },
    minutes: { type: "string" },
    only: { type: "string" },
    seed: { type: "string" },
    iterations: { type: "string" },
    lanes: { type: "string", default: "3" },
  },
});

const from = performance.now();
const minutes = Number(values.minutes ?? (values.long ? 60 : 10));
const deadline = from + minutes * 60_000;
const seed = Number(values.seed ?? (values.long ? Date.now() % 1_000_000_000 : 1));
const wanted = values.only?.split(",");
const families = FAMILIES.filter(({ id }) => wanted === undefined || wanted.includes(id));
const say = (text: string): void => void process.stdout.write(`${text}\n`);

say(`fault suite: ${families.length} families, seed ${seed}, at most ${minutes} minutes`);
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => process.exit(1));
process.setMaxListeners(0);
const results: FamilyResult[] = [];
let round = 0;
do {
  const waiting = [...families];
  const lane = async (): Promise<void> => {
    for (let family = waiting.shift(); family !== undefined; family = waiting.shift()) {
      const result = await runOne(family, seed + round * 1_000);
      results.push(result);
    }
  };
  await Promise.all(Array.from({ length: Number(values.lanes) }, lane));
  round += 1;
} while (values.long && performance.now() < deadline);

say(familyTable(results));
const findings = results.flatMap((result) => result.findings);
say(`${((performance.now() - from) / 1_000).toFixed(0)} s, ${findings.length} violations`);
process.exitCode = findings.length === 0 ? 0 : 1;

async function runOne(family: Family, firstSeed: number): Promise<FamilyResult> {
  const result = await runFamily(family, {
    seed: firstSeed,
    iterations: Number(values.iterations ?? family.iterations),
    deadline,
    onFinding: ({ family: id, seed: at, text }) =>
      say(`! ${id} seed ${at}: ${text}\n  again: npm run faults -- --only ${id} --seed ${at} --iterations 1`),
  });
  const seconds = (result.tookMs / 1_000).toFixed(1);
  say(
    `${family.id} ${family.title}: ${result.iterations} iterations, ${result.reached.faults} faults, ${result.findings.length} violations, ${seconds} s`,
  );
  return result;
}
