/** Whether two runs can be compared at all: of one job, of one tenant, and two. Pure. */
import type { Comparison, Job } from "../../job/index.ts";
import type { RunRecord } from "../../journal/index.ts";
import { importedFrom } from "../imported.ts";

export interface Comparable {
  readonly before: RunRecord;
  readonly after: RunRecord;
  readonly job: Job;
  readonly comparison: Comparison;
}

/** Why two runs cannot be compared, and what to do instead. */
export interface Incomparable {
  readonly fact: string;
  readonly advice: string;
}

export function comparable(before: RunRecord, after: RunRecord, job: Job): Comparable | Incomparable {
  const refuse = (fact: string, advice: string): Incomparable => ({ fact, advice });
  if (before.id === after.id)
    return refuse(`both are run ${after.id}`, "name two runs; exosweep runs lists them");
  if (before.job !== after.job)
    return refuse(
      `run ${before.id} is of the job "${before.job}", run ${after.id} of "${after.job}"`,
      "name two runs of one job",
    );
  // By id: a tenant may be called otherwise today. A file knows no id: there it is the name that was given.
  if (before.tenantId !== after.tenantId && !isNamedAlike(before, after))
    return refuse(
      `run ${before.id} is about tenant "${before.tenant}", run ${after.id} about "${after.tenant}"`,
      "name two runs about one tenant",
    );
  const { comparison } = job;
  if (comparison === undefined)
    return refuse(
      `the job "${job.name}" does not say how its rows are compared`,
      "compare two exports of it, or give the job a comparison (docs/guides/writing-a-job.md)",
    );
  const unlisted = [before, after].find(({ manifest }) => manifest === undefined);
  if (unlisted !== undefined)
    return refuse(
      `the mailboxes of run ${unlisted.id} are not all listed`,
      "wait until it is running, or name another run",
    );
  return { before, after, job, comparison };
}

function isNamedAlike(before: RunRecord, after: RunRecord): boolean {
  const fromFile = importedFrom(before) !== undefined || importedFrom(after) !== undefined;
  return fromFile && before.tenant.toLowerCase() === after.tenant.toLowerCase();
}
