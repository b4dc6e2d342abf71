/** `exosweep export`: a run's rows, to a file or to stdout. */
import { Writable } from "node:stream";
import { Option } from "commander";
import type { Command } from "commander";
import { DELIMITERS, EXPORT_FORMATS, exportRun } from "../../reports/index.ts";
import type { Delimiter, ExportFormat } from "../../reports/index.ts";
import type { Host } from "../host.ts";
import { argument } from "../host.ts";
import { findJob } from "../job-parameters.ts";
import type { Session } from "../session.ts";
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
        const { rows, hidden, over } = await exportRun({
          ...options,
          journal: app.journal,
          run,
          job: findJob(app.catalogue, run.job),
          out: out ?? stdoutOf(session),
          signal: session.signals.soft,
        });
        if (out !== undefined) await session.terminal.text(out);
        const left = hidden > 0 ? `, ${count(hidden)} hidden by noise rules (--include-noise)` : "";
        session.terminal.note(`${count(rows)} rows${left}`);
        if (!over) session.terminal.note(`run ${run.id} is not over: a later export may hold more`, "yellow");
      }),
    );
}

/** Stdout as a stream, with all the care of the terminal. */
function stdoutOf({ terminal }: Session): Writable {
  return new Writable({
    decodeStrings: false,
    async write(chunk, _encoding, done) {
      try {
        await terminal.data(String(chunk));
      } catch (error) {
        return done(error instanceof Error ? error : new Error(String(error)));
      }
      done();
    },
  });
}
