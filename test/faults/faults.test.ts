/** A small slice of the fault suite (`npm run faults` is all of it), so that what it is made of keeps working; and the judge finds what is wrong. */
import { expect, test } from "vitest";
import { SCENARIOS } from "./bugs.ts";
import { CRASH_POINTS, PLANTED_BUGS } from "../../src/test-points.ts";
import { FAMILIES } from "./families/index.ts";
import { runBug } from "./run-bugs.ts";
import { runFamily } from "./run-family.ts";

function familyNamed(id: string) {
  const family = FAMILIES.find((known) => known.id === id);
  if (family === undefined) throw new Error(`There is no family ${id}`);
  return family;
}

test.each(["F01", "F12-14"])("one iteration of %s ends well", { timeout: 120_000 }, async (id) => {
  const result = await runFamily(familyNamed(id), {
    seed: 1,
    iterations: 1,
    deadline: Number.POSITIVE_INFINITY,
    onFinding: () => undefined, // Looked at below.
  });
  expect(result.findings).toEqual([]);
  expect(result.reached.faults).toBeGreaterThan(0);
  expect(result.counts.attempted).toBe(result.counts.ok + result.counts.unresolved);
  expect([...result.points.keys()].filter((point) => !CRASH_POINTS.some((known) => known === point))).toEqual(
    [],
  );
});

test("a planted bug is caught, by the invariant it breaks", { timeout: 120_000 }, async () => {
  const scenario = SCENARIOS.find(({ bug }) => bug === "skip-seal-check");
  if (scenario === undefined) throw new Error("There is no such scenario");
  expect(await runBug(scenario, 1)).toMatchObject({ caught: true });
});

test("every planted bug has one scenario, and there are at least 25", () => {
  expect(SCENARIOS.map(({ bug }) => bug).toSorted()).toEqual(PLANTED_BUGS.toSorted());
  expect(PLANTED_BUGS.length).toBeGreaterThanOrEqual(25);
});
