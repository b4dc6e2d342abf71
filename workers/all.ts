/** Plans, works and keeps to schedules in one process: the default. */
import { catalogue } from "../jobs/index.ts";
import { serveWorker } from "../src/serve-worker.ts";

process.exit(await serveWorker(["planner", "tasks", "scheduler"], catalogue));
