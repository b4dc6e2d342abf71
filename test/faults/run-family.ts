/** Puts one family through its iterations: a world, runs, blows, healing, and the judge. */
import { add, type Counts, type Verdict, NOTHING } from "./checker/index.ts";
import type { Family, Reached } from "./family.ts";
import { Case } from "./world/case.ts";
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
      try {
        for (const verdict of await iterate(family, world, new Random(seed), reached)) {
          counts = add(counts, verdict.counts);
          runs += 1;
          for (const { invariant, text } of verdict.violations) find(`${invariant}: ${text}`);
        }
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
  const world = await World.open(family.world);
  await world.startWorkers(family.workers ?? 2);
  return world;
}

async function iterate(family: Family, world: World, random: Random, reached: Reached): Promise<Verdict[]> {
  const cases = await Promise.all(world.service.tenants.map((_, tenant) => Case.reads(world, tenant)));
  const stage = { world, cases, random, reached };
  const { strikesUntil = 0.7, withinMs = WITHIN_MS } = family;
  await world.settledPart(random.pick(cases).run, random.next() * strikesUntil);
  await family.strike(stage);
  await family.mend?.(stage);
  await world.heal(family.workers ?? 2);
  await Promise.all(cases.map(({ run }) => world.over(run, withinMs)));
  await until("nothing is on its way", 10_000, async () => {
    const { calls, late } = await world.service.inFlight();
    return calls + (late ?? 0) === 0 ? true : undefined;
  });
  return Promise.all(cases.map((of) => of.judge(family.allowances)));
}
