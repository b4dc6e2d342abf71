/** Faults of our own processes: killed, frozen, blocked, replaced, with a clock that somebody sets. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Family, Stage } from "../family.ts";

async function killOne({ world, random, reached }: Stage): Promise<void> {
  const living = world.workers.filter(({ running }) => running);
  if (living.length === 0) return;
  await random.pick(living).end("SIGKILL");
  reached.faults += 1;
  reached.deaths += 1;
}

export const killed: Family = {
  id: "F01",
  title: "a worker is killed at a random moment",
  iterations: 8,
  world: { tenants: 3 },
  // A worker that dies twice while it reads the reply for one target alone: by chance, but it happens.
  allowances: { outcomes: ["quarantined"] },
  async strike(stage) {
    const { world, random } = stage;
    for (let kills = 3; kills > 0; kills -= 1) {
      await killOne(stage);
      if (random.chance(0.2)) await killOne(stage);
      world.startWorker();
      await sleep(random.between(0, 700));
    }
  },
};

export const frozen: Family = {
  id: "F03",
  title: "a worker stands still until its leases are gone, and comes back",
  iterations: 3,
  world: { tenants: 2, profile: { latency: { call: { median: 60, sigma: 0.3 } } } },
  async strike({ world, random, reached }) {
    for (const worker of world.workers.filter(({ running }) => running)) {
      if (random.chance(0.3)) continue;
      worker.signal("SIGSTOP");
      // Claims and locks are gone after 1 to 2 s.
      await sleep(random.between(1_200, 3_500));
      worker.signal("SIGCONT");
      reached.faults += 1;
      reached.zombies += 1;
    }
  },
};

export const blocked: Family = {
  id: "F24",
  title: "the event loop of a worker is blocked for longer than its leases",
  iterations: 2,
  world: { tenants: 2, orders: { blockMs: 2_500 } },
  async strike({ world, random, reached }) {
    for (const worker of world.workers.filter(({ running }) => running)) {
      worker.signal("SIGUSR2");
      reached.faults += 1;
      await sleep(random.between(100, 1_500));
    }
  },
};

export const replaced: Family = {
  id: "F25",
  title: "workers are stopped softly and replaced, one after the other",
  iterations: 2,
  world: { tenants: 2 },
  async strike({ world, random, reached }) {
    for (const worker of world.workers.slice()) {
      const [successor] = await world.startWorkers(1);
      worker.signal("SIGTERM");
      // Some administrators do not wait.
      if (random.chance(0.3)) {
        await sleep(random.between(0, 200));
        worker.signal("SIGTERM");
      }
      await worker.gone;
      reached.faults += 1;
      if (successor === undefined) throw new Error("No worker started");
    }
  },
};

const HOUR_MS = 3_600_000;

function clockOf(id: string, title: string, clockMs: number): Family {
  return {
    id,
    title,
    iterations: 2,
    world: { tenants: 2, orders: { clockMs } },
    allowances: { clocksLie: true },
    async strike({ world, random, reached }) {
      const living = world.workers.filter(({ running }) => running);
      for (const worker of living) worker.signal("SIGUSR2");
      reached.faults += 1;
      await sleep(random.between(300, 1_500));
      for (const worker of living) worker.signal("SIGUSR2");
      reached.faults += 1;
    },
  };
}

export const clockForward = clockOf(
  "F23a",
  "the clock of the workers is set forward by an hour, and back",
  HOUR_MS,
);
export const clockBack = clockOf(
  "F23b",
  "the clock of the workers is set back by an hour, and forward",
  -HOUR_MS,
);
