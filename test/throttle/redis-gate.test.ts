import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { defaultSettings } from "../../src/config.ts";
import { connectRedis, type RedisHandle } from "../../src/queue/index.ts";
import { Telemetry, type Events } from "../../src/telemetry/index.ts";
import { createRedisGate, type Gate, type OrdersRecord, type Permit } from "../../src/throttle/index.ts";
import { faulty, passed, refusedWhole } from "../support/batch-results.ts";
import { openTestRedis, startOwnRedis } from "../support/redis.ts";
import {
  allPassed,
  ask,
  fill,
  gateContract,
  isWaiting,
  KEY,
  ordersContract,
  THREE_PLACES,
} from "./gate.contract.ts";

/** Of this file: what is published is heard in all databases of a server. */
const PREFIX = "redis-gate";
const settings = defaultSettings({ gate: { ...THREE_PLACES, leaseMs: 1_000 } });

/** Key of the gate's state in a Redis of one's own. */
const STATE = `exosweep:gate:{${KEY.tenantId}/${KEY.appId}}:law`;

describe("a gate on Redis", () => {
  const open = async () => {
    const redis = await openTestRedis();
    const gate = createRedisGate({ redis, settings, telemetry: new Telemetry(), prefix: PREFIX });
    return { gate, places: 3, dispose: () => redis.close() };
  };
  gateContract(open);
  ordersContract(open);
});

describe("a gate whose Redis is away", () => {
  gateContract(() => {
    const away = () => Promise.reject(new Error("away"));
    const redis = { hasty: { evalsha: away, eval: away, get: away, set: away } };
    const gate = createRedisGate({ redis, settings, telemetry: new Telemetry() });
    return Promise.resolve({ gate, places: 1, dispose: () => Promise.resolve() });
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

  function join(): Gate {
    const gate = createRedisGate({ redis, settings, telemetry, prefix: PREFIX });
    gates.push(gate);
    return gate;
  }

  test("have one window together, and one's report lets the other go", async () => {
    const [one, other] = [join(), join()];
    const out = await fill(one);
    const waiting = ask(other);
    expect(await isWaiting(waiting, 100)).toBe(true);
    const freedAt = performance.now();
    await out[0]?.report(passed(1));
    await waiting;
    expect(performance.now() - freedAt).toBeLessThan(500);
  });

  test("hear of a closed gate from each other, and send one scout together", async () => {
    const [one, other] = [join(), join()];
    await (await ask(one)).report(refusedWhole(10, "tenant", 500));
    const refusedAt = performance.now();
    const both = [ask(one), ask(other)];
    const scout = await Promise.race(both);
    expect(performance.now() - refusedAt).toBeGreaterThanOrEqual(495);
    expect(scout.maxCalls).toBe(1);
    await scout.report(passed(1, 5));
    await Promise.all(both);
  });

  test("say what they did about a refusal", async () => {
    const gate = join();
    await (await ask(gate)).report(refusedWhole(10, "tenant", 12_000));
    expect(events).toMatchObject([{ tenant: KEY.tenantId, scope: "tenant", retryAfterMs: 12_000 }]);
    expect(events[0]?.reaction).toMatch(/^gate closed for 12 s/);
  });

  test("hold the lease of a batch that takes long", async () => {
    const [one, other] = [join(), join()];
    await fill(one);
    expect(await isWaiting(ask(other), 2_500)).toBe(true);
  });

  test("keep a closed gate closed when Redis loses everything", async () => {
    const [one, other] = [join(), join()];
    await Promise.all([one.status(KEY), other.status(KEY)]);
    await expect.poll(() => redis.patient.pubsub("NUMSUB", `${PREFIX}:gate`)).toEqual([`${PREFIX}:gate`, 1]);
    await (await ask(one)).report(refusedWhole(10, "tenant", 800));
    const refusedAt = performance.now();
    await sleep(50);
    await redis.patient.flushdb();
    await Promise.race([ask(one), ask(other)]);
    expect(performance.now() - refusedAt).toBeGreaterThanOrEqual(795);
  });

  test("go on when Redis loses everything in the middle of their batches", async () => {
    const [one, other] = [join(), join()];
    const out = [...(await fill(one, 2)), ...(await fill(other, 1))];
    await redis.patient.flushall();
    await allPassed(out);
    const again = await fill(one);
    expect(await isWaiting(ask(other), 300)).toBe(true);
    await allPassed(again);
  });

  test("remember what is on the wire when Redis loses everything, and send no more than the places there are", async () => {
    const [one, other] = [join(), join()];
    const out = [...(await fill(one, 2)), ...(await fill(other, 1))];
    // A look at the state, as every process takes one now and then.
    await sleep(settings.gate.leaseMs / 2);
    await redis.patient.flushall();
    const waiting = [ask(one), ask(other)];
    expect(await Promise.all(waiting.map((each) => isWaiting(each, 400)))).toEqual([true, true]);
    expect((await one.status(KEY)).view.inFlight).toBe(3);
    await allPassed(out);
    await allPassed(await Promise.all(waiting));
    expect((await one.status(KEY)).view.inFlight).toBe(0);
  });

  test("tell it to a state that a process which knows of nothing has begun", async () => {
    const one = join();
    const out = await fill(one);
    await redis.patient.flushall();
    const ignorant = join();
    const first = await ask(ignorant);
    expect(await isWaiting(ask(one), 400)).toBe(true);
    expect((await one.status(KEY)).view.inFlight).toBe(4);
    await allPassed([...out, first]);
  });

  test("put back what was learned when Redis loses everything", async () => {
    const gate = join();
    for (let sent = 0; sent < 30; sent += 1) await allPassed([await ask(gate)]);
    await allPassed(await fill(gate));
    const [busy, ...rest] = await fill(gate);
    await busy?.report(refusedWhole(1, "slot"));
    // A look at the state, as every process takes one now and then while it works.
    await sleep(settings.gate.leaseMs / 2);
    await allPassed(rest);
    const before = (await gate.status(KEY)).view;
    await redis.patient.flushall();
    await (await ask(gate)).cancel();
    const after = (await gate.status(KEY)).view;
    expect(after.callsPassed).toBeGreaterThan(before.callsPassed / 2);
    expect(after.windowCeiling).toBe(before.windowCeiling);
    expect(after.windowCeiling).toBeDefined();
  });

  test("keep the operator's orders when Redis loses everything, and hear of new ones", async () => {
    const [one, other] = [join(), join()];
    await one.order(KEY, { maxRate: 500 });
    await (await ask(other)).report(faulty(1));
    await redis.patient.flushdb();
    await (await ask(other)).report(faulty(1));
    expect((await join().status(KEY)).orders).toEqual({ maxRate: 500 });
    await one.order(KEY, { maxRate: 400 });
    await (await ask(other)).report(faulty(1));
    expect((await other.status(KEY)).orders).toEqual({ maxRate: 400 });
  });

  describe("whose orders are written down", () => {
    let written: Map<string, string>;
    beforeEach(() => {
      written = new Map();
    });

    function joinWith(record: OrdersRecord): Gate {
      const gate = createRedisGate({ redis, settings, telemetry, prefix: PREFIX, record });
      gates.push(gate);
      return gate;
    }

    function recorded(): Gate {
      return joinWith({
        read: (gate) => Promise.resolve(written.get(gate)),
        write: (gate, orders) => Promise.resolve(void written.set(gate, orders)),
      });
    }

    test("obey them when Redis lost everything while none of them ran, and tell it again", async () => {
      await recorded().order(KEY, { maxConcurrency: 1 });
      await redis.patient.flushdb();
      const gate = recorded();
      const permit = await ask(gate);
      expect(await isWaiting(ask(gate), 500)).toBe(true);
      expect((await join().status(KEY)).orders).toEqual({ maxConcurrency: 1 });
      await permit.report(passed(1));
    });

    test("show them when Redis lost everything, before anybody sends", async () => {
      await recorded().order(KEY, { maxRate: 7 });
      await redis.patient.flushdb();
      expect((await recorded().status(KEY)).orders).toEqual({ maxRate: 7 });
    });

    test("obey them and not what a Redis says that came back with older ones", async () => {
      await recorded().order(KEY, { maxRate: 700 });
      await recorded().order(KEY, { maxRate: 800 });
      await join().order(KEY, { maxRate: 700 });
      await allPassed([await ask(recorded())]);
      expect((await join().status(KEY)).orders).toEqual({ maxRate: 800 });
    });

    test("go on with what Redis says while the record cannot be read, and refuse what cannot be written", async () => {
      await join().order(KEY, { maxRate: 600 });
      const fails = (): Promise<never> => Promise.reject(new Error("disk full"));
      const gate = joinWith({ read: fails, write: fails });
      await allPassed([await ask(gate)]);
      await expect(gate.order(KEY, {})).rejects.toThrow("disk full");
      expect(await gate.status(KEY)).toMatchObject({ orders: { maxRate: 600 }, degraded: false });
    });
  });

  test("count a tenant and app as one, however their ids are written", async () => {
    const gate = join();
    await fill(gate);
    const shouted = { tenantId: KEY.tenantId.toUpperCase(), appId: KEY.appId.toUpperCase() };
    const other = join().enter(shouted, { lane: "bulk", kind: "read", waiting: 1, maxCalls: 1 });
    expect(await isWaiting(other, 100)).toBe(true);
  });

  test("make two calls of Redis per batch, one before it and one after it", async () => {
    const gate = join();
    await allPassed([await ask(gate)]);
    await redis.patient.config("RESETSTAT");
    for (let sent = 0; sent < 20; sent += 1) {
      await sleep(70); // Slower than any pace: who must wait asks twice.
      await allPassed([await gate.enter(KEY, { lane: "mailbox", kind: "read", waiting: 1, maxCalls: 1 })]);
    }
    const calls = /cmdstat_evalsha:calls=(\d+)/.exec(await redis.patient.info("commandstats"))?.[1];
    // A few more keep the leases, or find that the pace was not quite that slow.
    expect(Number(calls)).toBeLessThanOrEqual(46);
  });
});

describe("a gate that Redis refuses", () => {
  test.each([
    [
      "a script that finds something else where the state should be",
      (own: RedisHandle) => own.patient.lpush(STATE, "not ours"),
      (own: RedisHandle) => own.patient.del(STATE),
      /WRONGTYPE/,
    ],
    [
      "scripts at all",
      (own: RedisHandle) => own.patient.call("ACL", "SETUSER", "default", "-eval", "-evalsha"),
      (own: RedisHandle) => own.patient.call("ACL", "SETUSER", "default", "+eval", "+evalsha"),
      /NOPERM/,
    ],
  ])("%s: says so once, keeps to its own share, and comes back", async (_, refuse, relent, name) => {
    await using own = await startOwnRedis();
    const telemetry = new Telemetry();
    const warnings: Events["warning"][] = [];
    telemetry.on("warning", (event) => warnings.push(event));
    const back = Promise.withResolvers<void>();
    telemetry.on("gate:degraded", ({ degraded }) => {
      if (!degraded) back.resolve();
    });
    const redis = await connectRedis({ url: own.url, dataDir: "unused" }, telemetry);
    const gate = createRedisGate({ redis, settings, telemetry });
    warnings.length = 0;
    await refuse(redis);
    await allPassed([await ask(gate)]);
    await allPassed([await ask(gate)]);
    expect(await gate.status(KEY)).toMatchObject({ degraded: true });
    expect(warnings).toEqual([{ tenant: KEY.tenantId, text: expect.stringMatching(name) }]);
    expect(warnings[0]?.text).toMatch(
      /^Redis refuses what the gate asks of it \(.*\): this process keeps to/,
    );
    expect(warnings[0]?.text).not.toContain("script:");
    await relent(redis);
    await back.promise;
    await allPassed([await ask(gate)]);
    expect(await gate.status(KEY)).toMatchObject({ degraded: false });
    expect(warnings).toHaveLength(1);
    await gate.close();
    await redis.close();
  });
});

describe("a gate that loses Redis", () => {
  test("goes on with its share, honours what it knew, says so, and comes back", async () => {
    await using own = await startOwnRedis();
    const telemetry = new Telemetry();
    const degraded: boolean[] = [];
    const back = Promise.withResolvers<void>();
    telemetry.on("gate:degraded", (event) => {
      degraded.push(event.degraded);
      if (!event.degraded) back.resolve();
    });
    const redis = await connectRedis({ url: own.url, dataDir: "unused" }, telemetry);
    const parts = { redis, settings: defaultSettings({ gate: THREE_PLACES }), telemetry };
    const [gate, second] = [
      createRedisGate(parts),
      createRedisGate({ ...parts, telemetry: new Telemetry() }),
    ];
    await allPassed([await ask(second), await ask(gate)]);
    await allPassed(await fill(gate));

    await own.kill();
    // Two processes were seen to share three places.
    const mine: Permit[] = await fill(gate, 1);
    expect(await isWaiting(ask(gate), 700)).toBe(true);
    expect(degraded).toEqual([true]);
    expect((await gate.status(KEY)).degraded).toBe(true);
    await mine[0]?.report(refusedWhole(1, "tenant", 1_500));
    const refusedAt = performance.now();

    await own.start();
    await back.promise;
    expect(degraded).toEqual([true, false]);
    expect((await second.status(KEY)).closedForMs).toBeGreaterThan(0);
    await (await ask(second)).cancel();
    expect(performance.now() - refusedAt).toBeGreaterThanOrEqual(1_400);
    await allPassed(mine);
    await Promise.all([gate.close(), second.close()]);
    await redis.close();
  });

  test("has all its places again when Redis is back, also those of batches that ended meanwhile", async () => {
    await using own = await startOwnRedis();
    const telemetry = new Telemetry();
    const back = Promise.withResolvers<void>();
    telemetry.on("gate:degraded", ({ degraded }) => {
      if (!degraded) back.resolve();
    });
    const redis = await connectRedis({ url: own.url, dataDir: "unused" }, telemetry);
    // Leases of 30 s: whoever waited for their end would be seen.
    const parts = { redis, settings: defaultSettings({ gate: THREE_PLACES }) };
    const gate = createRedisGate({ ...parts, telemetry });
    const second = createRedisGate({ ...parts, telemetry: new Telemetry() });
    const out = await fill(gate);
    await own.kill();
    await allPassed(out);
    await own.start();
    await back.promise;
    const backAt = performance.now();
    await allPassed(await fill(second));
    expect(performance.now() - backAt).toBeLessThan(5_000);
    expect((await second.status(KEY)).view.inFlight).toBe(0);
    await Promise.all([gate.close(), second.close()]);
    await redis.close();
  });

  test("is not held up by a Redis that hangs", async () => {
    await using own = await startOwnRedis();
    const telemetry = new Telemetry();
    const redis = await connectRedis({ url: own.url, dataDir: "unused" }, telemetry);
    const gate = createRedisGate({ redis, settings, telemetry });
    const out = await ask(gate);
    own.freeze();
    const frozenAt = performance.now();
    await out.report(passed(1));
    await allPassed([await ask(gate)]);
    expect(performance.now() - frozenAt).toBeLessThan(3_000);
    own.thaw();
    await gate.close();
    await redis.close();
  });
});
