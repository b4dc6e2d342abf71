/** Writes a run's rows to a file or a stream. The same run gives the same bytes every time: no clock, no chance. */
import type { Writable } from "node:stream";
import type { Job } from "../job/index.ts";
import { isOver, type Journal, type RunRecord } from "../journal/index.ts";
import { type Layout, ownLayout } from "./columns.ts";
import { type Delimiter, delimiterCharacter } from "./csv.ts";
import { type ExportFormat, writing } from "./formats.ts";
import { ReportError } from "./errors.ts";
import { foreignLayout, type Headers, usualDelimiter } from "./headers.ts";
import { htmlWriting } from "./html/page.ts";
import { judgedRows } from "./judged-rows.ts";
import { type ExportManifest, exportManifest, manifestPath } from "./manifest.ts";
import { type AppliedRules, appliedRules } from "./rules/applied.ts";
import type { Rules } from "./rules/rules.ts";
import { Ruling } from "./rules/ruling.ts";
import { writeSafely } from "./safe-file.ts";
import { Sink, writeToStream } from "./sink.ts";
import { summarise } from "./summary.ts";

export interface ExportRequest {
  readonly journal: Pick<Journal, "rows" | "lookUp" | "target">;
  readonly run: RunRecord;
  readonly job: Job;
  readonly format: ExportFormat;
  /** Path of a file, or a stream such as stdout, which is not ended. */
  readonly out: string | Writable;
  /** Rows hidden by noise rules, too. */
  readonly includeNoise?: boolean;
  /** CSV only: texts that look like formulas stay as they are. */
  readonly raw?: boolean;
  /** Columns of another tool in place of the job's own. */
  readonly headers?: Headers;
  /** CSV only; when absent a comma, or what the tool named by `headers` writes. `auto` follows `locale`. */
  readonly delimiter?: Delimiter;
  /** BCP 47; the system's when absent. */
  readonly locale?: string;
  /** What the user has decided about rules and findings; the day in it is part of what the bytes depend on. */
  readonly rules?: Rules | undefined;
  readonly signal?: AbortSignal;
}

export interface Exported {
  readonly rows: number;
  /** Rows left out by noise rules. */
  readonly hidden: number;
  /** Rows left out because the columns asked for cannot tell them. */
  readonly untold: number;
  /** False when the run is not over: later exports may hold more. */
  readonly over: boolean;
  /** The user's rules the findings were judged by; undefined: the job's own. */
  readonly rules: AppliedRules | undefined;
  /** What was written beside the file; absent for a stream. */
  readonly manifest?: ExportManifest;
}

/**
 * Exports a run, also one that is not over: then the rows of the targets settled so far. A file gets its manifest beside it, last: a
 * manifest that does not fit its file is one of an export before.
 * @throws {ReportError} when it cannot be written; a file of that name is then as it was
 */
export async function exportRun(request: ExportRequest): Promise<Exported> {
  const { run, format, out } = request;
  const layout = layoutOf(request);
  const counted = { rows: 0, hidden: 0, untold: 0 };
  const ruling = new Ruling(request.job, request.rules);
  const fill = (sink: Sink): Promise<void> => writeRows(request, ruling, layout, counted, sink);
  const over = isOver(run.state);
  if (typeof out !== "string") {
    const sink = new Sink((bytes) => writeToStream(out, bytes));
    await fill(sink);
    await sink.flush();
    return { ...counted, over, rules: appliedRules(request.job, ruling) };
  }
  const written = await writeSafely(out, fill);
  const rules = appliedRules(request.job, ruling);
  const manifest = exportManifest(out, { run, layout, format, rules }, { ...counted, ...written });
  await writeSafely(manifestPath(out), (sink) => sink.write(`${JSON.stringify(manifest, undefined, 2)}\n`));
  return { ...counted, over, rules, manifest };
}

/** The page of a run sorts its rows by what was found, and no other tool has columns for that. */
function layoutOf({ job, format, headers }: ExportRequest): Layout {
  if (headers === undefined) return ownLayout(job);
  if (format !== "html") return foreignLayout(headers, job);
  throw new ReportError(
    `Cannot write the columns of "${headers}" as html: a page has the job's own`,
    "Choose another format, or leave --headers out",
    { impossible: true },
  );
}

async function writeRows(
  request: ExportRequest,
  ruling: Ruling,
  layout: Layout,
  counted: { rows: number; hidden: number; untold: number },
  sink: Sink,
): Promise<void> {
  const { run, job, format, headers, raw, delimiter, locale } = request;
  const ofSystem = new Intl.DateTimeFormat().resolvedOptions().locale;
  const character = delimiterCharacter(delimiter ?? usualDelimiter(headers), locale ?? ofSystem);
  const context = { run, layout, sink, csv: { delimiter: character, raw: raw ?? false } };
  const facts = { summary: () => summarise(request), noiseRules: job.noiseRules ?? {} };
  const file = format === "html" ? htmlWriting(context, facts) : writing(format, context);
  await file.begin();
  for await (const rows of judgedRows(request, ruling)) {
    for (const { noise, row } of rows) {
      if (noise !== undefined && request.includeNoise !== true) {
        counted.hidden += 1;
        continue;
      }
      if (layout.tells?.(row) === false) {
        counted.untold += 1;
        continue;
      }
      counted.rows += 1;
      await file.row(layout.cells(row));
    }
  }
  await file.end();
}

/** `2026-05-04_03-02-01_permission-audit_contoso.csv`: the run's start in UTC first, so that names sort by time. */
export function exportFileName(run: RunRecord, format: ExportFormat): string {
  const start = new Date(run.startedAtMs ?? run.createdAtMs).toISOString().slice(0, 19);
  const stamp = start.replace("T", "_").replaceAll(":", "-");
  // The settings allow plain names only; what a journal holds is not taken for granted.
  const tenant = run.tenant.replaceAll(/[^\w.-]/g, "_");
  return `${stamp}_${run.job}_${tenant}.${format}`;
}
