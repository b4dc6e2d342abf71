/** `exosweep runs`: the list of runs, and the commands for one of them. */
import type { Command } from "commander";
import type { Host } from "../host.ts";
import { printList } from "../output.ts";
import { wholeNumber } from "../scope-words.ts";
import { suggestion, UsageError } from "../usage.ts";
import { RUN_COLUMNS, runLine } from "../views/run.ts";
import { defineLook } from "./runs-look.ts";
import { defineSteer } from "./runs-steer.ts";

export function defineRuns(runs: Command, host: Host): void {
  runs.helpCommand(false);
  defineList(runs, host);
  defineLook(runs, host);
  defineSteer(runs, host);
}

function defineList(runs: Command, host: Host): void {
  runs
    .command("list [words...]", { isDefault: true })
    .usage("[options]")
    .description("newest first (also: exosweep runs)")
    .option("--open", "only those that are not over")
    .option("--tenant <name>", "only those of this tenant")
    .option("--limit <count>", "at most so many")
    .action(
      host.action(async (session, command) => {
        const word = command.args[0];
        if (word !== undefined) throw unknownCommand(word, runs);
        const { open, tenant, limit } = command.opts<{ open?: boolean; tenant?: string; limit?: string }>();
        const app = await session.app();
        const found = await app.runs.list({
          ...(open === undefined ? {} : { open }),
          ...(tenant === undefined ? {} : { tenant }),
          ...(limit === undefined ? {} : { limit: wholeNumber("--limit", limit, 1) }),
        });
        await printList(session, found.map(runLine), RUN_COLUMNS);
        if (found.length === 0)
          session.terminal.note("no runs yet: start one with exosweep run, or try exosweep demo");
      }),
    );
}

function unknownCommand(word: string, parent: Command): UsageError {
  const names = parent.commands.map((command) => command.name());
  return new UsageError(`Unknown command '${word}'`, `${suggestion(word, names)}see "exosweep runs --help"`);
}
