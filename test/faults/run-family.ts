/** Puts one family through its iterations: a world, runs, blows, healing, and the judge. */
import { add, type Counts, type Verdict, NOTHING } from "./checker/index.ts";
import type { Family, Reached, Stage } from "./family.ts";
import { Case } from "./world/case.ts";
import { planFor } from "./world/plans.ts";
import { Random } from "./world/random.ts";
import { until, World } from "./world/world.ts";

export interface Finding {
  readonly family: string;
  readonly seed: number;
  readonly text: string;
}

export interface FamilyResult {
  readonly family: Family;
  readonly iterations: number;
  readonly runs: number;
  readonly counts: Counts;
  readonly reached: Reached;
  readonly findings: readonly Finding[];
  readonly tookMs: number;
  /** What the switchboards noted: points by how often a process reached them first. */
  readonly points: ReadonlyMap<string, number>;
}

export interface FamilyOptions {
  readonly seed: number;
  readonly iterations: number;
  /** Epoch-free: `performance.now()` after which no new iteration begins. */
  readonly deadline: number;
  onFinding(finding: Finding): void;
}

/** Longest a run may take after its last fault (G8); a machine that does other things besides is given time. */
const WITHIN_MS = 60_000;

export async function runFamily(family: Family, options: FamilyOptions): Promise<FamilyResult> {
  const from = performance.now();
  const findings: Finding[] = [];
  const reached: Reached = { faults: 0, zombies: 0, redisLosses: 0, deaths: 0 };
  const points = new Map<string, number>();
  let counts = NOTHING;
  let iterations = 0;
  let runs = 0;
  let world: World | undefined;
  const close = async (): Promise<void> => {
    if (world === undefined) return;
    for (const [point, times] of await world.points()) points.set(point, (points.get(point) ?? 0) + times);
    await world[Symbol.asyncDispose]();
    world = undefined;
  };
  try {
    for (let at = 0; at < options.iterations && performance.now() < options.deadline; at += 1) {
      const seed = options.seed + at;
      const find = (text: string): void => {
        const finding = { family: family.id, seed, text };
        findings.push(finding);
        options.onFinding(finding);
      };
      world ??= await openWorld(family);
      let stuck = false;
      try {
        for (const verdict of await iterate(family, world, seed, reached)) {
          counts = add(counts, verdict.counts);
          runs += 1;
          for (const { invariant, text } of verdict.violations) find(`${invariant}: ${text}`);
          stuck ||= verdict.violations.some(({ invariant }) => invariant === "G8");
        }
        // What is stuck would be in the way of the next iteration.
        if (stuck) await close();
      } catch (error) {
        find(`G8: ${error instanceof Error ? error.message : String(error)}`);
        await close();
      }
      iterations += 1;
    }
  } finally {
    await close();
  }
  return { family, iterations, runs, counts, reached, findings, points, tookMs: performance.now() - from };
}

async function openWorld(family: Family): Promise<World> {
  const world = await (family.open === undefined ? World.open(family.world) : family.open());
  if (family.open === undefined) await world.startWorkers(family.workers ?? 2);
  return world;
}

async function iterate(family: Family, world: World, seed: number, reached: Reached): Promise<Verdict[]> {
  const random = new Random(seed);
  const cases = await (family.begin ?? ((into, by) => beginMixed(family, into, by)))(world, random);
  try {
    return await strikeAndJudge(family, { at: seed, world, cases, random, reached });
  } finally {
    await Promise.all(cases.map((of) => of[Symbol.asyncDispose]()));
  }
}

async function strikeAndJudge(family: Family, stage: Stage): Promise<Verdict[]> {
  const { world, cases, random } = stage;
  const { strikesUntil = 0.7, withinMs = WITHIN_MS } = family;
  if (strikesUntil !== "start") await world.settledPart(random.pick(cases).run, random.next() * strikesUntil);
  await family.strike(stage);
  await family.mend?.(stage);
  await world.heal(family.workers ?? 2);
  const stuck = await Promise.all(
    cases.map(({ run }) => world.over(run, withinMs).then(() => undefined, String)),
  );
  await until("nothing is on its way", 10_000, async () => {
    const { calls, late } = await world.service.inFlight();
    return calls + late === 0 ? true : undefined;
  });
  if (stuck.every((text) => text === undefined)) await family.after?.(stage);
  return Promise.all(
    cases.map(async (of, at) => {
      const text = stuck[at];
      const allowances = { ...family.allowances, ...(text === undefined ? {} : { notOver: true }) };
      const verdict = await of.judge(allowances, family.retryAfterMs);
      if (text === undefined) return verdict;
      return { ...verdict, violations: [...verdict.violations, { invariant: "G8" as const, text }] };
    }),
  );
}

const WRITES = 30;

/** Reads in even tenants, writes in odd ones. */
async function beginMixed(
  { mix = "both", effects, writes = WRITES }: Family,
  world: World,
  random: Random,
): Promise<readonly Case[]> {
  return Promise.all(
    world.service.tenants.map(async ({ tenantId }, tenant) => {
      if (mix === "reads" || (mix === "both" && tenant % 2 === 0)) return Case.reads(world, tenant);
      return Case.changes(
        world,
        tenant,
        planFor(await world.service.targets(tenantId), random, writes, effects),
      );
    }),
  );
}
