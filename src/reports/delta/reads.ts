/** What a run can answer for: which mailboxes it was about, and which of their rows it has read. Pure, but for a look at its bulk reads. */
import type { FoundRow, Job } from "../../job/index.ts";
import type { Journal, Json, Outcome, RunRecord } from "../../journal/index.ts";
import { ReportError } from "../errors.ts";
import { importedFrom, whyUntold } from "../imported.ts";

/** Between the cmdlets of a row that several brought. */
const JOINT = "; ";

export interface Reads {
  readonly run: RunRecord;
  /** Reads of the whole tenant that did not end well, in words; known before any row is looked at. */
  readonly gaps: readonly string[];
  /** Why a row like this would not be among the rows of a mailbox with this outcome, even if it were in the tenant; undefined: it would. */
  gap(found: FoundRow, own: Outcome | undefined): string | undefined;
}

export function isRead(outcome: Outcome | undefined): boolean {
  return outcome === "ok" || outcome === "ok_no_change";
}

/** `not read by run r1: failed`, or `denied`, or `no outcome yet`. */
export function unreadWords(run: RunRecord, outcome: Outcome | undefined): string {
  return `not read by run ${run.id}: ${outcome ?? "no outcome yet"}`;
}

/** @throws {ReportError} when the run's parameters are not what the job takes today */
export async function readsOf(
  journal: Pick<Journal, "targetById">,
  run: RunRecord,
  job: Job,
): Promise<Reads> {
  const params = job.params.safeParse(run.params);
  if (!params.success)
    throw new ReportError(
      `Cannot compare run ${run.id}: its parameters do not fit the job "${job.name}" of this version`,
      "Use the version that made the run, or run the job again",
      { cause: params.error },
    );
  /** By cmdlet: why its rows are missing everywhere; undefined for a bulk read that ended well. */
  const everywhere = new Map<string, string | undefined>();
  for (const need of job.cmdlets)
    if (need.wanted?.(params.data) === false)
      everywhere.set(need.cmdlet, `run ${run.id} was not asked for ${need.cmdlet}`);
  const bulk: (string | undefined)[] = [];
  for (const { name, cmdlet } of job.bulk) {
    const target = await journal.targetById(run.id, name);
    if (target?.kind !== "bulk") continue;
    const gap = isRead(target.outcome) ? undefined : `${name}: ${unreadWords(run, target.outcome)}`;
    bulk.push(gap);
    everywhere.set(cmdlet, everywhere.get(cmdlet) ?? gap);
  }
  const imported = importedFrom(run);
  const lost =
    imported === undefined || imported.lostLines === 0
      ? undefined
      : `${imported.lostLines} lines of the file of run ${run.id} could not be read`;
  const column = job.comparison?.source;
  const ofOwn = (own: Outcome | undefined): string | undefined =>
    isRead(own) ? undefined : unreadWords(run, own);
  return {
    run,
    gaps: [...new Set([...everywhere.values(), lost])].filter((gap) => gap !== undefined),
    gap({ row }, own) {
      if (lost !== undefined) return lost;
      const access = imported && job.access?.of(row);
      const untold = imported && access && whyUntold(imported, access);
      if (untold !== undefined) return `not told by run ${run.id}: ${untold}`;
      if (job.comparison?.seeks?.(params.data, row) === false)
        return `run ${run.id} was not asked for such rows`;
      const source = column === undefined ? null : row[column];
      if (typeof source !== "string" || source === "")
        return ofOwn(own) ?? bulk.find((gap) => gap !== undefined);
      for (const cmdlet of source.split(JOINT)) {
        const gap = everywhere.has(cmdlet) ? everywhere.get(cmdlet) : ofOwn(own);
        if (gap !== undefined) return gap;
      }
      return undefined;
    },
  };
}

/**
 * True when a mailbox that `other` has, and `run` has not in its manifest, did not exist for `run`: it would have been listed. False when it
 * may just not have been asked about: another scope, or a sample.
 * @param data of the mailbox, as the manifest has it
 */
export function wouldList(run: RunRecord, other: RunRecord, data: Json | undefined): boolean {
  const { kind, types } = scopeOf(run.scope);
  // A mailbox that is not in the file is unknown: nobody knows what the file was to be about.
  if (importedFrom(run) !== undefined) return false;
  if (kind !== "sample" && JSON.stringify(run.scope) === JSON.stringify(other.scope)) return true;
  return kind === "all" && types.some((type) => type === field(data, "type"));
}

/** What matters of a scope (`src/runs/scope.ts`). */
function scopeOf(scope: Json): { readonly kind: Json | undefined; readonly types: readonly Json[] } {
  const types = field(scope, "types");
  return { kind: field(scope, "kind"), types: isList(types) ? types : [] };
}

function field(value: Json | undefined, name: string): Json | undefined {
  if (typeof value !== "object" || value === null || isList(value)) return undefined;
  return value[name];
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
