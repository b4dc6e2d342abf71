/** `exosweep export`: a run's rows, to a file or to stdout. */
import { Option } from "commander";
import type { Command } from "commander";
import { DELIMITERS, EXPORT_FORMATS, exportRun, ReportError } from "../../reports/index.ts";
import type { Delimiter, ExportFormat } from "../../reports/index.ts";
import { errorCode } from "../error-code.ts";
import type { Host } from "../host.ts";
import { argument } from "../host.ts";
import { findJob } from "../job-parameters.ts";
import { StdoutClosed } from "../terminal.ts";
import { count } from "../words.ts";

interface ExportOptions {
  readonly format: ExportFormat;
  readonly out?: string;
  readonly includeNoise?: boolean;
  readonly raw?: boolean;
  readonly delimiter?: Delimiter;
}

export function defineExport(command: Command, host: Host): void {
  command
    .argument("<run>", "its id, or the beginning of it")
    .addOption(new Option("--format <format>", "what to write").choices(EXPORT_FORMATS).makeOptionMandatory())
    .option("--out <file>", "where to; stdout when absent")
    .option("--include-noise", "also rows that are hidden by noise rules")
    .option("--raw", "CSV: leave cells that look like formulas as they are")
    .addOption(new Option("--delimiter <character>", "CSV: between cells").choices(DELIMITERS))
    .action(
      host.action(async (session, command) => {
        const { out, ...options } = command.opts<ExportOptions>();
        const app = await session.app();
        const run = await app.runs.get(argument(command, 0));
        try {
          const { rows, hidden, over } = await exportRun({
            ...options,
            journal: app.journal,
            run,
            job: findJob(app.catalogue, run.job),
            out: out ?? process.stdout,
            signal: session.signals.soft,
          });
          if (out !== undefined) await session.terminal.text(out);
          session.terminal.note(
            `${count(rows)} rows${hidden > 0 ? `, ${count(hidden)} hidden by noise rules (--include-noise)` : ""}`,
          );
          if (!over)
            session.terminal.note(`run ${run.id} is not over: a later export may hold more`, "yellow");
        } catch (error) {
          if (out === undefined && error instanceof ReportError && errorCode(error.cause) === "EPIPE")
            throw new StdoutClosed("Nobody reads stdout", { cause: error });
          throw error;
        }
      }),
    );
}
