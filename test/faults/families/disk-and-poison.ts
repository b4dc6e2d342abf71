/** A disk that is full, and replies that kill whoever reads them. */
import { rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { mountSmallDisk } from "../../support/small-disk.ts";
import type { Family } from "../family.ts";
import type { Orders } from "../orders.ts";
import { until, World } from "../world/world.ts";

export const diskFull: Family = {
  id: "F06",
  title: "the disk of the journal is full, and then has room again",
  iterations: 1,
  // Whoever cannot write the journal waits ten seconds before it tries again.
  withinMs: 90_000,
  strikesUntil: 0.3,
  async open() {
    const disk = mountSmallDisk(64);
    const world = await World.open({
      tenants: 2,
      ...(disk === undefined ? {} : { dataDir: join(disk.path, "data") }),
    });
    if (disk !== undefined) world.onClose(() => disk[Symbol.dispose]());
    await world.startWorkers(2);
    return world;
  },
  async strike({ world, random, reached }) {
    const { bavail, bsize } = await statfs(world.site.dataDir);
    // Where no disk could be mounted, this one is not ours to fill.
    if (bavail * bsize > 64 * 1024 * 1024) return;
    const filler = join(world.site.dataDir, "..", "filler");
    await writeFile(filler, Buffer.alloc(bavail * bsize)).catch(() => undefined); // That it ends in ENOSPC is wanted.
    reached.faults += 1;
    await sleep(random.between(500, 2_000));
    await rm(filler, { force: true });
  },
};

export const diskSick: Family = {
  id: "F06b",
  title:
    "the disk of the journal reports errors, or can only be read; what it reported may be on it all the same",
  iterations: 4,
  withinMs: 90_000,
  strikesUntil: "start",
  async open() {
    return World.open({ tenants: 2 });
  },
  async strike({ at, world, random, reached }) {
    await Promise.all(world.workers.map((worker) => worker.end("SIGKILL")));
    const written = at % 2 === 0;
    const code = at % 4 < 2 ? 10 : 8;
    const sick = (): Orders => ({
      disk: {
        code,
        written: written && code === 10,
        from: random.between(5, 40),
        times: random.between(1, 5),
      },
    });
    await world.startWorkers(1, sick());
    await world.startWorkers(1, sick());
    reached.faults += 2;
  },
};

export const poison: Family = {
  id: "F28",
  title: "the reply for one mailbox kills whoever reads it",
  iterations: 1,
  mix: "reads",
  strikesUntil: "start",
  withinMs: 120_000,
  async open() {
    return World.open({ tenants: 1, mailboxes: 40 });
  },
  async strike({ world, cases: [of], random, reached }) {
    if (of === undefined) return;
    // Not the first: on that one the planner tries what it may run.
    const victim = random.pick((await world.service.targets(of.tenantId)).slice(5));
    of.mustEnd(victim, "quarantined");
    const orders = { poison: await world.service.nameOf(of.tenantId, victim) };
    // Those of an iteration before would read it unharmed.
    await Promise.all(world.workers.map((worker) => worker.end("SIGKILL")));
    world.startWorker(orders);
    world.startWorker(orders);
    await until("the poisoned target is quarantined", 90_000, async () => {
      while (world.workers.filter(({ running }) => running).length < 2) {
        world.startWorker(orders);
        reached.faults += 1;
        reached.deaths += 1;
      }
      const { state, outcomes } = await world.app.runs.get(of.run);
      return state.startsWith("complete") || (outcomes.quarantined ?? 0) > 0 ? true : undefined;
    });
  },
};
