/** Has every planted bug in turn, and says which of them the judge noticed. */
import { type Scenario, SCENARIOS } from "./bugs.ts";
import { runFamily } from "./run-family.ts";

/** A bug shows only where chance lets it matter: who was not caught once has other chances, under other seeds. */
const TRIES = 3;

export interface BugResult {
  readonly scenario: Scenario;
  readonly caught: boolean;
  /** How often it was looked for. */
  readonly tries: number;
  /** What the judge said first that counts, else what it said at all. */
  readonly said: string;
  readonly tookMs: number;
}

/** @param tries at most so many; a scenario without its bug needs no second one */
export async function runBug(scenario: Scenario, seed: number, tries = TRIES): Promise<BugResult> {
  const first = await tryBug(scenario, seed);
  if (first.caught || tries <= 1) return { scenario, ...first, tries: 1 };
  const next = await runBug(scenario, seed + 1_000, tries - 1);
  return { ...next, tries: next.tries + 1, tookMs: first.tookMs + next.tookMs };
}

async function tryBug(
  scenario: Scenario,
  seed: number,
): Promise<Pick<BugResult, "caught" | "said" | "tookMs">> {
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
    caught: counted !== undefined,
    said: counted ?? texts[0] ?? "nothing",
    tookMs: result.tookMs,
  };
}

export function scenariosFor(wanted: readonly string[] | undefined): readonly Scenario[] {
  return SCENARIOS.filter(({ bug }) => wanted === undefined || wanted.includes(bug));
}
