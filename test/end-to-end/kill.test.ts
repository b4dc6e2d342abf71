/** Processes killed and Redis emptied in mid-run: nothing is lost, nothing on record is read again, and the run ends by itself. */
import { randomInt } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { expect, test } from "vitest";
import { type Accounts, accountsOf, type Blow } from "../support/blows.ts";
import { type EmulatedService, latencyOf, SOUND, startEmulatedService } from "../support/emulated-service.ts";
import { isAlive, type TestProcess, until } from "../support/processes.ts";
import { openSite, type Site } from "../support/site.ts";
import { expectWhole } from "../support/whole-run.ts";

const TIMES = process.env["EXOSWEEP_LONG"] === "1" ? 10 : 1;

/** What dead workers held is free again soon, so that the tests need not wait for it. */
const QUICK = {
  tasks: { lockMs: 3_000, concurrency: 80 },
  gate: { leaseMs: 2_000, startWindow: 8, maxWindow: 8 },
  runs: { claimMs: 3_000 },
};

interface Underway {
  readonly emulator: EmulatedService;
  readonly site: Site;
  readonly run: string;
  readonly workers: TestProcess[];
  readonly blows: Blow[];
}

/** A run with workers that has just begun. */
async function runBegun(mailboxes: number, workers: number): Promise<Underway> {
  const emulator = await startEmulatedService({
    mailboxes: mailboxes * TIMES,
    seed: 30,
    profile: { ...SOUND, ...latencyOf(200) },
  });
  const site = await openSite(emulator, { settings: QUICK });
  const started = [...(await site.startWorkers(workers))];
  const { id } = await site.start();
  return { emulator, site, run: id, workers: started, blows: [] };
}

/** A run with workers, past its manifest, with calls in flight. */
async function runUnderway(mailboxes: number, workers: number): Promise<Underway> {
  const underway = await runBegun(mailboxes, workers);
  await underway.site.settledPart(underway.run, 0.02);
  return underway;
}

/** Does something to the run, and waits until the emulator has heard all that was said before. */
async function strike<T>({ emulator, blows }: Underway, blow: () => Promise<T>): Promise<T> {
  const fromMs = Date.now();
  const result = await blow();
  await emulator.inFlight();
  blows.push({ fromMs, toMs: Date.now() });
  return result;
}

async function kill(underway: Underway, workers: readonly TestProcess[]): Promise<void> {
  await strike(underway, () => Promise.all(workers.map((worker) => worker.end("SIGKILL"))));
}

/** Waits for the end, and looks at the rows and at the ledger. */
async function expectUnharmed(underway: Underway): Promise<Accounts> {
  const { emulator, site, run, blows } = underway;
  // What had to be slow is over.
  await emulator.setProfile(latencyOf(20));
  await site.over(run, 120_000 * TIMES);
  const accounts = accountsOf(blows, await emulator.ledger(), await site.targets(run));
  expect(accounts.needless).toEqual([]);
  expect(accounts.rereads).toBeLessThanOrEqual(accounts.open);
  const struck = accounts.inFlight.filter((calls) => calls > 0);
  expect(struck.length, "blows with calls in flight").toBeGreaterThanOrEqual(blows.length * 0.9);
  await expectWhole(site, emulator, run);
  return accounts;
}

/** Tasks that a queue in Redis holds, waiting or in hand. */
async function tasksIn(redis: Redis): Promise<number> {
  let tasks = 0;
  for (const key of await redis.keys("exosweep:*:wait")) tasks += await redis.llen(key);
  for (const key of await redis.keys("exosweep:*:active")) tasks += await redis.llen(key);
  return tasks;
}

test("a random worker is killed every second, twenty times", { timeout: 200_000 * TIMES }, async () => {
  const underway = await runUnderway(1_500, 3);
  const { emulator, site, workers } = underway;
  // Slow enough that there is work until the last kill, also on a busy machine.
  await emulator.setProfile(latencyOf(800));
  for (let time = 0; time < 20; time += 1) {
    const [victim] = workers.splice(randomInt(workers.length), 1);
    if (victim) await kill(underway, [victim]);
    const successor = site.startWorker();
    workers.push(successor);
    // On a busy machine a worker takes longer than a second to start; killing those that never worked would prove nothing.
    await Promise.all([sleep(1_000), successor.line((line) => line.includes("worker started"))]);
  }
  expect((await expectUnharmed(underway)).unexplained).toEqual([]);
});

test(
  "the worker that lists the tenant is killed, and a new one lists it anew",
  { timeout: 200_000 * TIMES },
  async () => {
    const underway = await runBegun(300, 1);
    const { emulator, site } = underway;
    await until("the tenant is being listed", 20_000, async () =>
      (await emulator.inFlight()).calls > 0 && (await emulator.ledger()).length > 2 ? true : undefined,
    );
    await kill(underway, underway.workers);
    expect(await site.app.runs.get(underway.run)).toMatchObject({
      state: "enumerating",
      manifest: undefined,
    });
    site.startWorker();
    expect((await expectUnharmed(underway)).unexplained).toEqual([]);
  },
);

test("all workers are killed, and a new one finishes", { timeout: 200_000 * TIMES }, async () => {
  const underway = await runUnderway(1_000, 2);
  await kill(underway, underway.workers);
  underway.site.startWorker();
  expect((await expectUnharmed(underway)).unexplained).toEqual([]);
});

test("Redis is killed, and comes back by itself", { timeout: 200_000 * TIMES }, async () => {
  const underway = await runUnderway(1_000, 2);
  const { site } = underway;
  await site.settledPart(underway.run, 0.2);
  const killed = await site.withRedis(async (redis, pid) => {
    expect(await tasksIn(redis)).toBeGreaterThan(100);
    return strike(underway, async () => {
      process.kill(pid, "SIGKILL");
      return pid;
    });
  });
  const pid = await until("Redis is back", 20_000, () =>
    site.withRedis(async (_redis, found) => (found === killed ? undefined : found)).catch(() => undefined),
  );
  expect(isAlive(pid)).toBe(true);
  await expectUnharmed(underway);
});

test("Redis is emptied at 10, 50 and 90 percent", { timeout: 200_000 * TIMES }, async () => {
  const underway = await runUnderway(1_500, 2);
  const { site } = underway;
  for (const part of [0.1, 0.5, 0.9]) {
    await site.settledPart(underway.run, part);
    const [before, after] = await site.withRedis(async (redis) => {
      const found = await tasksIn(redis);
      await strike(underway, () => redis.flushall());
      return [found, await tasksIn(redis)];
    });
    expect(before, `tasks at ${part}`).toBeGreaterThan(50);
    expect(after).toBeLessThan(before / 10);
  }
  await expectUnharmed(underway);
});

test(
  "all workers are killed and Redis is lost, and a new worker finishes",
  { timeout: 200_000 * TIMES },
  async () => {
    const underway = await runUnderway(1_000, 2);
    const { site } = underway;
    await site.settledPart(underway.run, 0.3);
    await kill(underway, underway.workers);
    await site.withRedis(async (redis, pid) => {
      expect(await tasksIn(redis)).toBeGreaterThan(100);
      process.kill(pid, "SIGKILL");
    });
    await rm(join(site.dataDir, "redis"), { recursive: true });
    site.startWorker();
    expect((await expectUnharmed(underway)).unexplained).toEqual([]);
  },
);
