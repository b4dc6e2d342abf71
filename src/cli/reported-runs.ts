/** What a report is about, as people name it: `RUN`, which is each of its parts in turn, or `RUN:PART`. */
import { join, parse } from "node:path";
import type { App } from "../app.ts";
import type { Job } from "../job/index.ts";
import type { RunRecord } from "../journal/index.ts";
import { splitId } from "../reports/index.ts";
import { RunError } from "../runs/index.ts";
import { findJob } from "./job-parameters.ts";
import { suggestion, UsageError } from "./usage.ts";

/** What commands say that take either. */
export const RUN_OR_PART = "its id, or the beginning of it; RUN:PART for one part of a run of several jobs";

export interface Reported {
  readonly run: RunRecord;
  readonly job: Job;
}

export interface ReportedRuns {
  readonly whole: RunRecord;
  /** Its parts, or the one that was named; itself, where it has none. */
  readonly each: readonly Reported[];
}

/** @throws {RunError} `unknown-run`, also for a part it does not have; `unknown-job` */
export async function reportedRuns(app: App, text: string): Promise<ReportedRuns> {
  const { run: id, part } = splitId(text);
  const whole = await app.runs.get(id);
  const each = await partsOf(app, whole);
  if (part === undefined) return { whole, each };
  const named = each.filter(({ run }) => run !== whole && run.job === part);
  if (named.length > 0) return { whole, each: named };
  const names = each.flatMap(({ run }) => (run === whole ? [] : [run.job]));
  throw new RunError(
    "unknown-run",
    `Cannot find part "${part}" of run ${whole.id}: ${names.length === 0 ? `the job "${whole.job}" has no parts` : "it did not run"}`,
    names.length === 0
      ? `Name the run: ${whole.id}`
      : `${suggestion(part, names)}parts are: ${names.join(", ")}`,
  );
}

export async function partsOf(app: App, run: RunRecord): Promise<readonly Reported[]> {
  const runs = await app.reports.runsOf(run);
  return runs.map((one) => ({ run: one, job: findJob(app.catalogue, one.job) }));
}

/** The file of a part beside those of others: `night.csv` becomes `night.permission-audit.csv`. */
export function partFile(out: string, { run }: Reported, among: readonly unknown[]): string {
  if (among.length < 2) return out;
  const { dir, name, ext } = parse(out);
  return join(dir, `${name}.${run.job}${ext}`);
}

/** Parts have columns of their own: together they are no table. @throws {UsageError} for several */
export function refuseTogether(each: readonly Reported[]): void {
  const [first] = each;
  if (first !== undefined && each.length > 1)
    throw new UsageError(
      `Cannot write ${each.length} parts of a run to stdout: each has columns of its own`,
      `add --out FILE, which makes a file for each, or name one: ${first.run.id}`,
    );
}
