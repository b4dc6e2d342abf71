/** What a run is made of, as it is judged, compared and told of: its parts, or the run itself where it has none (`docs/decisions/0016`). */
import type { Job } from "../job.ts";
import type { Journal, RunRecord } from "../journal/index.ts";
import { PartedJournal } from "../reports/index.ts";

/** One job's rows of one run, to be judged and compared by themselves. */
export interface View {
  readonly journal: Pick<Journal, "rows" | "pairs" | "rowsAbout" | "target" | "targetById">;
  readonly run: RunRecord;
  readonly job: Job;
}

/** A view of one run is compared with the view of another run that has the same job. */
export type ViewsOf = (run: RunRecord) => Promise<readonly View[]>;

/** @returns a function that answers nothing for a run of a job that is not in the catalogue any more */
export function viewsIn(journal: Journal, catalogue: readonly Job[]): ViewsOf {
  const reports = new PartedJournal(journal, catalogue);
  return async (run) => {
    const parts = await reports.runsOf(run);
    return parts.flatMap((part) => {
      const job = catalogue.find(({ name }) => name === part.job);
      return job === undefined ? [] : [{ journal: reports, run: part, job }];
    });
  };
}
