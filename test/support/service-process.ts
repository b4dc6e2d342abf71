/** A process that serves until it is stopped, for tests of `src/process.ts`. Arguments: how long draining takes, and how long it may. */
import { setTimeout as sleep } from "node:timers/promises";
import { listenForStop, serveUntilStopped } from "../../src/process.ts";

const [drainMs = 0, allowedMs = 1_000, hardMs = 0] = process.argv.slice(2).map(Number);
const enough = new AbortController();
using signals = listenForStop();
const keepAlive = setInterval(() => {}, 1_000);
const service = {
  async stop(graceMs: number): Promise<void> {
    process.stdout.write(`stop ${graceMs}\n`);
    if (graceMs === 0) {
      await sleep(hardMs);
      enough.abort();
      return;
    }
    await sleep(drainMs, undefined, { signal: enough.signal }).catch(() => undefined); // stopped hard
  },
};
process.stdout.write("ready\n");
const exitCode = await serveUntilStopped(service, signals, allowedMs, () =>
  process.stdout.write("stopping\n"),
);
clearInterval(keepAlive);
process.stdout.write("stopped\n");
process.exit(exitCode);
