/** Rows of a run as people see them: read twice from the journal, judged, mailbox by mailbox. Memory does not grow with the run. */
import type { FoundRow, Job, Judge, Reaches } from "../job/index.ts";
import type { Journal, RunRecord } from "../journal/index.ts";
import { ReportError } from "./errors.ts";
import { GroupPages } from "./groups/book.ts";
import { Ruling, type SeenRow } from "./rules/ruling.ts";
import type { Rules } from "./rules/rules.ts";

export interface RunSource {
  readonly journal: Pick<Journal, "rows" | "lookUp">;
  readonly run: RunRecord;
  readonly job: Job;
  /** What the user has decided about rules and findings; absent: the job's own rules, and nothing is suppressed. */
  readonly rules?: Rules | undefined;
  readonly signal?: AbortSignal;
}

/** A job's judge, with the user's rules applied to what it finds. */
export interface SeeingJudge extends Judge {
  report(rows: readonly FoundRow[]): readonly SeenRow[];
}

/**
 * All rows about one mailbox at a time, hidden ones included.
 * @param ruling knows at the end what was suppressed
 * @throws {ReportError} when the run's parameters are not what the job takes today, or its judge throws
 */
export async function* judgedRows(
  source: RunSource,
  ruling = new Ruling(source.job, source.rules),
): AsyncGenerator<readonly SeenRow[]> {
  const judge = await briefedJudge(source, ruling);
  for await (const rows of byMailbox(source)) yield guarded(source, () => judge.report(rows));
}

/** The first pass. */
async function briefedJudge(source: RunSource, ruling: Ruling): Promise<SeeingJudge> {
  const judge = newJudge(source, ruling, await reachesOf(source));
  for await (const rows of byMailbox(source)) guarded(source, () => judge.observe(rows));
  return judge;
}

/** Whom groups bring in, where the job reads that. */
export async function reachesOf({
  journal,
  run,
  job,
}: Pick<RunSource, "run" | "job"> & { readonly journal: Pick<Journal, "lookUp"> }): Promise<Reaches> {
  return job.bulk.some(({ last }) => last) ? new GroupPages(journal, run.id).reaches() : new Map();
}

/**
 * A judge that has seen nothing yet.
 * @throws {ReportError} when the run's parameters are not what the job takes today, or its judge throws
 */
export function newJudge(
  { job, run }: Pick<RunSource, "job" | "run">,
  ruling = new Ruling(job, undefined),
  reaches: Reaches = new Map(),
): SeeingJudge {
  const params = job.params.safeParse(ruling.params(run.params));
  if (params.success) {
    const judge = guarded({ job, run }, () => job.judge(params.data, reaches));
    return {
      observe: (rows) => judge.observe(rows),
      report: (rows) => judge.report(rows).map((row) => ruling.see(row)),
    };
  }
  throw new ReportError(
    `Cannot report run ${run.id}: its parameters do not fit the job "${job.name}" of this version`,
    "Use the version that made the run, or run the job again",
    { cause: params.error },
  );
}

/** A bug in a job's rules. Its message may quote mailbox data, so only its name is told. */
export function guarded<T>({ job, run }: Pick<RunSource, "job" | "run">, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const name = cause instanceof Error ? cause.name : typeof cause;
    throw new ReportError(
      `Cannot report run ${run.id}: the rules of the job "${job.name}" threw ${name}`,
      "Report it; the rows are kept, and a version with better rules reports them without reading the tenant again",
      { cause },
    );
  }
}

/** A chunk of the journal holds the rows of several mailboxes, one after another. */
export async function* byMailbox({
  journal,
  run,
  signal,
}: Pick<RunSource, "journal" | "run" | "signal">): AsyncGenerator<readonly FoundRow[]> {
  let group: FoundRow[] = [];
  for await (const chunk of journal.rows(run.id)) {
    signal?.throwIfAborted();
    for (const stored of chunk) {
      if (group[0] !== undefined && group[0].about !== stored.about) {
        yield group;
        group = [];
      }
      group.push(stored);
    }
  }
  if (group.length > 0) yield group;
}
