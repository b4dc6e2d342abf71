/** What the statistics of a mailbox say: sizes come as text with the exact bytes in it (`exo-protocol.md` 5.4, 10.10). Pure. */
import { UnusableReply } from "../../src/job/index.ts";
import type { CmdletReply, ExoRow, FoundRow, TaskContext } from "../../src/job/index.ts";
import { parseSize } from "../../src/values.ts";
import { complete } from "../common/answers.ts";
import { type About, storeRow } from "./store.ts";

export const STATISTICS = "Get-MailboxStatistics";

/** @throws {UnusableReply} when the answer is incomplete, or has neither a row nor a word about why */
export function usageRows(context: TaskContext<unknown>, reply: CmdletReply): readonly FoundRow[] {
  const about = aboutOf(context, reply);
  const row = statisticsIn(reply);
  if (row === undefined)
    return [
      storeRow(about, "mailbox", { Opened: false, Items: null, UsedBytes: null, AutoExpanding: null }),
      storeRow(about, "recoverable-items", {
        Opened: false,
        Items: null,
        UsedBytes: null,
        AutoExpanding: null,
      }),
    ];
  return [
    storeRow(about, "mailbox", {
      Opened: true,
      Items: countAt(row, "ItemCount", reply),
      UsedBytes: bytesAt(row, "TotalItemSize", reply),
      AutoExpanding: null,
    }),
    storeRow(about, "recoverable-items", {
      Opened: true,
      Items: countAt(row, "DeletedItemCount", reply),
      UsedBytes: bytesAt(row, "TotalDeletedItemSize", reply),
      AutoExpanding: null,
    }),
  ];
}

/** @throws {UnusableReply} as `usageRows` */
export function archiveRows(context: TaskContext<unknown>, reply: CmdletReply): readonly FoundRow[] {
  const row = statisticsIn(reply);
  const told =
    row === undefined
      ? { Opened: false, Items: null, UsedBytes: null }
      : {
          Opened: true,
          Items: countAt(row, "ItemCount", reply),
          UsedBytes: bytesAt(row, "TotalItemSize", reply),
        };
  return [storeRow(aboutOf(context, reply), "archive", told)];
}

function aboutOf(context: TaskContext<unknown>, answer: CmdletReply): About {
  const { line, mailbox } = context;
  return { origin: context, line, mailbox, answer, source: STATISTICS };
}

/** Undefined for a mailbox that nobody ever opened: the service has no row of it, and says so in a warning. */
function statisticsIn(reply: CmdletReply): ExoRow | undefined {
  const [row, ...others] = complete(STATISTICS, reply).rows;
  if (others.length > 0 || (row === undefined && reply.warnings.length === 0))
    throw new UnusableReply(STATISTICS, `it has ${reply.rows.length} rows instead of one`, reply.requestId);
  return row;
}

function bytesAt(row: ExoRow, name: string, reply: CmdletReply): number {
  const bytes = parseSize(row[name]);
  if (typeof bytes !== "number") throw new UnusableReply(STATISTICS, `${name} is no size`, reply.requestId);
  return bytes;
}

function countAt(row: ExoRow, name: string, reply: CmdletReply): number {
  const count = Number(row[name] ?? Number.NaN);
  if (!Number.isFinite(count)) throw new UnusableReply(STATISTICS, `${name} is no number`, reply.requestId);
  return count;
}
