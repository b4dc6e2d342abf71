import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connectRedis, createTaskQueues, type Delivery } from "../../src/queue/index.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { openTestRedis, startOwnRedis, testRedisUrl, waitFor } from "../support/redis.ts";

const TENANT = "8f6c1f5e-3f1e-4a59-8d0c-6f3a2b1c0d9e";
const PROGRAM = join(import.meta.dirname, "..", "support", "task-process.ts");
const LOCK_MS = 1_000;

function tasks(count: number): { run: string; line: number }[] {
  return Array.from({ length: count }, (_, line) => ({ run: "run-a", line }));
}

/** Starts a worker and waits until it holds `count` tasks. */
async function startHolding(url: string, count: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [PROGRAM, url, TENANT, String(LOCK_MS)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await waitFor(() => expect(said.split("\n").length - 1).toBe(count));
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

test("a killed worker's tasks come to the next one within three locks, with its deaths counted", async () => {
  const redis = await openTestRedis();
  const queues = createTaskQueues(redis, new Telemetry());
  await queues.add(TENANT, tasks(4));
  await kill(await startHolding(testRedisUrl(), 4));
  await kill(await startHolding(testRedisUrl(), 4));

  const killedAt = performance.now();
  const seen: Delivery[] = [];
  await queues.consume(
    TENANT,
    async (delivery) => {
      seen.push(delivery);
      return { kind: "done" };
    },
    { concurrency: 10, lockMs: LOCK_MS },
  );
  await waitFor(() => expect(seen).toHaveLength(4));
  expect(performance.now() - killedAt).toBeLessThan(3 * LOCK_MS);
  expect(seen.map(({ deaths }) => deaths)).toEqual([2, 2, 2, 2]);
  await queues.close();
  await redis.close();
});

test.for(["there", "away", "hanging"])(
  "a worker that closed everything ends by itself with Redis %s",
  async (state) => {
    await using own = await startOwnRedis();
    const redis = await connectRedis({ url: own.url, dataDir: "unused" }, new Telemetry());
    const queues = createTaskQueues(redis, new Telemetry());
    await queues.add(TENANT, tasks(3));
    await queues.close();
    await redis.close();
    const child = await startHolding(own.url, 3);
    if (state === "away") await own.kill();
    if (state === "hanging") own.freeze();
    const ended = once(child, "exit");
    const stoppedAt = performance.now();
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
    expect(performance.now() - stoppedAt).toBeLessThan(8_000);
  },
);
