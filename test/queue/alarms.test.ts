import { EventEmitter, once } from "node:events";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { connectRedis, createAlarms, type RedisHandle } from "../../src/queue/index.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { openTestRedis, startOwnRedis } from "../support/redis.ts";

const NIGHTLY = { name: "nightly", pattern: "0 3 * * *", zone: "Europe/Sofia" };
const SOON_MS = 150;

let redis: RedisHandle;
beforeAll(async () => {
  redis = await openTestRedis();
});
afterAll(() => redis.close());

/** Alarms that are due soon, again and again; how often this process was rung, and for what. */
function ringing(handle: RedisHandle, prefix: string) {
  const asked: string[] = [];
  const rung: string[] = [];
  const bell = new EventEmitter();
  const alarms = createAlarms(
    handle,
    new Telemetry(),
    (pattern, zone, afterMs) => {
      asked.push(`${pattern} ${zone}`);
      return afterMs + SOON_MS;
    },
    prefix,
  );
  onTestFinished(() => alarms.close(1_000));
  const listen = (): void =>
    alarms.listen(async (name) => {
      rung.push(name);
      bell.emit("ring");
    });
  return { alarms, asked, rung, listen, next: () => once(bell, "ring") };
}

test("an alarm rings at its time, again and again, in one of the processes that listen", async () => {
  const [one, two] = [ringing(redis, "alarms-1"), ringing(redis, "alarms-1")];
  await one.alarms.keep([NIGHTLY]);
  for (const each of [one, two]) each.listen();
  for (let ring = 0; ring < 3; ring += 1) await Promise.race([one.next(), two.next()]);
  expect(new Set([...one.rung, ...two.rung])).toEqual(new Set(["nightly"]));
  expect(new Set([...one.asked, ...two.asked])).toEqual(new Set(["0 3 * * * Europe/Sofia"]));
});

test("one that is set is left alone, one that is not wanted any more is taken away", async () => {
  const { alarms, asked } = ringing(redis, "alarms-2");
  await alarms.keep([NIGHTLY, { ...NIGHTLY, name: "other" }]);
  await alarms.keep([{ ...NIGHTLY, name: "other" }, NIGHTLY]);
  expect(asked).toHaveLength(2);
  await alarms.keep([{ ...NIGHTLY, pattern: "0 4 * * *" }]);
  expect(asked.at(-1)).toBe("0 4 * * * Europe/Sofia");
  expect(await redis.patient.zrange("alarms-2:{schedules}:repeat", "0", "-1")).toEqual(["nightly"]);
  await alarms.keep([]);
  expect(await redis.patient.zcard("alarms-2:{schedules}:repeat")).toBe(0);
});

test("alarms that were lost with Redis ring again when they are kept again", async () => {
  await using server = await startOwnRedis();
  const handle = await connectRedis({ url: server.url, dataDir: "unused" }, new Telemetry());
  onTestFinished(() => handle.close());
  const { alarms, listen, next, rung } = ringing(handle, "exosweep");
  await alarms.keep([NIGHTLY]);
  listen();
  await next();
  await handle.patient.flushall();
  const before = rung.length;
  await alarms.keep([NIGHTLY]);
  await next();
  expect(rung.length).toBeGreaterThan(before);
  await alarms.close(1_000);
});

test("closing does not wait for a Redis that is away", async () => {
  await using server = await startOwnRedis();
  const handle = await connectRedis({ url: server.url, dataDir: "unused" }, new Telemetry());
  onTestFinished(() => handle.close());
  const { alarms, listen, next } = ringing(handle, "exosweep");
  await alarms.keep([NIGHTLY]);
  listen();
  await next();
  await server.kill();
  const startedMs = performance.now();
  await alarms.close(200);
  expect(performance.now() - startedMs).toBeLessThan(2_000);
});
