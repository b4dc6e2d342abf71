/** What a run is made of, as it is judged, compared and told of: its parts, or itself where it has none. */
import type { Job } from "../job/index.ts";
import type { RunRecord } from "../journal/index.ts";
import { PartedJournal } from "../reports/index.ts";

/** One job's rows of one run, to be judged and compared by themselves. */
export interface View {
  readonly journal: Pick<PartedJournal, "rows" | "lookUp" | "pairs" | "rowsAbout" | "target" | "targetById">;
  /** Of a part, as reports have it. */
  readonly run: RunRecord;
  readonly job: Job;
}

/**
 * A view of one run is compared with the view of another run that has the same job.
 * @throws {ReportError} when the run's parameters are not what the job takes today
 */
export type ViewsOf = (run: RunRecord) => Promise<readonly View[]>;

/** @returns nothing for a run of a job that is not in the catalogue any more */
export function viewsIn(
  journal: ConstructorParameters<typeof PartedJournal>[0],
  catalogue: readonly Job[],
): ViewsOf {
  return async (run) => {
    const parted = new PartedJournal(journal, catalogue);
    const whole = catalogue.find(({ name }) => name === run.job);
    return (await parted.runsOf(run)).flatMap((own) => {
      const job = own === run ? whole : whole?.parts?.find((part) => part.job.name === own.job)?.job;
      return job === undefined ? [] : [{ journal: parted, run: own, job }];
    });
  };
}
