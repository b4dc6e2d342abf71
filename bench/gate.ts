/**
 * What the gate costs: `node bench/gate.ts [SECONDS]`. Ten tenants, together 500 batches a second of 20 calls, one private Redis, no service:
 * a batch is a timer of 200 ms. Prints how long a decision takes, how often Redis is asked per batch, and the CPU of both sides per call.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { defaultSettings } from "../src/config.ts";
import { connectRedis } from "../src/queue/index.ts";
import { Telemetry } from "../src/telemetry/index.ts";
import { createRedisGate } from "../src/throttle/index.ts";

const TENANTS = 10;
const BATCHES_PER_SECOND = 500;
const BATCH_MS = 200;
const CALLS = 20;
const WARM_MS = 15_000;

const seconds = Number(process.argv[2] ?? 15);
const dataDir = mkdtempSync(join(tmpdir(), "exosweep-bench-gate-"));
const telemetry = new Telemetry();
const redis = await connectRedis({ dataDir }, telemetry);

const decisions: number[] = [];
let trips = 0;
const timed =
  (run: (first: string, keys: number, ...rest: string[]) => Promise<unknown>) =>
  async (first: string, keys: number, ...rest: string[]): Promise<unknown> => {
    const startedAt = performance.now();
    const answer = await run(first, keys, ...rest);
    trips += 1;
    decisions.push(performance.now() - startedAt);
    return answer;
  };
const { hasty } = redis;
const gate = createRedisGate({
  redis: {
    hasty: {
      evalsha: timed((...words) => hasty.evalsha(...words)),
      eval: timed((...words) => hasty.eval(...words)),
      get: (key) => hasty.get(key),
      set: (key: string, value: string, condition?: "NX") =>
        condition === undefined ? hasty.set(key, value) : hasty.set(key, value, condition),
    },
    subscribe: (channel, listener) => redis.subscribe(channel, listener),
  },
  settings: defaultSettings(),
  telemetry,
});

let sent = 0;
let calls = 0;
let waiting = 0;
const stop = new AbortController();

async function batch(tenant: number): Promise<void> {
  waiting += 1;
  const key = { tenantId: `tenant-${tenant}`, appId: "bench" };
  const permit = await gate.enter(key, { lane: "mailbox", kind: "read", waiting: 1_000, maxCalls: CALLS });
  waiting -= 1;
  await sleep(BATCH_MS);
  sent += 1;
  calls += permit.maxCalls;
  await permit.report({
    calls: permit.maxCalls,
    tookMs: BATCH_MS,
    passed: permit.maxCalls,
    slotRefused: 0,
    refused: 0,
    passedBy: 0,
    knownBusy: 0,
    whole: false,
    tooLarge: false,
    fault: false,
  });
}

/** Starts batches at the pace, as long as the tenant's line is short. */
async function drive(): Promise<void> {
  let due = performance.now();
  for (let turn = 0; !stop.signal.aborted; turn += 1) {
    due += 1_000 / BATCHES_PER_SECOND;
    await sleep(Math.max(0, due - performance.now()));
    if (waiting < 20 * TENANTS) batch(turn % TENANTS).catch(() => {});
  }
}

async function redisCpuMs(): Promise<number> {
  const info = await redis.patient.info("cpu");
  const read = (name: string): number => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1] ?? 0);
  return (read("used_cpu_sys") + read("used_cpu_user")) * 1_000;
}

const driving = drive();
await sleep(WARM_MS);
decisions.length = 0;
[sent, calls, trips] = [0, 0, 0];
const startedAt = performance.now();
const [ownBefore, redisBefore] = [process.cpuUsage(), await redisCpuMs()];
await sleep(seconds * 1_000);
const own = process.cpuUsage(ownBefore);
const redisMs = (await redisCpuMs()) - redisBefore;
const tookS = (performance.now() - startedAt) / 1_000;
const measured = decisions.toSorted((one, other) => one - other);
const at = (share: number): string => (measured[Math.floor(share * (measured.length - 1))] ?? 0).toFixed(2);
const ownMs = (own.user + own.system) / 1_000;
process.stdout.write(
  [
    `${(sent / tookS).toFixed(0)} batches/s of ${(calls / Math.max(1, sent)).toFixed(1)} calls over ${TENANTS} tenants`,
    `a decision takes ${at(0.5)} ms (median), ${at(0.99)} ms (p99), ${at(1)} ms (most)`,
    `${(trips / Math.max(1, sent)).toFixed(2)} round trips a batch`,
    `CPU per call: ${(ownMs / Math.max(1, calls)).toFixed(4)} ms here, ${(redisMs / Math.max(1, calls)).toFixed(4)} ms in Redis`,
    `CPU per batch: ${(ownMs / Math.max(1, sent)).toFixed(3)} ms here, ${(redisMs / Math.max(1, sent)).toFixed(3)} ms in Redis`,
    "",
  ].join("\n"),
);
stop.abort();
await driving;
await gate.close();
await redis.close();
rmSync(dataDir, { recursive: true, force: true });
