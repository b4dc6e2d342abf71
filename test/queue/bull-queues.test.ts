import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  createTaskQueues,
  type Delivery,
  type RedisHandle,
  type TaskEnd,
  type TaskQueues,
} from "../../src/queue/index.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { openTestRedis, waitFor } from "../support/redis.ts";

const TENANT = "8f6c1f5e-3f1e-4a59-8d0c-6f3a2b1c0d9e";
const OTHER = "11111111-3f1e-4a59-8d0c-6f3a2b1c0d9e";
const OPTIONS = { concurrency: 20, lockMs: 1_000 };

let redis: RedisHandle;
let queues: TaskQueues;
let telemetry: Telemetry;
let warnings: string[];

beforeEach(async () => {
  telemetry = new Telemetry();
  warnings = [];
  telemetry.on("warning", ({ text }) => warnings.push(text));
  redis = await openTestRedis(telemetry);
  queues = createTaskQueues(redis, telemetry);
});
afterEach(async () => {
  await queues.close();
  await redis.close();
});

function tasks(count: number, run = "run-a"): { run: string; line: number }[] {
  return Array.from({ length: count }, (_, line) => ({ run, line }));
}

/** Collects what a handler gets. */
function listener(answer: (delivery: Delivery, seen: number) => TaskEnd | Promise<TaskEnd>): {
  handler: (delivery: Delivery) => Promise<TaskEnd>;
  seen: Delivery[];
  until: (count: number) => Promise<Delivery[]>;
} {
  const seen: Delivery[] = [];
  return {
    seen,
    handler: async (delivery) => answer(delivery, seen.push(delivery)),
    until: (count) =>
      waitFor(() => {
        if (seen.length < count) throw new Error(`Cannot go on: ${seen.length} of ${count} tasks came`);
        return seen;
      }),
  };
}
const done = (): TaskEnd => ({ kind: "done" });

test("every task is handed out once and is gone when done", async () => {
  await queues.add(TENANT, tasks(120));
  expect(await queues.size(TENANT)).toBe(120);
  const { handler, until } = listener(done);
  const consumer = await queues.consume(TENANT, handler, OPTIONS);
  const seen = await until(120);
  await consumer.stop(1_000);
  expect(seen.map(({ line }) => line).toSorted((a, b) => a - b)).toEqual(tasks(120).map(({ line }) => line));
  expect(await queues.size(TENANT)).toBe(0);
});

test("a task that is queued is not queued again, and one that is done can come again", async () => {
  await queues.add(TENANT, tasks(5));
  await queues.add(TENANT.toUpperCase(), tasks(6));
  expect(await queues.size(TENANT)).toBe(6);
  const { handler, until } = listener(done);
  await queues.consume(TENANT, handler, OPTIONS);
  await until(6);
  await waitFor(async () => expect(await queues.size(TENANT)).toBe(0));
  await queues.add(TENANT, tasks(1));
  expect(await until(7)).toHaveLength(7);
});

test("tenants have queues of their own", async () => {
  await queues.add(TENANT, tasks(2));
  await queues.add(OTHER, tasks(1, "run-b"));
  const { handler, until, seen } = listener(done);
  await queues.consume(OTHER, handler, OPTIONS);
  await until(1);
  expect(seen).toMatchObject([{ run: "run-b", line: 0, deaths: 0 }]);
  expect(await queues.size(TENANT)).toBe(2);
});

test("the keys of a tenant lie in one slot of a cluster, under our own prefix", async () => {
  await queues.add(TENANT, tasks(1));
  const keys = await redis.patient.keys("*");
  expect(keys.length).toBeGreaterThan(2);
  expect(keys.filter((key) => !key.startsWith(`exosweep:{${TENANT}}:`))).toEqual([]);
});

test("a waiting task takes less than 500 bytes", async () => {
  const used = async (): Promise<number> =>
    Number(/used_memory:(\d+)/.exec(await redis.patient.info("memory"))?.[1] ?? 0);
  await queues.add(TENANT, tasks(1));
  const before = await used();
  await queues.add(TENANT, tasks(2_001, "01JABCDEFGHJKMNPQRSTVWXYZ0"));
  expect(((await used()) - before) / 2_001).toBeLessThan(500);
});

test("a snoozed task comes back after its time, with nothing held against it", async () => {
  await queues.add(TENANT, tasks(1));
  const at: number[] = [];
  const { handler, until } = listener((_, seen) => {
    at.push(performance.now());
    return seen === 1 ? { kind: "snoozed", forMs: 300 } : done();
  });
  await queues.consume(TENANT, handler, OPTIONS);
  const seen = await until(2);
  expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(290);
  expect(seen[1]?.deaths).toBe(0);
});

test("what was put off comes back at once when the clock was set meanwhile", async () => {
  await queues.add(TENANT, tasks(3));
  const { handler, until } = listener((_, count) =>
    count <= 3 ? { kind: "snoozed", forMs: 3_600_000 } : done(),
  );
  await queues.consume(TENANT, handler, OPTIONS);
  await until(3);
  const delayed = `exosweep:{${TENANT}}:delayed`;
  await waitFor(async () => expect(await redis.patient.zcard(delayed)).toBe(3));
  await queues.wake();
  expect(await until(6)).toHaveLength(6);
  await waitFor(async () => expect(await queues.size(TENANT)).toBe(0));
});

test("a closed tenant rests in every process, then all of its tasks come", async () => {
  const other = createTaskQueues(redis, telemetry);
  await queues.add(TENANT, tasks(30));
  let closedAt = 0;
  const { handler, until, seen } = listener(() => {
    if (closedAt > 0 && performance.now() - closedAt >= 690) return done();
    closedAt ||= performance.now();
    return { kind: "tenant-closed", forMs: 700 };
  });
  const at: number[] = [];
  const timed = async (delivery: Delivery): Promise<TaskEnd> => {
    at.push(performance.now());
    return await handler(delivery);
  };
  await queues.consume(TENANT, timed, { ...OPTIONS, concurrency: 2 });
  await until(1);
  await sleep(50);
  await other.consume(TENANT, timed, { ...OPTIONS, concurrency: 2 });
  await waitFor(async () => expect(await queues.size(TENANT)).toBe(0));
  const rested = at.filter((time) => time > closedAt + 40 && time < closedAt + 650);
  expect(rested).toEqual([]);
  expect(seen.length).toBeGreaterThanOrEqual(31);
  expect(seen.every(({ deaths }) => deaths === 0)).toBe(true);
  await other.close();
});

test("a handler that throws gets its task again after a pause, and nothing of the error is stored", async () => {
  await queues.add(TENANT, tasks(1));
  const at: number[] = [];
  const { handler, until } = listener((_, seen) => {
    at.push(performance.now());
    if (seen === 1) throw new TypeError("Anne Møller <anne@contoso.com> secret-canary");
    return done();
  });
  const consumer = await queues.consume(TENANT, handler, OPTIONS);
  await until(1);
  await waitFor(async () => expect(consumer.active).toBe(0));
  await sleep(50);
  const stored = await Promise.all((await redis.patient.keys("*")).map((key) => redis.patient.dump(key)));
  const raw = await redis.patient.hgetall(`exosweep:{${TENANT}}:run-a-0`);
  expect(JSON.stringify(stored)).not.toContain("canary");
  expect(Object.keys(raw)).not.toContain("failedReason");
  expect(JSON.parse(raw["data"] ?? "")).toEqual({ run: "run-a", line: 0 });
  await until(2);
  expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(990);
  expect(warnings).toEqual(["a task could not be worked on (TypeError) and comes back after a pause"]);
});

test("a task whose lock was lost is told so", async () => {
  await queues.add(TENANT, tasks(1));
  const { promise: aborted, resolve } = Promise.withResolvers<unknown>();
  const { handler, until } = listener(async ({ signal }, seen) => {
    if (seen > 1) return done();
    signal.addEventListener("abort", () => resolve(signal.reason), { once: true });
    await aborted;
    return done();
  });
  await queues.consume(TENANT, handler, OPTIONS);
  await until(1);
  await redis.patient.del(`exosweep:{${TENANT}}:run-a-0:lock`);
  expect(await aborted).toContain("its lock was lost");
});

test("entries that are no tasks of ours are dropped with one warning, and the others are done", async () => {
  const key = `exosweep:{${TENANT}}`;
  await queues.add(TENANT, tasks(1));
  await redis.patient.hset(`${key}:evil-1`, { name: "task", data: '{"cmdlet":"Set-Mailbox"}', opts: "{}" });
  await redis.patient.hset(`${key}:evil-2`, { name: "task", data: "{not json", opts: "{}", timestamp: "1" });
  await redis.patient.hset(`${key}:evil-3`, {
    name: "task",
    data: '{"run":"r","line":-1}',
    opts: "not json",
  });
  await redis.patient.rpush(`${key}:wait`, "evil-1", "evil-2", "evil-3", "never-was");
  const { handler, until, seen } = listener(done);
  await queues.consume(TENANT, handler, OPTIONS);
  await until(1);
  await waitFor(async () => expect(await queues.size(TENANT)).toBe(0));
  expect(seen).toHaveLength(1);
  expect(warnings).toEqual(["a queue entry that is no task of ours was dropped"]);
});

test("stop waits for tasks in hand and takes no more", async () => {
  await queues.add(TENANT, tasks(10));
  const { handler, until, seen } = listener(async () => {
    await sleep(300);
    return done();
  });
  const consumer = await queues.consume(TENANT, handler, { ...OPTIONS, concurrency: 4 });
  await until(4);
  expect(consumer.active).toBe(4);
  await Promise.all([consumer.stop(5_000), consumer.stop(5_000)]);
  expect([seen.length, consumer.active, await queues.size(TENANT)]).toEqual([4, 0, 6]);
});

test("stop aborts what takes longer than its grace, and another worker gets it at once", async () => {
  await queues.add(TENANT, tasks(3));
  const signals: AbortSignal[] = [];
  const { handler, until } = listener(({ signal }) => {
    signals.push(signal);
    return new Promise<TaskEnd>(() => {}); // Never ends, whatever it is told.
  });
  const consumer = await queues.consume(TENANT, handler, OPTIONS);
  await until(3);
  const started = performance.now();
  await consumer.stop(100);
  expect(performance.now() - started).toBeLessThan(1_000);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);

  const next = listener(done);
  await queues.consume(TENANT, next.handler, OPTIONS);
  expect((await next.until(3)).map(({ deaths }) => deaths)).toEqual([0, 0, 0]);
});

test("stop said again with no grace aborts at once what the first one still waits for", async () => {
  await queues.add(TENANT, tasks(3));
  const { handler, until } = listener(() => new Promise<TaskEnd>(() => {}));
  const consumer = await queues.consume(TENANT, handler, OPTIONS);
  await until(3);
  const soft = consumer.stop(60_000);
  await consumer.stop(0);
  await soft;
  expect(await queues.size(TENANT)).toBe(3);
});

test("after everything was flushed, tasks in hand are told and new ones are done", async () => {
  await queues.add(TENANT, tasks(5));
  const aborted: number[] = [];
  const { handler, until } = listener(async ({ line, signal }, seen) => {
    if (seen > 5) return done();
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    aborted.push(line);
    return done();
  });
  const consumer = await queues.consume(TENANT, handler, OPTIONS);
  await until(5);
  await redis.patient.flushdb();
  await waitFor(() => expect(aborted.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]));
  await queues.add(TENANT, tasks(20, "run-b"));
  await until(25);
  await waitFor(async () => expect([await queues.size(TENANT), consumer.active]).toEqual([0, 0]));
  expect(Number(await redis.patient.hget(`exosweep:{${TENANT}}:meta`, "opts.maxLenEvents"))).toBe(100);
});
