/** Writes the difference of two runs to a file or a stream, a row a change. The same runs give the same bytes every time. */
import { basename } from "node:path";
import type { Writable } from "node:stream";
import type { Job, Row } from "../../job/index.ts";
import type { Json, TargetStatus } from "../../journal/index.ts";
import { type Layout, ownLayout } from "../columns.ts";
import { completenessOf } from "../completeness.ts";
import { type Delimiter, delimiterCharacter } from "../csv.ts";
import { type TableFormat, writing } from "../formats.ts";
import { runHeader } from "../run-header.ts";
import { writeSafely } from "../safe-file.ts";
import { Sink, writeToStream } from "../sink.ts";
import type { Comparable } from "./comparable.ts";
import type { Delta } from "./delta.ts";
import type { MemberChange } from "./members.ts";
import { memberWords } from "./render.ts";

export interface DeltaExport {
  readonly runs: Comparable;
  readonly delta: Delta;
  readonly format: TableFormat;
  /** Path of a file, or a stream such as stdout, which is not ended. */
  readonly out: string | Writable;
  /** CSV only: texts that look like formulas stay as they are. */
  readonly raw?: boolean | undefined;
  /** CSV only, a comma when absent. */
  readonly delimiter?: Delimiter | undefined;
  readonly signal?: AbortSignal;
}

/**
 * Each change with what changed (`Change`, `Detail`) before the columns of the job.
 * @returns how many changes
 * @throws {ReportError} when it cannot be written; a file of that name is then as it was
 */
export async function exportDelta(request: DeltaExport): Promise<number> {
  const { out } = request;
  let changes = 0;
  const fill = async (sink: Sink): Promise<void> => {
    changes = await writeChanges(request, sink);
  };
  if (typeof out === "string") await writeSafely(out, fill);
  else {
    const sink = new Sink((bytes) => writeToStream(out, bytes));
    await fill(sink);
    await sink.flush();
  }
  return changes;
}

async function writeChanges(request: DeltaExport, sink: Sink): Promise<number> {
  const { runs, delta, format, raw = false, delimiter = ",", signal } = request;
  const layout = deltaLayout(runs.job);
  const locale = new Intl.DateTimeFormat().resolvedOptions().locale;
  const file = writing(format, {
    // Workbooks and Parquet tell of one run, and whether it is complete.
    run: completenessOf(runs.before).complete ? runs.after : runs.before,
    head: deltaHeader(runs, delta),
    layout,
    sink,
    csv: { delimiter: delimiterCharacter(delimiter, locale), raw },
  });
  let written = 0;
  await file.begin();
  for await (const { target, changes } of delta.changes()) {
    signal?.throwIfAborted();
    for (const { kind, detail, row } of changes) {
      const cells = row ?? cellsOf(target, runs);
      await file.row(layout.cells({ ...cells, Change: kind, Detail: detail || null }));
      written += 1;
    }
  }
  for await (const changes of delta.members()) {
    signal?.throwIfAborted();
    for (const change of changes) {
      await file.row(layout.cells(memberCells(runs, change)));
      written += 1;
    }
  }
  await file.end();
  return written;
}

function deltaLayout(job: Job): Layout {
  const own = ownLayout(job);
  const columns = [
    { name: "Change", type: "text" as const },
    { name: "Detail", type: "text" as const },
  ];
  return {
    columns: [...columns, ...own.columns],
    cells: (row) => [row["Change"] ?? null, row["Detail"] ?? null, ...own.cells(row)],
  };
}

/** What is said at the top of the answer, for programs. */
export function deltaHeader(
  { before, after }: Comparable,
  { counts, gaps, rules }: Delta,
): { readonly [key: string]: Json } {
  const complete = [before, after].map(completenessOf);
  return {
    complete: complete.every((run) => run.complete) && gaps.length === 0,
    before: { ...runHeader(before), completeness: complete[0]?.words ?? "" },
    after: { ...runHeader(after), completeness: complete[1]?.words ?? "" },
    gaps,
    ...(rules === undefined
      ? {}
      : { rules: { file: basename(rules.file), sha256: rules.sha256, judgedOn: rules.today } }),
    counts: { ...counts, members: { ...counts.members } },
  };
}

/** Who came into a group, or left it: about no mailbox, and about every one the group has rights on. */
function memberCells({ job, after }: Comparable, change: MemberChange): Row {
  const { kind, group, member } = change;
  const cells = job.memberRow?.(group, member) ?? {};
  return { ...cells, TenantId: after.tenantId, Change: kind, Detail: memberWords(change) };
}

/** A mailbox without a row to show, in the columns that every job about mailboxes has. */
function cellsOf({ id, label, data }: TargetStatus, { after }: Comparable): Row {
  const text = (name: string): string | null => {
    const value = typeof data === "object" && data !== null && name in data ? Reflect.get(data, name) : null;
    return typeof value === "string" && value !== "" ? value : null;
  };
  return {
    MailboxId: id,
    MailboxPrimarySmtp: text("primarySmtp") ?? label,
    MailboxDisplayName: text("displayName"),
    MailboxType: text("type"),
    TenantId: after.tenantId,
  };
}
