/** Runs that start on time: several schedulers see one time, and whoever has taken it on dies, before or after the run is there. */
import { setTimeout as sleep } from "node:timers/promises";
import { DEFAULT_TYPES } from "../../../src/runs/index.ts";
import { TICK_CRASH_POINTS } from "../../../src/test-points.ts";
import type { Family, Stage } from "../family.ts";
import { Case } from "../world/case.ts";
import type { Random } from "../world/random.ts";
import { until, type World } from "../world/world.ts";

const HOUR_MS = 3_600_000;
const WORKERS = 3;
/** Longest until a time that is due has its run, whoever dies over it. */
const WITHIN_MS = 30_000;

/** All of its tenants are due at once, for the full hour that has just passed. */
async function begin(world: World, random: Random): Promise<readonly Case[]> {
  const point = random.chance(0.25) ? undefined : random.pick(TICK_CRASH_POINTS);
  if (point !== undefined) for (const worker of world.workers) worker.signal("SIGKILL");
  const doomed = point === undefined ? undefined : world.startWorker({ dieAt: { point, nth: 1 } });
  const from = await world.service.heard();
  const names = await Promise.all(
    world.service.tenants.map(async (_, tenant) => {
      const name = `${Date.now()}-t${tenant}`;
      await world.app.journal.addSchedule({
        name,
        job: "permission-audit",
        tenant: `t${tenant}`,
        cron: "0 * * * *",
        zone: "UTC",
        params: {},
        scope: { kind: "all", types: [...DEFAULT_TYPES] },
        missed: "catch-up",
        createdAtMs: Date.now() - HOUR_MS,
      });
      return name;
    }),
  );
  if (doomed !== undefined) {
    await doomed.gone;
    await world.startWorkers(WORKERS);
  }
  return Promise.all(
    names.map(async (name, tenant) => Case.adopt(world, await runOf(world, name), tenant, from)),
  );
}

/** The run of the one time a schedule was due at. */
function runOf(world: World, name: string): Promise<string> {
  return until(`schedule ${name} has its run`, WITHIN_MS, async () => {
    const [tick] = await world.app.journal.ticks(name, 9);
    return tick !== undefined && (await world.app.journal.run(tick.run)) !== undefined ? tick.run : undefined;
  });
}

/** One time, one run: what another scheduler starts besides is somebody's audit twice. */
async function after({ world, cases }: Stage): Promise<void> {
  const { journal } = world.app;
  const runs = await journal.runs();
  for (const { name, tenant } of await journal.schedules()) {
    const ticks = await until(`what follows the run of ${name} is done`, WITHIN_MS, async () => {
      const found = await journal.ticks(name, 9);
      return found.every(({ state }) => state === "ended") ? found : undefined;
    });
    if (ticks.length !== 1) throw new Error(`Schedule ${name} was due once and has ${ticks.length} times`);
    await journal.dropSchedule(name);
    const own = runs.filter((run) => run.tenant === tenant && cases.some((of) => of.run === run.id));
    if (own.length !== 1) throw new Error(`Schedule ${name} has ${own.length} runs`);
  }
  const known = new Set((await Promise.all(runs.map(({ id }) => journal.events(id, 50)))).flatMap(startedBy));
  if (known.size !== runs.length) throw new Error(`${runs.length} runs were started by ${known.size} times`);
}

/** Each time that is on record as having started a run, once. */
function startedBy(events: readonly { readonly kind: string; readonly data: unknown }[]): readonly string[] {
  return events.flatMap(({ kind, data }) => (kind === "scheduled" ? [JSON.stringify(data)] : []));
}

export const scheduled: Family = {
  id: "F26",
  title: "several schedulers see one time, and the one that has taken it on dies",
  iterations: 4,
  workers: WORKERS,
  world: { tenants: 2, settings: { schedules: { lookMs: 100, claimMs: 1_000 } } },
  mix: "reads",
  begin,
  after,
  async strike({ world, random, reached }) {
    const living = world.workers.filter(({ running }) => running);
    await random.pick(living).end("SIGKILL");
    reached.faults += 1;
    reached.deaths += 1;
    await sleep(random.between(0, 500));
    if (!random.chance(0.5)) return;
    await world.redis.tell("FLUSHALL");
    reached.faults += 1;
    reached.redisLosses += 1;
  },
};
