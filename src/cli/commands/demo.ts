/** `exosweep demo`: everything at once, on a pretend tenant. */
import type { Command } from "commander";
import type { Host } from "../host.ts";
import { wholeNumber } from "../scope-words.ts";
import { runDemo } from "../demo.ts";

interface Options {
  readonly mailboxes?: string;
  readonly throttle?: string;
  readonly workers?: string;
}

export function defineDemo(command: Command, host: Host): void {
  command
    .option("--mailboxes <count>", "in the pretend tenant (2000 when absent)")
    .option("--throttle <profile>", "limits and delays of the pretend service (demo when absent)")
    .option("--workers <count>", "worker processes (2 when absent)")
    .action(
      host.drainingAction(async (session, command) => {
        const { mailboxes, throttle, workers } = command.opts<Options>();
        return runDemo(session, {
          ...(mailboxes === undefined
            ? {}
            : { mailboxes: wholeNumber("--mailboxes", mailboxes, 1, 1_000_000) }),
          ...(throttle === undefined ? {} : { throttle }),
          ...(workers === undefined ? {} : { workers: wholeNumber("--workers", workers, 1, 64) }),
        });
      }),
    );
}
