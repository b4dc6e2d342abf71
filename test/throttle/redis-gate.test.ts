import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { defaultSettings } from "../../src/config.ts";
import { connectRedis, type RedisHandle } from "../../src/queue/index.ts";
import { Telemetry, type Events } from "../../src/telemetry/index.ts";
import { createRedisGate, type BatchResult, type Gate, type Permit } from "../../src/throttle/index.ts";
import { openTestRedis, startOwnRedis } from "../support/redis.ts";
import { gateContract, isWaiting, KEY, OK, refused } from "./gate.contract.ts";

const settings = defaultSettings({ gate: { leaseMs: 1_000 } });

describe("a gate on Redis", () => {
  gateContract(async () => {
    const redis = await openTestRedis();
    const gate = createRedisGate({ redis, settings, telemetry: new Telemetry() });
    return { gate, places: 3, dispose: () => redis.close() };
  });
});

describe("a gate whose Redis is away", () => {
  gateContract(async () => {
    const away = () => Promise.reject(new Error("away"));
    const redis = { hasty: { evalsha: away, eval: away } };
    return {
      gate: createRedisGate({ redis, settings, telemetry: new Telemetry() }),
      places: 1,
      dispose: async () => {},
    };
  });
});

describe("processes that share a gate", () => {
  let redis: RedisHandle;
  let telemetry: Telemetry;
  let events: Events["gate:throttled"][];
  const gates: Gate[] = [];

  beforeEach(async () => {
    redis = await openTestRedis();
    telemetry = new Telemetry();
    events = [];
    telemetry.on("gate:throttled", (event) => events.push(event));
  });
  afterEach(async () => {
    await Promise.all(gates.splice(0).map((gate) => gate.close()));
    await redis.close();
  });

  function join(overrides: Parameters<typeof defaultSettings>[0] = {}): Gate {
    const gate = createRedisGate({
      redis,
      settings: defaultSettings({ gate: { leaseMs: 1_000, ...overrides.gate }, batch: overrides.batch }),
      telemetry,
    });
    gates.push(gate);
    return gate;
  }
  const enter = (gate: Gate, waiting = 100): Promise<Permit> => gate.enter(KEY, { lane: "sweep", waiting });

  /** Sends batches one after another until `count` went well. */
  async function send(gate: Gate, count: number, result: BatchResult = OK): Promise<void> {
    for (let sent = 0; sent < count; sent += 1) await (await enter(gate)).report(result);
  }

  /** Keeps the window full until it has grown to `window`. */
  async function grow(gate: Gate, window: number): Promise<void> {
    while ((await gate.status(KEY)).window < window) {
      const { window: now } = await gate.status(KEY);
      const out = await Promise.all(Array.from({ length: Math.floor(now) }, () => enter(gate)));
      for (const permit of out) await permit.report(OK);
    }
  }

  test("have one window together, and one's report lets the other go", { retry: 2 }, async () => {
    const [one, other] = [join(), join()];
    const out = await Promise.all([enter(one), enter(one), enter(one)]);
    const waiting = enter(other);
    expect(await isWaiting(waiting, 50)).toBe(true);
    const freedAt = performance.now();
    await out[0]?.report(OK);
    await waiting;
    expect(performance.now() - freedAt).toBeLessThan(200);
  });

  test("leave each other their share while both have work", { retry: 2 }, async () => {
    const four = { gate: { startWindow: 4 } };
    const [one, other] = [join(four), join(four)];
    const sent = new Map<Gate, number>([
      [one, 0],
      [other, 0],
    ]);
    const until = performance.now() + 1_000;
    const work = async (gate: Gate): Promise<void> => {
      while (performance.now() < until) {
        const permit = await enter(gate);
        await sleep(10);
        sent.set(gate, (sent.get(gate) ?? 0) + 1);
        await permit.report({ ...OK, fault: true });
      }
    };
    await Promise.all([
      ...Array.from({ length: 20 }, () => work(one)),
      ...Array.from({ length: 4 }, () => work(other)),
    ]);
    const [a = 0, b = 0] = sent.values();
    expect(Math.min(a, b) / Math.max(a, b)).toBeGreaterThan(0.6);
  });

  test("hear of a closed gate from each other, and send one scout together", async () => {
    const [one, other] = [join(), join()];
    await (await enter(one)).report(refused("tenant", 500));
    const refusedAt = performance.now();
    const both = [enter(one), enter(other)];
    const scout = await Promise.race(both);
    expect(performance.now() - refusedAt).toBeGreaterThanOrEqual(500);
    expect(scout.maxCalls).toBe(1);
    expect(await isWaiting(Promise.all(both), 100)).toBe(true);
    await scout.report({ calls: 1, tookMs: 5 });
    await Promise.all(both);
  });

  test("open again when the scout is silent for longer than a refusal takes", async () => {
    const gate = join({ gate: { startWindow: 6 } });
    await (await enter(gate)).report(refused("tenant", 100));
    const scout = await enter(gate);
    const scoutAt = performance.now();
    await enter(gate);
    expect(performance.now() - scoutAt).toBeLessThan(1_600);
    await scout.report({ calls: 1, tookMs: 5_000 });
  });

  test("send another scout when the first brought no answer", async () => {
    const gate = join();
    await (await enter(gate)).report(refused("tenant", 50));
    const scout = await enter(gate);
    await scout.report({ calls: 1, tookMs: 5, fault: true });
    expect((await enter(gate)).maxCalls).toBe(1);
  });

  test("hold the lease of a batch that takes long", async () => {
    const [one, other] = [join(), join()];
    await Promise.all([enter(one), enter(one), enter(one)]);
    expect(await isWaiting(enter(other), 1_700)).toBe(true);
  });

  test("grow the window while it is full and nothing is refused, up to its bound", async () => {
    const gate = join({ gate: { maxWindow: 8 } });
    await send(gate, 10);
    expect((await gate.status(KEY)).window).toBe(3); // One at a time never filled it.
    await grow(gate, 8);
    await Promise.all(Array.from({ length: 8 }, () => enter(gate)));
    expect(await isWaiting(enter(gate), 50)).toBe(true);
  });

  test("cut the window once per round of refused places, to what was let through", async () => {
    const gate = join();
    await grow(gate, 10);
    const out = await Promise.all(Array.from({ length: 10 }, () => enter(gate)));
    for (const permit of out.slice(0, 6)) await permit.report(refused("slot", 400));
    expect((await gate.status(KEY)).window).toBe(4);
    for (const permit of out.slice(6)) await permit.report(OK);
    await Promise.all(Array.from({ length: 4 }, () => enter(gate)));
    expect((await gate.status(KEY)).closedForMs).toBe(0);
    expect(events.map(({ scope }) => scope)).toEqual(Array.from({ length: 6 }, () => "slot"));
    expect(events[0]?.reaction).toMatch(/^window 10 → \d$/);
  });

  test("wait for a refused place's time when it was the only one", async () => {
    const gate = join({ gate: { startWindow: 1 } });
    await (await enter(gate)).report(refused("slot", 400));
    const refusedAt = performance.now();
    await enter(gate);
    expect(performance.now() - refusedAt).toBeGreaterThanOrEqual(390);
  });

  test("halve the window when the whole tenant is refused, and tell people so", async () => {
    const gate = join();
    await grow(gate, 8);
    await (await enter(gate)).report(refused("tenant", 12_000));
    expect((await gate.status(KEY)).window).toBe(4);
    expect(events).toEqual([
      {
        tenant: KEY.tenantId,
        scope: "tenant",
        retryAfterMs: 12_000,
        reaction: "gate closed for 12 s, window 8 → 4",
      },
    ]);
  });

  test("count refusals of batches that left before the gate closed as one", async () => {
    const gate = join();
    await grow(gate, 8);
    const out = await Promise.all(Array.from({ length: 8 }, () => enter(gate)));
    for (const permit of out) await permit.report(refused("tenant", 1_000));
    expect((await gate.status(KEY)).window).toBe(4);
  });

  test("carry more calls in a batch only while places are full and much is waiting", async () => {
    const gate = join({ gate: { startWindow: 6 } });
    const sizes = async (places: number, waiting: number): Promise<number[]> => {
      const out = await Promise.all(Array.from({ length: places }, () => enter(gate, waiting)));
      for (const permit of out) await permit.report({ ...OK, fault: true });
      return out.map(({ maxCalls }) => maxCalls);
    };
    expect(await sizes(6, 10)).toEqual([10, 10, 10, 10, 10, 10]);
    expect(await sizes(6, 400)).toEqual([10, 10, 10, 10, 10, 20]);
    await (await enter(gate)).report(refused("tenant", 50));
    await (await enter(gate)).report({ calls: 1, tookMs: 5 });
    expect(Math.max(...(await sizes(3, 400)))).toBe(10);
  });

  test("step the size down by 15, 10, 5, 2, 1", async () => {
    const gate = join({ batch: { startCalls: 20 } });
    const sizes: number[] = [];
    for (let step = 0; step < 6; step += 1) {
      const permit = await enter(gate);
      sizes.push(permit.maxCalls);
      await permit.report({ calls: permit.maxCalls, tookMs: 5, tooLarge: true });
    }
    expect(sizes).toEqual([20, 15, 10, 5, 2, 1]);
  });

  test("send no more calls than Rate-Limit-Remaining until its reset", async () => {
    const gate = join();
    await (await enter(gate)).report({ ...OK, rate: { limit: 100, remaining: 12, resetInMs: 600 } });
    const readAt = performance.now();
    let calls = 0;
    while (performance.now() - readAt < 500) {
      const permit = await Promise.race([enter(gate), sleep(500 - (performance.now() - readAt), undefined)]);
      if (!permit) break;
      calls += permit.maxCalls;
      await permit.report({ calls: permit.maxCalls, tookMs: 5 });
    }
    expect(calls).toBeGreaterThan(0);
    expect(calls).toBeLessThanOrEqual(12);
    await enter(gate);
    expect(performance.now() - readAt).toBeGreaterThanOrEqual(590);
  });

  test("find out that Remaining counts requests", async () => {
    const gate = join();
    for (let remaining = 50; remaining > 40; remaining -= 1) {
      await (await enter(gate, 1)).report({ ...OK, rate: { limit: 60, remaining, resetInMs: 30_000 } });
    }
    // Counted in calls, four more batches would spend everything.
    for (let sent = 0; sent < 4; sent += 1) await (await enter(gate, 1)).report(OK);
    expect((await gate.status(KEY)).rate?.remaining).toBe(37);
  });

  test("stop believing a Rate-Limit that was wrong three times", async () => {
    const gate = join();
    for (let time = 0; time < 3; time += 1) {
      await (await enter(gate)).report({ ...OK, rate: { limit: 1_000, remaining: 900, resetInMs: 60_000 } });
      await (await enter(gate)).report(refused("tenant", 10));
      await (await enter(gate)).report({ calls: 1, tookMs: 5 });
    }
    await (await enter(gate)).report({ ...OK, rate: { limit: 1_000, remaining: 0, resetInMs: 60_000 } });
    expect(await isWaiting(enter(gate), 200)).toBe(false);
  });

  test("keep a closed gate closed when Redis loses everything", async () => {
    const [one, other] = [join(), join()];
    await Promise.all([one.status(KEY), other.status(KEY)]);
    await (await enter(one)).report(refused("tenant", 800));
    const refusedAt = performance.now();
    await sleep(50);
    await redis.patient.flushdb();
    await Promise.race([enter(one), enter(other)]);
    expect(performance.now() - refusedAt).toBeGreaterThanOrEqual(800);
  });

  test("are not slowed down by the order of lanes", async () => {
    const gate = join();
    let sent = 0;
    const until = performance.now() + 1_000;
    const work = async (): Promise<void> => {
      while (performance.now() < until) {
        await (await enter(gate, 400)).report({ calls: 10, tookMs: 1 });
        sent += 1;
      }
    };
    await Promise.all(Array.from({ length: 40 }, work));
    expect(sent).toBeGreaterThan(400);
  });
});

describe("a gate that loses Redis", () => {
  test("goes on with its share of the places, honours what it knew, says so, and comes back", async () => {
    await using own = await startOwnRedis();
    const telemetry = new Telemetry();
    const degraded: boolean[] = [];
    const back = Promise.withResolvers<void>();
    telemetry.on("gate:degraded", (event) => {
      degraded.push(event.degraded);
      if (!event.degraded) back.resolve();
    });
    const redis = await connectRedis({ url: own.url, dataDir: "unused" }, telemetry);
    const parts = { redis, settings: defaultSettings({ gate: { startWindow: 6 } }), telemetry };
    const [gate, second] = [
      createRedisGate(parts),
      createRedisGate({ ...parts, telemetry: new Telemetry() }),
    ];
    const enter = (from: Gate): Promise<Permit> => from.enter(KEY, { lane: "audit", waiting: 10 });
    await (await enter(second)).report(OK);
    await (await enter(gate)).report(OK);
    await (await enter(second)).report(OK);

    await own.kill();
    const mine = await Promise.all([enter(gate), enter(gate), enter(gate)]);
    expect(
      await isWaiting(
        enter(gate).then((permit) => permit.cancel()),
        100,
      ),
    ).toBe(true);
    expect(degraded).toEqual([true]);
    expect(await gate.status(KEY)).toMatchObject({ degraded: true, window: 3, inFlight: 3 });
    await mine[0]?.report(refused("tenant", 1_500));
    const refusedAt = performance.now();

    await own.start();
    await back.promise;
    expect(degraded).toEqual([true, false]);
    expect((await second.status(KEY)).closedForMs).toBeGreaterThan(0);
    const scout = await enter(second);
    expect(performance.now() - refusedAt).toBeGreaterThanOrEqual(1_500);
    await scout.cancel();
    await Promise.all(mine.map((permit) => permit.report(OK)));
    await Promise.all([gate.close(), second.close()]);
    await redis.close();
  });

  test("is not held up by a Redis that hangs", async () => {
    await using own = await startOwnRedis();
    const telemetry = new Telemetry();
    const redis = await connectRedis({ url: own.url, dataDir: "unused" }, telemetry);
    const gate = createRedisGate({ redis, settings, telemetry });
    const out = await gate.enter(KEY, { lane: "audit", waiting: 10 });
    own.freeze();
    const frozenAt = performance.now();
    await out.report(OK);
    await (await gate.enter(KEY, { lane: "audit", waiting: 10 })).report(OK);
    expect(performance.now() - frozenAt).toBeLessThan(3_000);
    own.thaw();
    await gate.close();
    await redis.close();
  });
});
