/** A file of another tool as a run: read once to know what it is, before anything is recorded, and twice more to record it. */
import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Job } from "../job/index.ts";
import { isComplete, type Journal, type RunRecord } from "../journal/index.ts";
import { ImportError } from "./errors.ts";
import { cancelDead, Importing } from "./importing.ts";
import type { ImportFile } from "./lines.ts";
import { runWithNames } from "./names.ts";
import { badLines, scan, type Scan } from "./scan.ts";
import { takenAt } from "./taken-at.ts";
import { type Rights, RIGHTS } from "./tools/tool.ts";

export interface ImportRequest extends ImportFile {
  readonly journal: Journal;
  /** Whose rows they will be; it has `told`. */
  readonly job: Job;
  readonly tenant: string;
  readonly tenantId: string;
  /** Kinds of rights the file is about; absent: those it has lines of, and those its tool always reads. */
  readonly rights?: readonly Rights[] | undefined;
  /** When what it says was true; absent: its name or its last change says it. */
  readonly takenAtMs?: number | undefined;
  /** A run whose names tell who is who; absent: the newest complete one of the tenant that was about all of it. */
  readonly namesFrom?: RunRecord | undefined;
  /** Lines that cannot be read are left out, and the run says so. */
  readonly skipBadLines: boolean;
  readonly signal: AbortSignal;
  readonly nowMs: number;
  /** Told after each pass over the file. */
  readonly onPass?: (words: string) => void;
}

export interface ImportReport {
  readonly run: RunRecord;
  /** It had been imported before, and nothing was done. */
  readonly again: boolean;
  readonly as: string;
  readonly file: string;
  readonly sha256: string;
  readonly takenAtMs: number;
  /** Below the header. */
  readonly lines: number;
  /** Lines that were not imported, by what they are about. */
  readonly left: Readonly<Record<string, number>>;
  readonly badLines: number;
  /** Kinds of rights it answers for. */
  readonly rights: readonly Rights[];
  /** The run whose names told who is who. */
  readonly namesFrom: string | undefined;
  /** The first few whose id nobody told, as the file calls them; the counts of the run say how many there are. */
  readonly unresolved: { readonly mailboxes: readonly string[]; readonly holders: readonly string[] };
}

/** @throws {ImportError} when the file cannot be imported as it is */
export async function importFile(request: ImportRequest): Promise<ImportReport> {
  const { journal, job, tenant, signal, path } = request;
  const found = await scan(request, signal);
  if (found.bad.count > 0 && !request.skipBadLines) throw badLines(request, found.bad);
  request.onPass?.(`${found.lines} lines read`);
  const namesFrom = request.namesFrom ?? (await runWithNames(journal, tenant));
  const takenAtMs = request.takenAtMs ?? (await takenAt(path, request.nowMs));
  const rights = request.rights ?? rightsIn(found);
  if (rights.length === 0)
    throw new ImportError(
      `Cannot import "${basename(path)}": no line of it tells of a right on a mailbox`,
      "If it was to, and there are none, say which: --rights full-access,send-as,send-on-behalf",
    );
  const plan = {
    job: job.name,
    tenant,
    tenantId: request.tenantId,
    params: { rights },
    scope: scopeOf(request, found, takenAtMs, namesFrom),
    naiveCallsPerTarget: 0,
  };
  await cancelDead(journal, tenant, request.nowMs);
  const before = (await journal.runs({ tenant })).find(
    (run) =>
      isComplete(run.state) &&
      isDeepStrictEqual([run.job, run.params, run.scope], [plan.job, plan.params, plan.scope]),
  );
  const importing = new Importing(request, found, { takenAtMs, namesFrom });
  const run = before ?? (await importing.perform(plan));
  return {
    run,
    again: before !== undefined,
    as: found.tool.as,
    file: basename(path),
    sha256: found.sha256,
    takenAtMs,
    lines: found.lines,
    left: Object.fromEntries([...found.left].sort(([one], [other]) => (one < other ? -1 : 1))),
    badLines: found.bad.count,
    rights,
    namesFrom: namesFrom?.id,
    unresolved: importing.unresolved,
  };
}

function rightsIn({ tool, rights }: Scan): readonly Rights[] {
  return RIGHTS.filter((right) => tool.always.includes(right) || rights.includes(right));
}

/** What `importedFrom` reads: enough to tell what the file answers for, and to know it again. */
function scopeOf(
  { path }: ImportFile,
  { tool, sha256, bytes, inherited, bad }: Scan,
  takenAtMs: number,
  namesFrom: RunRecord | undefined,
) {
  return {
    kind: "imported",
    as: tool.as,
    file: basename(path),
    sha256,
    bytes,
    takenAt: new Date(takenAtMs).toISOString(),
    limits: { ...tool.limits, inherited: tool.limits.inherited || inherited },
    lostLines: bad.unplaced,
    namesFrom: namesFrom?.id ?? null,
  };
}
