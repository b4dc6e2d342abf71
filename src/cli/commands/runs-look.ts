/** `exosweep runs show|watch|items|verify`: what became of a run. */
import type { Command } from "commander";
import { EXIT } from "../exit-codes.ts";
import { follow } from "../follow.ts";
import type { Host } from "../host.ts";
import { argument } from "../host.ts";
import { filterOf, withFilter } from "../item-filter.ts";
import type { ItemOptions } from "../item-filter.ts";
import { listPrinter, printRecord } from "../output.ts";
import { printRun } from "../run-report.ts";
import { ITEM_COLUMNS, itemView } from "../views/item.ts";
import { verificationText, verificationView } from "../views/verification.ts";

export function defineLook(runs: Command, host: Host): void {
  runs
    .command("show <run>")
    .description("one run as it stands; -o json for the whole record")
    .action(
      host.action(async (session, command) => {
        const app = await session.app();
        await printRun(session, app, await app.runs.get(argument(command, 0)), {});
      }),
    );
  runs
    .command("watch <run>")
    .description("its progress until it is over or paused; works on it when no worker is alive")
    .action(
      host.drainingAction(async (session, command) => {
        const app = await session.app();
        const { id } = await app.runs.get(argument(command, 0));
        const { run, exitCode } = await follow(session, app, id);
        return printRun(session, app, run, { exitCode });
      }),
    );
  withFilter(runs.command("items <run>"))
    .description("its mailboxes and bulk reads, each with its outcome")
    .option("--pending", "only those without an outcome")
    .action(
      host.action(async (session, command) => {
        const app = await session.app();
        const { id } = await app.runs.get(argument(command, 0));
        const printer = listPrinter(session, session.format === "csv" ? undefined : ITEM_COLUMNS);
        for await (const targets of app.runs.items(id, filterOf(command.opts<ItemOptions>())))
          await printer.add(targets.map(itemView));
        await printer.end();
      }),
    );
  runs
    .command("verify <run>")
    .description("recount everything from the single lines up; exits with 1 when something does not add up")
    .action(
      host.action(async (session, command) => {
        const app = await session.app();
        const { id } = await app.runs.get(argument(command, 0));
        const verified = await app.runs.verify(id);
        await printRecord(session, verificationView(id, verified), () => verificationText(id, verified));
        return verified.problems.length === 0 ? EXIT.ok : EXIT.unexpected;
      }),
    );
}
