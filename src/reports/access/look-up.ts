/** What both questions about access share: what they are asked with, which runs they are put to, and how those answer together. */
import type { Job } from "../../job/index.ts";
import { isComplete, type Journal, type RunRecord } from "../../journal/index.ts";
import { plain } from "../plain.ts";
import { timeOf } from "./answer.ts";
import { type Found, gather, type IsClosed } from "./gather.ts";
import { wholeId } from "../parts/part.ts";
import { PartedJournal, type ReportJournal } from "../parts/parted-journal.ts";
import { indexAccess } from "./make-index.ts";
import { type FindIn, NameError } from "./names.ts";
import { type AccessJob, type Sighting, Witness } from "./witness.ts";

export type AsOf = { readonly run: RunRecord } | { readonly atMs: number };

export interface LookUp {
  readonly journal: ReportJournal & Pick<Journal, "run" | "runs" | "unindexed" | "indexAccess">;
  readonly catalogue: readonly Job[];
  readonly tenant: string;
  readonly findIn: FindIn;
  /** As things were then; absent: as the newest runs have it. */
  readonly asOf?: AsOf;
  readonly includeNoise?: boolean;
  /** Accesses of a page; `PAGE` when absent. */
  readonly pageSize?: number;
  readonly signal?: AbortSignal;
  /** Told of a run that has no index yet: the answer takes longer. */
  readonly onIndexing?: (run: string) => void;
}

/** Runs that tell of access, newest first. @throws {NameError} when there is none */
export async function witnessesOf({
  journal,
  catalogue,
  tenant,
  asOf,
  signal,
  onIndexing,
}: LookUp): Promise<readonly Witness[]> {
  const untilMs =
    asOf === undefined ? Number.POSITIVE_INFINITY : "run" in asOf ? timeOf(asOf.run) : asOf.atMs;
  const named = asOf !== undefined && "run" in asOf ? wholeId(asOf.run.id) : undefined;
  const runs = (await journal.runs({ tenant })).filter(
    (run) => run.id === named || (isComplete(run.state) && timeOf(run) <= untilMs),
  );
  const parted = new PartedJournal(journal, catalogue);
  const witnesses: Witness[] = [];
  for (const run of runs) {
    const whole = catalogue.find(({ name }) => name === run.job);
    // One that another version made, and this one cannot read.
    if (whole === undefined || !Witness.canBe(run, whole)) continue;
    const bringUpToDate = (id: string): Promise<void> =>
      indexAccess({
        journal,
        run: id,
        job: whole,
        onWork: () => onIndexing?.(id),
        ...(signal === undefined ? {} : { signal }),
      });
    for (const part of await parted.runsOf(run)) {
      const job = part === run ? whole : whole.parts?.find((one) => one.job.name === part.job)?.job;
      if (job?.access === undefined || !Witness.canBe(part, job)) continue;
      const accessJob: AccessJob = { ...job, access: job.access };
      witnesses.push(new Witness(parted, part, accessJob, bringUpToDate, signal));
    }
  }
  if (witnesses.length === 0)
    throw new NameError(
      `Cannot look anything up for tenant "${tenant}": ${asOf === undefined ? "no finished run tells of access" : "no run of that time tells of access"}`,
      asOf === undefined
        ? `Run one first: exosweep run permission-audit --tenant ${tenant}`
        : "Look at what was run with: exosweep runs list",
    );
  return witnesses.toSorted((one, other) => timeOf(other.run) - timeOf(one.run));
}

/** Newest first. */
export function byJob(witnesses: readonly Witness[]): readonly (readonly Witness[])[] {
  return [...Map.groupBy(witnesses, ({ run }) => run.job).values()];
}

/**
 * @param holderKey tells holders of one mailbox apart: the same in every run
 * @param isClosed whether older runs can add nothing to what one shows
 */
export async function gatherAll(
  witnesses: readonly Witness[],
  load: (witness: Witness) => Promise<readonly Sighting[]>,
  holderKey: (sighting: Sighting) => string,
  isClosed: IsClosed,
): Promise<readonly Found[]> {
  const keyOf = (sighting: Sighting): string => {
    const { right, allow, source } = sighting.access;
    return JSON.stringify([
      sighting.mailbox.id,
      right.toLowerCase(),
      allow,
      source.kind,
      // A group's name, and the way through others, may be another one the next night.
      source.group?.toLowerCase() ?? source.path,
      source.held?.path ?? [],
      holderKey(sighting),
    ]);
  };
  const all: Found[] = [];
  for (const own of byJob(witnesses)) all.push(...(await gather(own, load, keyOf, isClosed)));
  return all;
}

export function unknownName(text: string, { tenant }: LookUp, witnesses: readonly Witness[]): NameError {
  return new NameError(
    `Cannot find "${plain(text)}" in tenant "${tenant}": none of ${witnesses.length} kept runs knows the name`,
    "Name it by address, user principal name, object id, ExchangeGuid or SID",
  );
}
