import { afterEach, beforeEach, expect, test } from "vitest";
import { createDeathMarks, createPresence, type RedisHandle } from "../../src/queue/index.ts";
import { openTestRedis, waitFor } from "../support/redis.ts";

let redis: RedisHandle;

beforeEach(async () => {
  redis = await openTestRedis();
});
afterEach(() => redis.close());

test("workers are alive from their announcement until they leave", async () => {
  const presence = createPresence(redis, 5_000);
  await presence.announce("host/1:7", "tasks");
  await presence.announce("host/2", "planner");
  await presence.announce("host/2", "planner");
  expect(await presence.alive()).toEqual(
    expect.arrayContaining([
      { worker: "host/1:7", role: "tasks" },
      { worker: "host/2", role: "planner" },
    ]),
  );
  await presence.leave("host/2");
  expect(await presence.alive()).toEqual([{ worker: "host/1:7", role: "tasks" }]);
});

test("a worker that says nothing more is forgotten", async () => {
  const presence = createPresence(redis, 100);
  await presence.announce("a", "tasks");
  expect(await presence.alive()).toHaveLength(1);
  await waitFor(async () => expect(await presence.alive()).toEqual([]));
});

test("marks count per target and can be cleared", async () => {
  const marks = createDeathMarks(redis);
  const task = { run: "run-a", line: 7 };
  expect(await marks.count(task)).toBe(0);
  expect(await marks.mark(task)).toBe(1);
  expect(await marks.mark(task)).toBe(2);
  await marks.unmark(task);
  expect(await marks.count(task)).toBe(1);
  expect(await marks.count({ ...task, line: 8 })).toBe(0);
  await marks.clear(task);
  expect(await marks.count(task)).toBe(0);
});

test("a mark that is taken back after Redis was emptied is no mark", async () => {
  const marks = createDeathMarks(redis);
  const task = { run: "run-a", line: 7 };
  await marks.unmark(task);
  expect(await marks.count(task)).toBe(0);
  expect(await redis.patient.pttl("exosweep:deaths:run-a")).toBeGreaterThan(24 * 3_600_000);
});

test("marks of an old run are forgotten by themselves", async () => {
  await createDeathMarks(redis).mark({ run: "run-a", line: 7 });
  expect(await redis.patient.pttl("exosweep:deaths:run-a")).toBeGreaterThan(24 * 3_600_000);
});
