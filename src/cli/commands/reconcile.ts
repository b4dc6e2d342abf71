/** `exosweep reconcile`: the inbox of writes nobody could be sure of, and a person's word about each. */
import type { Command } from "commander";
import { DECISIONS } from "../../runs/index.ts";
import type { DecisionWord } from "../../runs/index.ts";
import { userName } from "../by-hand.ts";
import { EXIT } from "../exit-codes.ts";
import type { Host } from "../host.ts";
import { linesIn } from "../item-filter.ts";
import { argument } from "../host.ts";
import { listPrinter, printRecord } from "../output.ts";
import { printRun } from "../run-report.ts";
import { suggestion, UsageError } from "../usage.ts";
import { DOUBT_COLUMNS, doubtText, doubtView, doubtLine } from "../views/doubt.ts";

export function defineReconcile(reconcile: Command, host: Host): void {
  reconcile.helpCommand(false);
  reconcile
    .command("list [run]")
    .description("writes whose answers were lost and that looking could not settle; of one run, or of all")
    .action(
      host.action(async (session, command) => {
        const app = await session.app();
        const printer = listPrinter(session, session.format === "csv" ? undefined : DOUBT_COLUMNS);
        let found = 0;
        for await (const doubt of app.runs.doubts(command.args[0])) {
          found += 1;
          await printer.add([doubtLine(doubt)]);
        }
        await printer.end();
        if (found > 0) session.terminal.note("next: exosweep reconcile show RUN LINE, then decide");
        return found > 0 ? EXIT.unresolvedWrites : EXIT.ok;
      }),
    );
  reconcile
    .command("show <run> <line>")
    .description("what was planned, announced, sent and seen for one target")
    .action(
      host.action(async (session, command) => {
        const app = await session.app();
        const doubt = await app.runs.doubt(argument(command, 0), lineNamed(argument(command, 1)));
        await printRecord(session, doubtView(doubt), () => doubtText(doubt));
      }),
    );
  reconcile
    .command("decide <run> <lines> <word>")
    .description(
      "your word on a line, or on several (1,5-9): applied (it happened), not-applied (it did not: it is sent again), abandon (leave it). Kept with your name",
    )
    .requiredOption("--because <text>", "how you know; kept with the run")
    .action(
      host.action(async (session, command) => {
        const { because } = command.opts<{ because: string }>();
        // An empty variable in a script is no reason.
        if (because.trim() === "")
          throw new UsageError("Cannot decide without a reason: --because is empty", "say how you know");
        const app = await session.app();
        const lines = argument(command, 1).split(",").flatMap(linesIn);
        const word = wordNamed(argument(command, 2));
        let run = await app.runs.get(argument(command, 0));
        for (const [decided, line] of lines.entries())
          try {
            run = await app.runs.decide(run.id, line, word, userName(session), because);
          } catch (error) {
            // What was said of the lines before it is on record.
            if (decided > 0) session.terminal.note(`decided: ${decided} of ${lines.length} lines`);
            throw error;
          }
        await printRun(session, app, run, {});
        if (word === "not-applied")
          session.terminal.note(
            `${lines.length > 1 ? `${lines.length} are` : "it is"} sent again by the next worker: exosweep runs watch ${run.id}`,
          );
      }),
    );
}

function lineNamed(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new UsageError(`Cannot read the line "${text}"`, "exosweep reconcile list shows line numbers");
}

function wordNamed(text: string): DecisionWord {
  const word = DECISIONS.find((known) => known === text);
  if (word !== undefined) return word;
  throw new UsageError(
    `Cannot decide "${text}"`,
    `${suggestion(text, DECISIONS)}words are: ${DECISIONS.join(", ")}`,
  );
}
