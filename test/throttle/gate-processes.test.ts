import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { defaultSettings } from "../../src/config.ts";
import type { RedisHandle } from "../../src/queue/index.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { createRedisGate } from "../../src/throttle/index.ts";
import { openTestRedis, testRedisUrl } from "../support/redis.ts";
import { ask, isWaiting, THREE_PLACES } from "./gate.contract.ts";

const PROGRAM = join(import.meta.dirname, "..", "support", "gate-process.ts");

let redis: RedisHandle;
const children: ChildProcess[] = [];

beforeEach(async () => {
  redis = await openTestRedis();
});
afterEach(async () => {
  await Promise.all(children.splice(0).map(kill));
  await redis.close();
});

async function start(mode: string, argument: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [PROGRAM, testRedisUrl(), mode, argument], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  await once(child.stdout, "data");
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

/** Answers batches and says when each came; refuses all with `retryAfterMs` from the `refuseFrom`-th on, for a moment. */
async function serve(
  refuseFrom: number,
  retryAfterMs: number,
): Promise<{ server: Server; arrivals: number[]; refusedAt: () => number }> {
  const arrivals: number[] = [];
  let refusedAt = 0;
  const server = createServer((request, response) => {
    arrivals.push(performance.now());
    request.resume();
    const refuse =
      arrivals.length >= refuseFrom && (refusedAt === 0 || performance.now() - refusedAt < retryAfterMs);
    if (refuse && refusedAt === 0) refusedAt = performance.now();
    if (refuse) response.writeHead(429, { "retry-after": String(retryAfterMs / 1_000) }).end();
    else setTimeout(() => response.end("{}"), 15);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, arrivals, refusedAt: () => refusedAt };
}

test("no process sends before a Retry-After has passed that one of them was told", async () => {
  const retryAfterMs = 2_000;
  const { server, arrivals, refusedAt } = await serve(60, retryAfterMs);
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/`;
  await Promise.all([start("send", url), start("send", url)]);
  const after = (): number[] => arrivals.filter((at) => refusedAt() > 0 && at >= refusedAt() + retryAfterMs);
  while (after().length < 2) await sleep(20);

  // What was on its way when the refusal left may still come in; nothing else may.
  const early = arrivals.filter((at) => at > refusedAt() + 300 && at < refusedAt() + retryAfterMs);
  expect(early).toEqual([]);
  server.closeAllConnections();
  server.close();
});

test("what a killed process held is free again when its leases are over, and not before", async () => {
  const child = await start("hold", "3");
  const settings = defaultSettings({ gate: { ...THREE_PLACES, leaseMs: 2_000 } });
  const gate = createRedisGate({ redis, settings, telemetry: new Telemetry() });
  const mine = ask(gate);
  // Longer than a lease: the child lives and renews.
  expect(await isWaiting(mine, 2_500)).toBe(true);
  await kill(child);
  const killedAt = performance.now();
  await mine;
  expect(performance.now() - killedAt).toBeLessThan(5_000);
  await gate.close();
});
