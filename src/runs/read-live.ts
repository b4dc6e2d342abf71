/**
 * Reads some mailboxes right now, as a small run does, and records nothing: for a look beside what a run has recorded. The same job, the same
 * read-only guard and the same check that an answer is about the mailbox that was asked for.
 */
import type { Exchange, SendOptions } from "../exo/index.ts";
import { ExoError } from "../exo/index.ts";
import { type FoundRow, type Job, type Mailbox, UnusableReply } from "../job/index.ts";
import type { IndexEntry, Json, RunRecord, TargetStatus } from "../journal/index.ts";
import { type Names, RunDirectory } from "./directory.ts";
import { RunError } from "./errors.ts";
import { targetIdOf } from "./mailbox.ts";
import { readMailbox } from "./read-mailbox.ts";
import { readOnly } from "./read-only.ts";
import { subjectOf } from "./targets.ts";

/** Calls of so many mailboxes gather at once. */
const AT_ONCE = 200;

export interface LiveRequest {
  readonly exchange: Exchange;
  readonly job: Job;
  /** The run that is looked beside: its parameters say what is read. */
  readonly run: RunRecord;
  readonly targets: readonly TargetStatus[];
  readonly signal: AbortSignal;
}

/** What became of one mailbox. */
export interface LiveReading {
  readonly mailboxId: string;
  readonly rows: readonly FoundRow[];
  /** Why it could not be read; absent when it was. */
  readonly failed?: string;
}

/**
 * @throws {RunError} `bad-parameter` for a job that writes, or a run whose parameters it does not take any more; {ExoError} when the tenant,
 * and not a mailbox, is the trouble
 */
export async function readLive({
  exchange,
  job,
  run,
  targets,
  signal,
}: LiveRequest): Promise<readonly LiveReading[]> {
  const params = job.params.safeParse(run.params);
  if (job.writes || !params.success)
    throw new RunError(
      "bad-parameter",
      `Cannot read again what run ${run.id} read: the job "${job.name}" ${job.writes ? "writes" : "takes other parameters today"}`,
      "Run the job anew",
    );
  const options: SendOptions = { lane: "interactive", signal };
  const exo = readOnly({
    invoke: (cmdlet, parameters, extra) => exchange.invoke(cmdlet, parameters, { ...options, ...extra }),
    pages: (cmdlet, parameters, extra) => exchange.pages(cmdlet, parameters, { ...options, ...extra }),
  });
  const directory = new RunDirectory("live", namesInMemory(), exo);
  const count = (): void => undefined; // Nobody asks for oddities of a look.
  const readOne = async (mailbox: Mailbox, line: number): Promise<LiveReading> => {
    try {
      const rows = await job.perform({
        params: params.data,
        tenantId: run.tenantId,
        runId: run.id,
        exo,
        directory,
        count,
        signal,
        mailbox,
        line,
        small: true,
        read: (cmdlet, parameters, extra) =>
          readMailbox({ exo, directory, count }, mailbox, cmdlet, parameters, { ...options, ...extra }),
      });
      return { mailboxId: targetIdOf(mailbox), rows };
    } catch (error) {
      if (signal.aborted || !isOfMailbox(error)) throw error;
      return { mailboxId: targetIdOf(mailbox), rows: [], failed: error.message };
    }
  };
  const readings: LiveReading[] = [];
  for (let from = 0; from < targets.length; from += AT_ONCE) {
    const some = targets.slice(from, from + AT_ONCE).map((target) => {
      const subject = subjectOf(target);
      return subject.kind === "mailbox"
        ? readOne(subject.mailbox, target.line)
        : Promise.resolve({ mailboxId: target.id, rows: [], failed: "no mailbox has this name" });
    });
    readings.push(...(await Promise.all(some)));
  }
  return readings;
}

/** The trouble of one mailbox; whatever would stop a run stops the look. */
function isOfMailbox(error: unknown): error is Error {
  if (error instanceof UnusableReply) return true;
  return error instanceof ExoError && error.remedy !== "pause-run" && error.remedy !== "stopped";
}

/** A principal index for the time of a look. */
function namesInMemory(): Names {
  const found = new Map<string, Map<string, Json>>();
  return {
    lookUp: (_, key) => Promise.resolve([...(found.get(key)?.values() ?? [])]),
    putIndex: (_, entries: readonly IndexEntry[]) => {
      for (const { id, keys, value } of entries)
        for (const key of keys) found.set(key, (found.get(key) ?? new Map<string, Json>()).set(id, value));
      return Promise.resolve();
    },
  };
}
