/** `exosweep jobs`: what can be done, and what each job needs. */
import type { Command } from "commander";
import type { Host } from "../host.ts";
import { argument } from "../host.ts";
import { findJob, parametersOf } from "../job-parameters.ts";
import { printList, printRecord } from "../output.ts";
import { jobText, jobView } from "../views/job.ts";

export function defineJobs(jobs: Command, host: Host): void {
  jobs.helpCommand(false);
  jobs
    .command("list", { isDefault: true })
    .description("all jobs (also: exosweep jobs)")
    .action(
      host.action(async (session) => {
        const { catalogue } = await import("../../../jobs/index.ts");
        await printList(
          session,
          catalogue.map((job) => jobView(job, parametersOf(job))),
          ["name", "summary"],
        );
      }),
    );
  jobs
    .command("show <name>")
    .description("one job: its parameters, columns, cmdlets and the roles they need")
    .action(
      host.action(async (session, command) => {
        const { catalogue } = await import("../../../jobs/index.ts");
        const job = findJob(catalogue, argument(command, 0));
        const view = jobView(job, parametersOf(job));
        await printRecord(session, view, () => jobText(view));
      }),
    );
}
