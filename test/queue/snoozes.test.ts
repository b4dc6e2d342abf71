import { afterAll, beforeAll, expect, test } from "vitest";
import { createSnoozes, type RedisHandle } from "../../src/queue/index.ts";
import { openTestRedis } from "../support/redis.ts";

let redis: RedisHandle;
beforeAll(async () => {
  redis = await openTestRedis();
});
afterAll(() => redis.close());

test("snoozes of a target add up over processes, apart from other targets, runs and tries, and are forgotten after a week", async () => {
  const [one, other] = [createSnoozes(redis), createSnoozes(redis)];
  const task = { run: "run-1", line: 7 };
  expect(await one.add(task, 0)).toBe(1);
  expect(await other.add(task, 0)).toBe(2);
  expect(await other.add({ run: "run-1", line: 8 }, 0)).toBe(1);
  expect(await other.add({ run: "run-2", line: 7 }, 0)).toBe(1);
  expect(await one.add(task, 1)).toBe(1);
  expect(await redis.patient.pttl("exosweep:snoozes:run-1")).toBeGreaterThan(6 * 24 * 3_600_000);
});
