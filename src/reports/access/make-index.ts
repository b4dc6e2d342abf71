/** Makes the index that look-ups ask: each row of a run under the keys of whoever it gives access. In stretches, so whoever dies over it loses one. */
import type { Access, AccessReading, Holder, Job, Row } from "../../job/index.ts";
import type { Journal } from "../../journal/index.ts";
import { ReportError } from "../errors.ts";

/** What leads to a holder's rows, in lower case. A name counts where the row knows no principal. */
export function keysOfHolder({ id, sid, text }: Pick<Holder, "id" | "sid" | "text">): readonly string[] {
  return [
    ...(id === "" ? [] : [`id:${id}`]),
    ...(sid === "" ? [] : [`sid:${sid}`]),
    ...(id === "" && text !== "" ? [`text:${text}`] : []),
  ].map((key) => key.toLowerCase());
}

/** Tells holders of one mailbox apart, also where another run knew less of them; in lower case. */
export function identityOf({ id, sid, text, displayName }: Holder): string {
  return (sid || id || text || displayName).toLowerCase();
}

/** @throws {ReportError} when the job's code throws: its message may quote mailbox data, so only its name is told */
export function accessOf(job: Pick<Job, "name">, reading: AccessReading, row: Row): Access | undefined {
  try {
    return reading.of(row);
  } catch (cause) {
    throw new ReportError(
      `Cannot tell who has access: the job "${job.name}" threw ${cause instanceof Error ? cause.name : typeof cause} over a row`,
      "Report it; the rows are kept, and a better version of the job reads them again",
      { cause },
    );
  }
}

/** What a row of a run grants; a row of a part, as the part reads it. */
function accessIn(job: Job, row: Row): Access | undefined {
  for (const part of job.parts ?? []) {
    const own = part.ownRow(row);
    if (own !== undefined) return accessIn(part.job, own);
  }
  return job.access && accessOf(job, job.access, row);
}

function grants({ access, parts = [] }: Job): boolean {
  return access !== undefined || parts.some(({ job }) => grants(job));
}

export interface IndexRequest {
  readonly journal: Pick<Journal, "unindexed" | "indexAccess">;
  /** Never a part of a run: the index is made of all rows of a run at once. */
  readonly run: string;
  readonly job: Job;
  readonly signal?: AbortSignal;
  /** Told once, when there is something to do. */
  readonly onWork?: () => void;
}

/**
 * Brings the access index of a run up to what is settled in it; does nothing where the job's rows grant nothing. Several processes may do it
 * at once.
 * @throws {ReportError} when the job's code throws
 */
export async function indexAccess({ journal, run, job, signal, onWork }: IndexRequest): Promise<void> {
  if (!grants(job)) return;
  for (let worked = false; ; worked = true) {
    signal?.throwIfAborted();
    const stretch = await journal.unindexed(run);
    if (stretch === undefined) return;
    if (!worked) onWork?.();
    const leads = stretch.rows.map(({ line, n, row }) => {
      const found = accessIn(job, row);
      return { line, n, keys: found === undefined ? [] : keysOfHolder(found.holder) };
    });
    await journal.indexAccess(run, { from: stretch.from, to: stretch.to }, leads);
  }
}
