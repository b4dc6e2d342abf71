/**
 * Reads some mailboxes right now, and the groups that hold something there, as a small run does, and records nothing: for a look beside what
 * a run has recorded. The same job, the same read-only guard and the same check that an answer is about the mailbox that was asked for.
 */
import type { Exchange, SendOptions } from "../exo/index.ts";
import { ExoError } from "../exo/index.ts";
import { type BulkContext, type FoundRow, type Job, type Mailbox, UnusableReply } from "../job/index.ts";
import type { IndexEntry, Json, RunRecord, TargetStatus } from "../journal/index.ts";
import { GroupBook } from "../reports/index.ts";
import { type Names, RunDirectory } from "./directory.ts";
import { RunError } from "./errors.ts";
import { targetIdOf } from "./mailbox.ts";
import { readMailbox } from "./read-mailbox.ts";
import { readOnly } from "./read-only.ts";
import { subjectOf } from "./targets.ts";

/** What nothing is recorded under. */
const LIVE = "live";
/** Calls of so many mailboxes gather at once. */
const AT_ONCE = 200;

export interface LiveRequest {
  readonly exchange: Exchange;
  readonly job: Job;
  /** The run that is looked beside: its parameters say what is read. */
  readonly run: RunRecord;
  readonly targets: readonly TargetStatus[];
  /** Ids of groups, in lower case, whose members are read again where they still hold something; absent: of all that do. */
  readonly groups?: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

export interface LiveReadings {
  readonly run: string;
  /** As the job takes them. */
  readonly params: unknown;
  readonly readings: readonly LiveReading[];
  /** Who is in the groups now; undefined where the run does not read members. */
  readonly groups: GroupBook | undefined;
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
  groups: wanted,
  signal,
}: LiveRequest): Promise<LiveReadings> {
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
  const names = namesInMemory();
  const directory = new RunDirectory(LIVE, names, exo);
  const count = (): void => undefined; // Nobody asks for oddities of a look.
  const base = { params: params.data, tenantId: run.tenantId, runId: run.id, exo, directory, count, signal };
  const readFor: BulkContext<unknown>["readFor"] = (mailbox, cmdlet, parameters, extra) =>
    readMailbox({ exo, directory, count }, mailbox, cmdlet, parameters, { ...options, ...extra });
  const readOne = async (mailbox: Mailbox, line: number): Promise<LiveReading> => {
    try {
      const rows = await job.perform({
        ...base,
        mailbox,
        line,
        small: true,
        read: (cmdlet, parameters, extra) => readFor(mailbox, cmdlet, parameters, extra),
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
  const last = job.bulk.find((bulk) => bulk.last && (bulk.wanted?.(params.data) ?? true));
  const what = { run: run.id, params: params.data, readings };
  if (last === undefined) return { ...what, groups: undefined };
  const rows = readings.flatMap((reading) => reading.rows);
  const groups = new GroupBook(names, LIVE);
  const context: BulkContext<unknown> = {
    ...base,
    groups,
    readFor,
    line: 0,
    async *rows() {
      yield rows.filter(({ row }) => wanted?.has(job.access?.of(row)?.holder.id.toLowerCase() ?? "") ?? true);
    },
    mailboxOf: () => Promise.resolve(undefined),
    async *missing() {},
  };
  // Its rows, where it has any, say again what the groups do.
  for await (const _ of last.perform(context)) signal.throwIfAborted();
  return { ...what, groups };
}

/** The trouble of one mailbox; whatever would stop a run stops the look. */
function isOfMailbox(error: unknown): error is Error {
  if (error instanceof UnusableReply) return true;
  return error instanceof ExoError && error.remedy !== "pause-run" && error.remedy !== "stopped";
}

/** A principal index for the time of a look. */
function namesInMemory(): Names {
  const found = new Map<string, Map<string, Json>>();
  const under = (key: string): Map<string, Json> => {
    const folded = key.trim().toLowerCase();
    const known = found.get(folded) ?? new Map<string, Json>();
    found.set(folded, known);
    return known;
  };
  return {
    lookUp: (_, keys) => Promise.resolve(keys.map((key) => [...under(key).values()])),
    putIndex: (_, entries: readonly IndexEntry[]) => {
      for (const { id, keys, value } of entries) for (const key of keys) under(key).set(id, value);
      return Promise.resolve();
    },
  };
}
