/** `exosweep runs show|watch|items|verify`: what became of a run. */
import type { Command } from "commander";
import { verifyBundle } from "../../journal/index.ts";
import type { BundleVerification } from "../../journal/index.ts";
import { splitId } from "../../reports/index.ts";
import { EXIT } from "../exit-codes.ts";
import { follow } from "../follow.ts";
import type { Host } from "../host.ts";
import { argument } from "../host.ts";
import { filterOf, withFilter } from "../item-filter.ts";
import type { ItemOptions } from "../item-filter.ts";
import { listPrinter, printRecord } from "../output.ts";
import { reportedRuns } from "../reported-runs.ts";
import { printRun } from "../run-report.ts";
import { readRules, type RulesOptions, withRules } from "../rules-file.ts";
import type { Session } from "../session.ts";
import { UsageError } from "../usage.ts";
import { ITEM_COLUMNS, itemView } from "../views/item.ts";
import { verificationText, verificationView } from "../views/verification.ts";

export function defineLook(runs: Command, host: Host): void {
  withRules(runs.command("show <run>"))
    .description("one run as it stands, or one part of it (RUN:PART); -o json for the whole record")
    .action(
      host.action(async (session, command) => {
        const rules = await readRules(session, command.opts<RulesOptions>().rules);
        const app = await session.app();
        const text = argument(command, 0);
        const { whole, each } = await reportedRuns(app, text);
        const [part] = splitId(text).part === undefined ? [] : each;
        await printRun(session, app, part?.run ?? whole, { rules });
      }),
    );
  withRules(runs.command("watch <run>"))
    .description("its progress until it is over or paused; works on it when no worker is alive")
    .action(
      host.drainingAction(async (session, command) => {
        const rules = await readRules(session, command.opts<RulesOptions>().rules);
        const app = await session.app();
        const { id } = await app.runs.get(argument(command, 0));
        const { run, exitCode } = await follow(session, app, id);
        return printRun(session, app, run, { exitCode, rules });
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
    .command("verify [run]")
    .usage("[options] <run>")
    .description(
      "recount everything from the single lines up, and follow the chain of outcomes; exits with 1 when something does not add up",
    )
    .option("--bundle <file>", "in place of a run: a bundle written by exosweep export, without any journal")
    .option("--head <hex>", "a head of its chain that you noted before: it must still be in it")
    .action(
      host.action(async (session, command) => {
        const verified = await verify(session, command);
        await printRecord(session, verificationView(verified), () => verificationText(verified));
        return verified.problems.length === 0 ? EXIT.ok : EXIT.unexpected;
      }),
    );
}

async function verify(session: Session, command: Command): Promise<BundleVerification> {
  const { bundle, head } = command.opts<{ bundle?: string; head?: string }>();
  const [run] = command.args;
  const noted = head === undefined ? undefined : headOf(head);
  if (bundle !== undefined && run === undefined) return verifyBundle(bundle, noted);
  if (bundle !== undefined || run === undefined)
    throw new UsageError("Cannot verify: name either a run or a bundle", "try: exosweep runs verify RUN");
  const app = await session.app();
  const { id } = await app.runs.get(run);
  return { run: id, ...(await app.runs.verify(id, noted)) };
}

function headOf(text: string): string {
  const head = text.toLowerCase();
  if (/^[0-9a-f]{32}$/.test(head)) return head;
  throw new UsageError(
    `Cannot compare with the head "${text}": a head has 32 hex digits`,
    "take it from exosweep runs show, as it was noted",
  );
}
