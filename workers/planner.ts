/** Plans open runs: enumerates, feeds, seals. One is enough; a second one takes over when it dies. */
import { catalogue } from "../jobs/index.ts";
import { serveWorker } from "../src/serve-worker.ts";

process.exit(await serveWorker(["planner"], catalogue));
