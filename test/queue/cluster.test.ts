import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { defaultSettings } from "../../src/config.ts";
import {
  connectRedis,
  createDeathMarks,
  createPresence,
  createTaskQueues,
  type RedisHandle,
} from "../../src/queue/index.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { createRedisGate } from "../../src/throttle/index.ts";
import { passed } from "../support/batch-results.ts";
import { openSite } from "../support/site.ts";
import { startEmulatedService } from "../support/emulated-service.ts";
import { type OwnCluster, startOwnCluster, waitFor } from "../support/redis.ts";
import { expectWhole } from "../support/whole-run.ts";

/** Their tags lie in three different thirds of the slots, so that each server has the queue of one. */
const TENANTS = [
  "00000000-0000-4000-8000-000000000004",
  "00000000-0000-4000-8000-000000000001",
  "00000000-0000-4000-8000-000000000003",
];

let cluster: OwnCluster;

beforeAll(async () => {
  cluster = await startOwnCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

async function connect(): Promise<RedisHandle> {
  const redis = await connectRedis({ url: cluster.url, dataDir: "unused" }, new Telemetry());
  onTestFinished(() => redis.close());
  return redis;
}

/** Keys of each server, in groups by the tag in braces. */
async function tagsPerServer(): Promise<readonly ReadonlySet<string>[]> {
  return Promise.all(
    cluster.servers.map(async (server) => {
      const keys = await server.keys("*");
      return new Set(keys.flatMap((key) => /\{(.+?)\}/.exec(key)?.[1] ?? []));
    }),
  );
}

test("tasks of tenants whose queues lie on different servers are all handed out", async () => {
  const redis = await connect();
  const queues = createTaskQueues(redis, new Telemetry());
  onTestFinished(() => queues.close());
  const tasks = Array.from({ length: 50 }, (_, line) => ({ run: "run-a", line }));
  for (const tenant of TENANTS) await queues.add(tenant, tasks);
  expect((await tagsPerServer()).map((tags) => [...tags])).toEqual(TENANTS.map((tenant) => [tenant]));

  for (const tenant of TENANTS) {
    const seen = new Set<number>();
    const consumer = await queues.consume(
      tenant,
      async ({ line }) => {
        seen.add(line);
        return { kind: "done" };
      },
      { concurrency: 10, lockMs: 2_000 },
    );
    await waitFor(() => expect(seen.size).toBe(50));
    await consumer.stop(1_000);
    expect(await queues.size(tenant)).toBe(0);
  }
});

test("marks, presence and channels work across servers", async () => {
  const redis = await connect();
  const marks = createDeathMarks(redis);
  expect(await marks.mark({ run: "run-a", line: 7 })).toBe(1);
  expect(await marks.mark({ run: "run-a", line: 7 })).toBe(2);
  await marks.clear({ run: "run-a", line: 7 });
  expect(await marks.count({ run: "run-a", line: 7 })).toBe(0);
  const presence = createPresence(redis, 5_000);
  await presence.announce("w1", "planner");
  expect(await presence.alive()).toEqual([{ worker: "w1", role: "planner" }]);
  const heard: string[] = [];
  await redis.subscribe("news", (message) => heard.push(message));
  const other = await connect();
  await waitFor(async () => {
    await other.patient.publish("news", "hello");
    expect(heard).toContain("hello");
  });
});

test("the gate of every tenant works, wherever its state lies", async () => {
  const redis = await connect();
  const gate = createRedisGate({ redis, settings: defaultSettings(), telemetry: new Telemetry() });
  onTestFinished(() => gate.close());
  for (const tenantId of TENANTS) {
    const key = { tenantId, appId: "app" };
    const permit = await gate.enter(key, { lane: "bulk", kind: "read", waiting: 3, maxCalls: 10 });
    expect((await gate.status(key)).view.inFlight).toBe(1);
    await permit.report(passed(permit.maxCalls));
    expect(await gate.status(key)).toMatchObject({ degraded: false, view: { inFlight: 0 } });
  }
});

test(
  "two worker processes audit a tenant over a cluster, and the export is the truth",
  { timeout: 120_000 },
  async () => {
    const emulator = await startEmulatedService({ mailboxes: 400, seed: 31, profile: "off" });
    const site = await openSite(emulator, { settings: { redis: cluster.url } });
    await site.startWorkers(2);
    const { id } = await site.start();
    expect((await site.over(id, 90_000)).workers).toHaveLength(2);
    await expectWhole(site, emulator, id);
  },
);
