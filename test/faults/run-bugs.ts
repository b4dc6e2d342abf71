/** Has every planted bug in turn, and says which of them the judge noticed. */
import { type Scenario, SCENARIOS } from "./bugs.ts";
import { runFamily } from "./run-family.ts";

export interface BugResult {
  readonly scenario: Scenario;
  readonly caught: boolean;
  /** What the judge said first that counts, else what it said at all. */
  readonly said: string;
  readonly tookMs: number;
}

export async function runBug(scenario: Scenario, seed: number): Promise<BugResult> {
  const { family } = scenario;
  const result = await runFamily(family, {
    seed,
    iterations: family.iterations,
    deadline: Number.POSITIVE_INFINITY,
    onFinding: () => undefined, // That is what is wanted.
  });
  const texts = result.findings.map(({ text }) => text.split("\n")[0] ?? "");
  const counted = texts.find((text) =>
    scenario.caughtBy.some((invariant) => text.startsWith(`${invariant}:`)),
  );
  return {
    scenario,
    caught: counted !== undefined,
    said: counted ?? texts[0] ?? "nothing",
    tookMs: result.tookMs,
  };
}

export function scenariosFor(wanted: readonly string[] | undefined): readonly Scenario[] {
  return SCENARIOS.filter(({ bug }) => wanted === undefined || wanted.includes(bug));
}
