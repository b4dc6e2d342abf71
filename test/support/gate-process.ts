/**
 * A process of its own that sends through the gate, for tests with real processes and real kills.
 * Arguments: URL of Redis, then `hold COUNT` (takes places and keeps them) or `send URL` (posts batches one after another, four at a time).
 * Says `ready` on stdout when it is under way.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { defaultSettings } from "../../src/config.ts";
import { connectRedis } from "../../src/queue/index.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { createRedisGate } from "../../src/throttle/index.ts";
import { passed, refusedWhole } from "./batch-results.ts";

const [redisUrl = "", mode = "", argument = ""] = process.argv.slice(2);
const key = {
  tenantId: "8f6c1f5e-3f1e-4a59-8d0c-6f3a2b1c0d9e",
  appId: "0d9e8f6c-4a59-3f1e-8d0c-6f3a2b1c0d9e",
};
const telemetry = new Telemetry();
const redis = await connectRedis({ url: redisUrl, dataDir: "unused" }, telemetry);
const gate = createRedisGate({
  redis,
  settings: defaultSettings({ gate: { startWindow: 3, maxWindow: 3, leaseMs: 2_000 } }),
  telemetry,
});

async function sendForEver(): Promise<never> {
  for (;;) {
    const permit = await gate.enter(key, { lane: "mailbox", kind: "read", waiting: 400, maxCalls: 20 });
    const sentAt = performance.now();
    const response = await fetch(argument, {
      method: "POST",
      body: JSON.stringify({ calls: permit.maxCalls }),
    });
    await response.text();
    const retryAfter = response.headers.get("retry-after");
    await permit.report(
      response.status === 429
        ? refusedWhole(permit.maxCalls, "tenant", Number(retryAfter) * 1_000)
        : passed(permit.maxCalls, performance.now() - sentAt),
    );
  }
}

if (mode === "hold") {
  await Promise.all(
    Array.from({ length: Number(argument) }, () =>
      gate.enter(key, { lane: "mailbox", kind: "read", waiting: 1, maxCalls: 1 }),
    ),
  );
  process.stdout.write("ready\n");
  await sleep(600_000);
} else {
  process.stdout.write("ready\n");
  await Promise.all(Array.from({ length: 4 }, sendForEver));
}
