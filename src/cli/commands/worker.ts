/** `exosweep worker`: works on every open run until it is stopped. */
import type { Command } from "commander";
import { workUntilStopped } from "../../serve-worker.ts";
import type { Host } from "../host.ts";

export function defineWorker(command: Command, host: Host): void {
  command
    .addHelpText("after", "\nLogs go to stderr, one JSON line each; --debug logs every batch and task.")
    .action(
      host.drainingAction(async (session) => {
        const app = await session.app();
        return workUntilStopped(app, ["planner", "tasks", "scheduler"], session.debug);
      }),
    );
}
