/** What a run found, in numbers and a few examples. Made from its judged rows; everything else about a run is in its record. */
import { type Grade, type Job, type Severity, SEVERITIES } from "../job/index.ts";
import type { Journal, RunRecord } from "../journal/index.ts";
import type { Limit } from "./limit.ts";
import { judgedRows, type RunSource } from "./judged-rows.ts";
import { bulkTargets } from "./parts/part.ts";
import { summariseParts } from "./parts/summarise-parts.ts";
import { type AppliedRules, appliedRules } from "./rules/applied.ts";
import { Ruling } from "./rules/ruling.ts";
import { Tally } from "./tally.ts";

/** Rows with one finding in common. A row counts once, under its most severe finding. */
export type FindingGroup = {
  readonly id: string;
  readonly severity: Grade;
  /** The part of the run that found them; absent where the run has none. */
  readonly job?: string;
  readonly rows: number;
  /** Rows in words, the first few. */
  readonly examples: readonly string[];
};

/** What a part of a run found, with what is counted of it. */
export type PartSummary = {
  readonly job: string;
  /** Its mailboxes and its own bulk reads. */
  readonly targets: number;
  readonly outcomes: { readonly [outcome: string]: number };
  /** As they are kept, noise included. */
  readonly rows: number;
  /** Of these, by noise rule. */
  readonly noise: { readonly [rule: string]: number };
  readonly summary: Summary;
};

/** A value that survives JSON: the journal keeps it. */
export type Summary = {
  readonly schemaVersion: 1;
  /** Why the rows could not be judged; absent when they were. Then they are counted as they were read, and there are no findings to tell of. */
  readonly unjudged?: string;
  /** Mailboxes in the manifest; bulk reads are not counted. */
  readonly mailboxes: number;
  readonly rows: {
    readonly shown: number;
    readonly hidden: number;
    /** By noise rule. */
    readonly hiddenBy: { readonly [rule: string]: number };
  };
  readonly findings: {
    readonly bySeverity: { readonly [severity: string]: number };
    /** Most severe first, then most rows. */
    readonly groups: readonly FindingGroup[];
  };
  /** The user's rules its findings were judged by; absent without. */
  readonly rules?: AppliedRules;
  /** Calls the usual script would have made. */
  readonly naiveCalls: number;
  /** What it met of the tenant's limit; absent when the gate could not be asked. */
  readonly limit?: Limit;
  /** Age of the data: ISO 8601, UTC; null without rows. */
  readonly oldestReadAt: string | null;
  /** Of a job of jobs: each by itself, in order. What stands above is their sum. */
  readonly parts?: readonly PartSummary[];
};

export interface SummarySource extends RunSource {
  readonly journal: Pick<Journal, "rows" | "lookUp" | "target">;
}

/**
 * Of a job of jobs, each part by itself, and their sum.
 * @throws {ReportError} when the run's parameters are not what the job takes today, or its judge throws
 */
export async function summarise(source: SummarySource): Promise<Summary> {
  if (source.job.parts !== undefined) return summariseParts(source);
  const tally = new Tally((row) => source.job.headline?.(row));
  const ruling = new Ruling(source.job, source.rules);
  for await (const rows of judgedRows(source, ruling))
    for (const { noise, row } of rows) tally.add(noise, row);
  const mailboxes = await countMailboxes(source.journal, source.run);
  const summary = tally.summary(mailboxes, mailboxes * source.run.naiveCallsPerTarget);
  const rules = appliedRules(source.job, ruling);
  return rules === undefined ? summary : { ...summary, rules };
}

/** For a run whose rows cannot be judged: what is known without. Of a job of jobs only those parts go unjudged that cannot be. */
export async function summariseUnjudged(
  { journal, run, job }: Pick<SummarySource, "journal" | "run"> & { readonly job?: Job },
  unjudged: string,
): Promise<Summary> {
  if (job?.parts !== undefined) return summariseParts({ journal, run, job }, { spare: true });
  const mailboxes = await countMailboxes(journal, run);
  const hidden = Object.values(run.noise).reduce((sum, rows) => sum + rows, 0);
  return {
    ...new Tally(() => undefined).summary(mailboxes, mailboxes * run.naiveCallsPerTarget),
    unjudged,
    rows: { shown: run.rows - hidden, hidden, hiddenBy: run.noise },
  };
}

/** True when the summary has findings of this severity or a worse one; what is graded `unknown` does not count. */
export function hasFindings(summary: Summary, atLeast: Severity): boolean {
  return SEVERITIES.slice(0, SEVERITIES.indexOf(atLeast) + 1).some(
    (severity) => (summary.findings.bySeverity[severity] ?? 0) > 0,
  );
}

/** Mailboxes in the manifest; 0 until it is sealed. Bulk reads are the last lines of a manifest. */
export async function countMailboxes(journal: Pick<Journal, "target">, run: RunRecord): Promise<number> {
  return (run.manifest?.count ?? 0) - (await bulkTargets(journal, run)).length;
}
