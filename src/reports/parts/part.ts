/**
 * A part of a run as a run of its own: what it is called, its record, and where its lines are in the whole. Pure, but for a look at bulk
 * reads. `docs/decisions/0016`.
 */
import type { Job, Part } from "../../job/index.ts";
import {
  isComplete,
  type Journal,
  type Json,
  type Outcome,
  type RunRecord,
  type TargetStatus,
} from "../../journal/index.ts";
import { isAnswered } from "../completeness.ts";
import { ReportError } from "../errors.ts";
import type { PartSummary, Summary } from "../summary.ts";

/** A part of a run, as a record of a run. Calls, counts, workers, manifest hash and chain are those of the whole. */
export interface PartRecord extends RunRecord {
  /** Id of the whole. */
  readonly partOf: string;
}

/** Between a run and its part: no id of a run has it. */
const JOINT = ":";

export function partId(run: string, part: string): string {
  return `${run}${JOINT}${part}`;
}

/** @param id `RUN` or `RUN:PART` */
export function splitId(id: string): { readonly run: string; readonly part: string | undefined } {
  const at = id.indexOf(JOINT);
  return at < 0 ? { run: id, part: undefined } : { run: id.slice(0, at), part: id.slice(at + 1) };
}

/** Id of the run that a record is of, or is a part of. */
export function wholeId(id: string): string {
  return splitId(id).run;
}

export function isPart(run: RunRecord): run is PartRecord {
  return "partOf" in run;
}

/**
 * The parts that ran, in the order of the job. What the sealer kept says so for good: what runs when nobody says which may be something else
 * today.
 * @throws {ReportError} when the run's parameters are not what the job takes today
 */
export function partsThatRan(run: RunRecord, job: Job): readonly Part[] {
  const { parts = [] } = job;
  const kept = keptSummary(run)?.parts;
  if (kept !== undefined) return parts.filter((part) => kept.some((one) => one.job === part.job.name));
  const params = job.params.safeParse(run.params);
  if (params.success) return parts.filter((part) => part.wanted(params.data));
  throw new ReportError(
    `Cannot report run ${run.id}: its parameters do not fit the job "${job.name}" of this version`,
    "Use the version that made the run, or run the job again",
    { cause: params.error },
  );
}

/** What the sealer kept; undefined before, and for a summary of another version of the program. */
export function keptSummary({ summary }: RunRecord): Summary | undefined {
  const known =
    typeof summary === "object" &&
    summary !== null &&
    "schemaVersion" in summary &&
    summary.schemaVersion === 1;
  return known ? (summary as Summary) : undefined;
}

/** What the sealer counted, where that is still so: a run that was opened again since has other counts. */
export function keptParts(run: RunRecord): readonly PartSummary[] | undefined {
  return isComplete(run.state) ? keptSummary(run)?.parts : undefined;
}

/** What is counted of a part. A value that survives JSON. */
export type PartCounts = Pick<PartSummary, "targets" | "outcomes" | "rows" | "noise">;

export function partRecord(
  run: RunRecord,
  { job }: Pick<Part, "job">,
  { targets, outcomes, rows, noise }: PartCounts,
  summary: Summary | undefined,
): PartRecord {
  return {
    ...run,
    id: partId(run.id, job.name),
    partOf: run.id,
    job: job.name,
    params: paramsOfPart(run.params, job.name),
    naiveCallsPerTarget: job.naiveCallsPerTarget,
    state: partState(run, outcomes),
    manifest: run.manifest === undefined ? undefined : { ...run.manifest, count: targets },
    outcomes,
    rows,
    noise,
    summary,
  };
}

/** As they were given: of those that the whole was given, what stands under the part's name. */
function paramsOfPart(params: Json, part: string): Json {
  if (typeof params !== "object" || params === null || !Object.hasOwn(params, part)) return {};
  return Object.entries(params).find(([name]) => name === part)?.[1] ?? {};
}

/** What failed in another part says nothing about this one. */
export function partState({ state }: RunRecord, outcomes: PartCounts["outcomes"]): RunRecord["state"] {
  const failed = Object.entries(outcomes).some(([outcome, targets]) => targets > 0 && !isAnswered(outcome));
  return state === "complete_with_failures" && !failed ? "complete" : state;
}

/** Bulk reads of a run, by line: the last lines of its manifest. None until it is sealed. */
export async function bulkTargets(
  journal: Pick<Journal, "target">,
  run: Pick<RunRecord, "id" | "manifest">,
): Promise<readonly TargetStatus[]> {
  const found: TargetStatus[] = [];
  for (let line = run.manifest?.count ?? 0; line > 0; line -= 1) {
    const target = await journal.target(run.id, line);
    if (target?.kind !== "bulk") break;
    found.unshift(target);
  }
  return found;
}

/** A bulk read of a part: its own name, and the target that does it in the whole. */
export interface OwnBulk {
  readonly name: string;
  readonly target: TargetStatus;
}

/**
 * In the order a run of the part alone has them. A listing that several parts share may be there for the others only, where the part's own
 * parameters make it pointless.
 */
export function ownBulk(
  run: Pick<RunRecord, "params">,
  part: Part,
  bulk: readonly TargetStatus[],
): readonly OwnBulk[] {
  const params = part.job.params.safeParse(paramsOfPart(run.params, part.job.name));
  return part.job.bulk.flatMap((read) => {
    const { name } = read;
    if (params.success && read.wanted?.(params.data) === false) return [];
    const whole = part.bulkName(name);
    const target = bulk.find(({ id }) => id === whole);
    return target === undefined ? [] : [{ name, target }];
  });
}

/** Targets and outcomes of a part: those of the whole, but for the bulk reads of others. */
export function targetCounts(
  run: RunRecord,
  part: Part,
  bulk: readonly TargetStatus[],
): Pick<PartCounts, "targets" | "outcomes"> {
  const own = ownBulk(run, part, bulk);
  const outcomes: Partial<Record<Outcome, number>> = { ...run.outcomes };
  const add = (outcome: Outcome | undefined, by: number): void => {
    if (outcome !== undefined) outcomes[outcome] = (outcomes[outcome] ?? 0) + by;
  };
  for (const { outcome } of bulk) add(outcome, -1);
  for (const { target } of own) add(target.outcome, 1);
  return {
    targets: (run.manifest?.count ?? 0) - bulk.length + own.length,
    outcomes: Object.fromEntries(Object.entries(outcomes).filter(([, targets]) => targets > 0)),
  };
}
