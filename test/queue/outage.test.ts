import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { connectRedis, createTaskQueues, type TaskEnd } from "../../src/queue/index.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { startOwnRedis, waitFor } from "../support/redis.ts";

const TENANT = "8f6c1f5e-3f1e-4a59-8d0c-6f3a2b1c0d9e";

function tasks(count: number, run = "run-a"): { run: string; line: number }[] {
  return Array.from({ length: count }, (_, line) => ({ run, line }));
}

test("work goes on after Redis was killed and came back, and people are told", async () => {
  await using own = await startOwnRedis();
  const telemetry = new Telemetry();
  const warnings: string[] = [];
  telemetry.on("warning", ({ text }) => warnings.push(text));
  const redis = await connectRedis({ url: own.url, dataDir: "unused" }, telemetry);
  const queues = createTaskQueues(redis, telemetry);
  await queues.add(TENANT, tasks(300));
  const seen = new Set<number>();
  const handler = async ({ line }: { line: number }): Promise<TaskEnd> => {
    await sleep(20);
    seen.add(line);
    return { kind: "done" };
  };
  await queues.consume(TENANT, handler, { concurrency: 10, lockMs: 1_000 });
  await waitFor(() => expect(seen.size).toBeGreaterThan(30));

  await own.kill();
  const added = queues.add(TENANT, [{ run: "run-a", line: 300 }]);
  await own.start();
  await added;
  await waitFor(async () => expect([seen.size, await queues.size(TENANT)]).toEqual([301, 0]));
  expect(warnings).toEqual([
    `Redis at ${own.url} is away: work goes on when it is back`,
    `Redis at ${own.url} is back`,
  ]);
  await queues.close();
  await redis.close();
});
