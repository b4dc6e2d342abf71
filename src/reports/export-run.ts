/** Writes a run's rows to a file or a stream. The same run gives the same bytes every time: no clock, no chance. */
import type { Writable } from "node:stream";
import type { Job } from "../job.ts";
import { isOver, type Journal, type RunRecord } from "../journal/index.ts";
import { type Delimiter, delimiterCharacter } from "./csv.ts";
import { type ExportFormat, type Writing, writing } from "./formats.ts";
import { judgedRows } from "./judged-rows.ts";
import { writeSafely } from "./safe-file.ts";
import { Sink, writeToStream } from "./sink.ts";

export interface ExportRequest {
  readonly journal: Pick<Journal, "rows">;
  readonly run: RunRecord;
  readonly job: Job;
  readonly format: ExportFormat;
  /** Path of a file, or a stream such as stdout, which is not ended. */
  readonly out: string | Writable;
  /** Rows hidden by noise rules, too. */
  readonly includeNoise?: boolean;
  /** CSV only: texts that look like formulas stay as they are. */
  readonly raw?: boolean;
  /** CSV only, a comma when absent; `auto` follows `locale`. */
  readonly delimiter?: Delimiter;
  /** BCP 47; the system's when absent. */
  readonly locale?: string;
  readonly signal?: AbortSignal;
}

export interface Exported {
  readonly rows: number;
  /** Rows left out by noise rules. */
  readonly hidden: number;
  /** False when the run is not over: later exports may hold more. */
  readonly over: boolean;
}

/**
 * Exports a run, also one that is not over: then the rows of the targets settled so far.
 * @throws {ReportError} when it cannot be written; a file of that name is then as it was
 */
export async function exportRun(request: ExportRequest): Promise<Exported> {
  const { out } = request;
  const counted = { rows: 0, hidden: 0 };
  const fill = (sink: Sink): Promise<void> => writeRows(request, counted, sink);
  if (typeof out === "string") await writeSafely(out, fill);
  else {
    const sink = new Sink((text) => writeToStream(out, text));
    await fill(sink);
    await sink.flush();
  }
  return { ...counted, over: isOver(request.run.state) };
}

async function writeRows(
  request: ExportRequest,
  counted: { rows: number; hidden: number },
  sink: Sink,
): Promise<void> {
  const text = writingFor(request);
  await sink.write(text.head);
  for await (const rows of judgedRows(request)) {
    for (const { noise, row } of rows) {
      if (noise !== undefined && request.includeNoise !== true) {
        counted.hidden += 1;
        continue;
      }
      counted.rows += 1;
      await sink.write(text.row(row));
    }
  }
  await sink.write(text.tail);
}

function writingFor({ format, run, job, raw, delimiter, locale }: ExportRequest): Writing {
  const ofSystem = new Intl.DateTimeFormat().resolvedOptions().locale;
  return writing(format, run, job.columns, {
    delimiter: delimiterCharacter(delimiter ?? ",", locale ?? ofSystem),
    raw: raw ?? false,
  });
}

/** `2026-05-04_03-02-01_permission-audit_contoso.csv`: the run's start in UTC first, so that names sort by time. */
export function exportFileName(run: RunRecord, format: ExportFormat): string {
  const start = new Date(run.startedAtMs ?? run.createdAtMs).toISOString().slice(0, 19);
  const stamp = start.replace("T", "_").replaceAll(":", "-");
  // The settings allow plain names only; what a journal holds is not taken for granted.
  const tenant = run.tenant.replaceAll(/[^\w.-]/g, "_");
  return `${stamp}_${run.job}_${tenant}.${format}`;
}
