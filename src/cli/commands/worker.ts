/** `exosweep worker`: works on every open run until it is stopped. */
import type { Command } from "commander";
import { serveUntilStopped } from "../../process.ts";
import type { Host } from "../host.ts";

export function defineWorker(command: Command, host: Host): void {
  command.action(
    host.drainingAction(async (session) => {
      const app = await session.app();
      const worker = await app.startWorker();
      session.terminal.note(`worker ${worker.id} is working; Ctrl-C stops it, nothing is lost`);
      return serveUntilStopped(worker, session.signals, app.settings.tasks.drainMs, () =>
        session.terminal.note("stopping: letting what is on the wire finish (again to stop at once)"),
      );
    }),
  );
}
