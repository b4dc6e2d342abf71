/** What a run is made of, as it is judged, compared and told of: today the run itself. */
import type { Job } from "../job.ts";
import type { Journal, RunRecord } from "../journal/index.ts";

/** One job's rows of one run, to be judged and compared by themselves. */
export interface View {
  readonly journal: Pick<Journal, "rows" | "pairs" | "rowsAbout" | "target" | "targetById">;
  readonly run: RunRecord;
  readonly job: Job;
}

/** A view of one run is compared with the view of another run that has the same job. */
export type ViewsOf = (run: RunRecord) => Promise<readonly View[]>;

/** @returns nothing for a run of a job that is not in the catalogue any more */
export function wholeRuns(journal: View["journal"], catalogue: readonly Job[]): ViewsOf {
  return async (run) => {
    const job = catalogue.find(({ name }) => name === run.job);
    return job === undefined ? [] : [{ journal, run, job }];
  };
}
