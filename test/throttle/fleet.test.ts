import { afterAll, beforeAll, expect, test } from "vitest";
import { defaultSettings } from "../../src/config.ts";
import type { RedisHandle } from "../../src/queue/index.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { createRedisGate, type Gate, type GateKey, type Permit } from "../../src/throttle/index.ts";
import { passed, refusedWhole } from "../support/batch-results.ts";
import { openTestRedis } from "../support/redis.ts";
import { isWaiting } from "./gate.contract.ts";

const TENANTS = 50;
const BATCHES = 40;

let redis: RedisHandle;
let gate: Gate;

beforeAll(async () => {
  redis = await openTestRedis();
  gate = createRedisGate({ redis, settings: defaultSettings(), telemetry: new Telemetry(), prefix: "fleet" });
});
afterAll(async () => {
  await gate.close();
  await redis.close();
});

function tenant(number: number): GateKey {
  return { tenantId: `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`, appId: "app" };
}

function ask(number: number): Promise<Permit> {
  return gate.enter(tenant(number), { lane: "mailbox", kind: "read", waiting: 1_000, maxCalls: 20 });
}

/** Sends that many batches of one tenant. @returns ms */
async function work(number: number): Promise<number> {
  const startedAt = performance.now();
  for (let sent = 0; sent < BATCHES; sent += 1) {
    const permit = await ask(number);
    await permit.report(passed(permit.maxCalls, 5));
  }
  return performance.now() - startedAt;
}

test("fifty tenants share one process, and one that is stuck slows none of the others", async () => {
  const numbers = Array.from({ length: TENANTS - 1 }, (_, index) => index + 1);
  const calmMs = Math.max(...(await Promise.all(numbers.map(work))));

  const stuck = Array.from({ length: 200 }, () => ask(0));
  const first = await Promise.race(stuck);
  await first.report(refusedWhole(first.maxCalls, "tenant", 3_600_000));
  const stuckMs = Math.max(...(await Promise.all(numbers.map(work))));

  expect((await gate.status(tenant(0))).closedForMs).toBeGreaterThan(3_000_000);
  expect(await isWaiting(ask(0), 50)).toBe(true);
  expect((await gate.status(tenant(1))).closedForMs).toBe(0);
  // The other work was the same; what it took may differ by what else this machine does.
  expect(stuckMs).toBeLessThan(2 * calmMs + 1_000);
  await Promise.race([gate.close(), Promise.allSettled(stuck)]);
});
