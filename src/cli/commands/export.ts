/** `exosweep export`: a run's rows, to a file or to stdout. */
import { Option } from "commander";
import type { Command } from "commander";
import type { RunRecord } from "../../journal/index.ts";
import {
  canFill,
  completenessOf,
  DELIMITERS,
  EXPORT_FORMATS,
  exportBundle,
  exportRun,
  HEADERS,
  isBinary,
} from "../../reports/index.ts";
import type { Delimiter, Exported, ExportFormat, Headers } from "../../reports/index.ts";
import type { Host } from "../host.ts";
import { argument } from "../host.ts";
import { listPrinter, printRecord } from "../output.ts";
import {
  partFile,
  refuseTogether,
  type Reported,
  reportedRuns,
  type ReportedRuns,
  RUN_OR_PART,
} from "../reported-runs.ts";
import { noteRules, readRules, withRules } from "../rules-file.ts";
import type { Session } from "../session.ts";
import { stdoutOf } from "../stdout.ts";
import { UsageError } from "../usage.ts";
import { count } from "../words.ts";

interface ExportOptions {
  readonly format?: ExportFormat;
  readonly bundle?: string;
  readonly out?: string;
  readonly headers?: Headers;
  readonly includeNoise?: boolean;
  readonly raw?: boolean;
  readonly rules?: string;
  readonly delimiter?: Delimiter;
}

export function defineExport(command: Command, host: Host): void {
  withRules(command)
    .argument("<run>", RUN_OR_PART)
    .addOption(new Option("--format <format>", "what to write").choices(EXPORT_FORMATS))
    .option("--out <file>", "where to; stdout when absent; of several parts a file for each, FILE.PART.csv")
    .addOption(
      new Option("--headers <tool>", "columns of the tool you come from, in place of the job's own").choices(
        HEADERS,
      ),
    )
    .option("--include-noise", "also rows that are hidden by noise rules")
    .option("--raw", "CSV: leave cells that look like formulas as they are")
    .addOption(new Option("--delimiter <character>", "CSV: between cells").choices(DELIMITERS))
    .addOption(
      new Option(
        "--bundle <file>",
        'instead of rows: everything the run can be proved from, for "exosweep runs verify --bundle"',
      ).conflicts(["format", "out", "headers", "includeNoise", "raw", "delimiter", "rules"]),
    )
    .action(
      host.action(async (session, command) => {
        const { out, bundle, format, rules: named, ...options } = command.opts<ExportOptions>();
        if (bundle !== undefined) return writeBundle(session, argument(command, 0), bundle);
        if (format === undefined)
          throw new UsageError(
            "Cannot export: nothing says what to write",
            "add --format csv, or --bundle FILE",
          );
        if (out === undefined && isBinary(format))
          throw new UsageError(`Cannot write ${format} to stdout: it is no text`, "add --out FILE");
        const rules = await readRules(session, named);
        const app = await session.app();
        const each = told(session, await reportedRuns(app, argument(command, 0)), options.headers);
        if (out === undefined) refuseTogether(each);
        const printer = each.length > 1 ? listPrinter(session, ["file", "rows", "complete"]) : undefined;
        for (const reported of each) {
          const file = out === undefined ? undefined : partFile(out, reported, each);
          const exported = await exportRun({
            ...options,
            ...reported,
            format,
            journal: app.reports,
            rules,
            out: file ?? stdoutOf(session),
            signal: session.signals.soft,
          });
          if (exported.manifest !== undefined && file !== undefined)
            await (printer?.add([exported.manifest]) ?? printRecord(session, exported.manifest, () => file));
          noteExported(session, reported.run, exported, options.headers, printer !== undefined);
        }
        await printer?.end();
      }),
    );
}

/** Of several parts those that the columns of another tool can tell; the others are left out, which is said. */
function told(session: Session, { each }: ReportedRuns, headers: Headers | undefined): readonly Reported[] {
  if (headers === undefined || each.length === 1) return each;
  const fitting = each.filter(({ job }) => canFill(headers, job));
  // The refusal of a part says what is missing.
  if (fitting.length === 0) return each;
  const others = each.filter((part) => !fitting.includes(part)).map(({ job }) => job.name);
  if (others.length > 0)
    session.terminal.note(
      `left out, for want of what the columns of ${headers} tell: ${others.join(", ")}`,
      "yellow",
    );
  return fitting;
}

function noteExported(
  session: Session,
  run: RunRecord,
  { rows, hidden, untold, over, rules }: Exported,
  headers: Headers | undefined,
  several: boolean,
): void {
  const { terminal } = session;
  const of = several ? `${run.job}: ` : "";
  const left = hidden > 0 ? `, ${count(hidden)} hidden by noise rules (--include-noise)` : "";
  const lost = untold > 0 ? `, ${count(untold)} left out that the columns of ${headers} cannot tell` : "";
  terminal.note(`${of}${count(rows)} rows${left}${lost}`);
  if (rules !== undefined) noteRules(session, rules, several ? run.job : undefined);
  const { complete, words } = completenessOf(run);
  if (!complete) terminal.note(`${of}${words}`, "yellow");
  if (!over) terminal.note(`run ${run.id} is not over: a later export may hold more`, "yellow");
}

async function writeBundle(session: Session, id: string, out: string): Promise<void> {
  const { terminal, signals } = session;
  const app = await session.app();
  const run = await app.runs.get(id);
  const { targets, rows, over } = await exportBundle({
    journal: app.journal,
    run,
    out,
    signal: signals.soft,
  });
  await terminal.text(out);
  terminal.note(`${count(targets)} targets, ${count(rows)} rows`);
  terminal.note(`next: exosweep runs verify --bundle ${out}`);
  if (!over) terminal.note(`run ${run.id} is not over: a later bundle may hold more`, "yellow");
}
