/** Starts scheduled runs on time. One is enough; with several, each time still starts one run. */
import { catalogue } from "../jobs/index.ts";
import { serveWorker } from "../src/serve-worker.ts";

process.exit(await serveWorker(["scheduler"], catalogue));
