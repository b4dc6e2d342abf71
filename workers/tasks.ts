/** Works on tasks. Scale this one. */
import { catalogue } from "../jobs/index.ts";
import { serveWorker } from "../src/serve-worker.ts";

process.exit(await serveWorker(["tasks"], catalogue));
