/**
 * A worker process of its own that takes tasks and never ends them, for tests with real kills.
 * Arguments: URL of Redis, tenant, lock in ms. Says `took LINE` on stdout for each task. On SIGTERM it closes everything, and must then end by itself.
 */
import { connectRedis, createTaskQueues, type TaskEnd } from "../../src/queue/index.ts";
import { Telemetry } from "../../src/telemetry/index.ts";

const [url = "", tenant = "", lockMs = ""] = process.argv.slice(2);
const redis = await connectRedis({ url, dataDir: "unused" }, new Telemetry());
const queues = createTaskQueues(redis, new Telemetry());
const consumer = await queues.consume(
  tenant,
  ({ line }) => {
    process.stdout.write(`took ${line}\n`);
    return new Promise<TaskEnd>(() => {});
  },
  { concurrency: 10, lockMs: Number(lockMs) },
);

async function stop(): Promise<void> {
  await consumer.stop(200);
  await queues.close();
  await redis.close();
}
process.once("SIGTERM", () => void stop());
