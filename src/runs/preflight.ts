/** Tries each cmdlet a job needs on one mailbox before thousands of tasks are queued: a missing role is named before it costs anything. */
import { ExoError, type Exchange } from "../exo/index.ts";
import type { CmdletNeed, Job, Parameters } from "../job.ts";
import type { Journal } from "../journal/index.ts";
import { naming } from "./read-mailbox.ts";
import { subjectOf } from "./targets.ts";

/** @throws {ExoError} with remedy `pause-run` when a cmdlet may not be run; its message names cmdlet and role */
export async function preflight(
  exo: Exchange,
  journal: Journal,
  job: Job,
  params: unknown,
  run: string,
  signal: AbortSignal,
): Promise<void> {
  const guid = await firstMailbox(journal, run);
  await Promise.all(
    needed(job, params).map(async (need) => {
      const parameters: Parameters =
        need.per === "target" ? naming(need.cmdlet, guid ?? "") : { ResultSize: 1 };
      if (need.per === "target" && guid === undefined) return;
      try {
        // The first page answers the question; leaving the loop ends the listing.
        const anchor =
          guid === undefined || need.per === "tenant"
            ? ({ kind: "tenant" } as const)
            : ({ kind: "mailbox", guid } as const);
        for await (const page of exo.pages(need.cmdlet, parameters, { run, signal, anchor }))
          if (!("restarted" in page)) break;
      } catch (error) {
        if (!(error instanceof ExoError)) throw error;
        if (error.kind === "forbidden" || error.remedy === "denied") {
          throw new ExoError(
            `Cannot run ${need.cmdlet}: the app has no role for it; ${need.role} is the least role group that has one`,
            {
              cmdlet: need.cmdlet,
              kind: "forbidden",
              remedy: "pause-run",
              status: error.status,
              requestId: error.requestId,
            },
          );
        }
        if (error.remedy === "pause-run" || error.remedy === "stopped") throw error;
        // Any other trouble is that one mailbox's; its own task will tell.
      }
    }),
  );
}

async function firstMailbox(journal: Journal, run: string): Promise<string | undefined> {
  for await (const chunk of journal.targets(run)) {
    for (const target of chunk) {
      const subject = subjectOf(target);
      if (subject.kind === "mailbox") return subject.mailbox.id;
    }
  }
  return undefined;
}

/** Cmdlets a run with these parameters sends. */
export function needed(job: Job, params: unknown): readonly CmdletNeed[] {
  return job.cmdlets.filter((need) => need.wanted?.(params) ?? true);
}
