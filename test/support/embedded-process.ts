/** A process that uses the embedded Redis of a directory: says `PID of the server` on stdout, and leaves it on SIGTERM. */
import { connectRedis } from "../../src/queue/index.ts";
import { Telemetry } from "../../src/telemetry/index.ts";

const redis = await connectRedis({ dataDir: process.argv[2] ?? "" }, new Telemetry());
const pid = /process_id:(\d+)/.exec(await redis.patient.info("server"))?.[1] ?? "";
process.stdout.write(`${pid}\n`);
// The connection keeps this process alive; it must end by itself once that is closed.
process.once("SIGTERM", () => void redis.close());
