import { afterEach, beforeEach, expect, test } from "vitest";
import { createTaskQueues, type RedisHandle, type TaskQueues } from "../../src/queue/index.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { openTestRedis } from "../support/redis.ts";

const TENANT = "8f6c1f5e-3f1e-4a59-8d0c-6f3a2b1c0d9e";
const OPTIONS = { concurrency: 20, lockMs: 2_000 };

let redis: RedisHandle;
let queues: TaskQueues;

beforeEach(async () => {
  redis = await openTestRedis();
  queues = createTaskQueues(redis, new Telemetry());
});
afterEach(async () => {
  await queues.close();
  await redis.close();
});

function tasks(count: number, run = "run-a"): { run: string; line: number }[] {
  return Array.from({ length: count }, (_, line) => ({ run, line }));
}

test("every task added is handed out once and is gone when done", async () => {
  await queues.add(TENANT, tasks(120));
  expect(await queues.size(TENANT)).toBe(120);
  const seen: number[] = [];
  const all = Promise.withResolvers<void>();
  const consumer = await queues.consume(
    TENANT,
    async ({ line }) => {
      if (seen.push(line) === 120) all.resolve();
      return { kind: "done" };
    },
    OPTIONS,
  );
  await all.promise;
  await consumer.stop(1_000);
  expect(seen.toSorted((a, b) => a - b)).toEqual(tasks(120).map(({ line }) => line));
  expect(await queues.size(TENANT)).toBe(0);
});
