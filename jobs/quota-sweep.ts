/**
 * How full each mailbox is: its items, its recoverable items, its archive; `peers.md` 3c, SW12. Sizes have to be asked of every mailbox,
 * limits come from one listing; the two are put together when a report is made.
 */
import { z } from "zod";
import { defineJob } from "../src/job/index.ts";
import type { FoundRow, Row, TaskContext } from "../src/job/index.ts";
import { LAST_COLUMNS, MAILBOX_COLUMNS, mailboxWords } from "./common/cells.ts";
import { listingRead, ofThisMailbox } from "./common/mailbox-listing.ts";
import { numberOf } from "./common/params.ts";
import { judgeBy } from "./common/rules.ts";
import { LIMITS, limitRows } from "./quota-sweep/limits.ts";
import { merged } from "./quota-sweep/merge.ts";
import { rulesFor } from "./quota-sweep/rules.ts";
import { STATISTICS, archiveRows, usageRows } from "./quota-sweep/usage.ts";

const READER = "View-Only Organization Management";

const percent = numberOf(z.number().min(1).max(100));
const params = z.strictObject({
  warnPercent: percent.default(90).describe("From this share of its limit on, a mailbox fills up"),
  fullPercent: percent.default(95).describe("From this share of its limit on, a mailbox is as good as full"),
});
type Params = z.output<typeof params>;

export const quotaSweep = defineJob<Params>({
  name: "quota-sweep",
  summary: "Lists how full each mailbox is, with its recoverable items and its archive",
  writes: false,
  params,
  columns: [
    ...MAILBOX_COLUMNS,
    "Store",
    "Opened",
    "Items",
    "UsedBytes",
    "QuotaBytes",
    "Percent",
    "AutoExpanding",
    ...LAST_COLUMNS,
  ],
  columnTypes: {
    Opened: "boolean",
    Items: "integer",
    UsedBytes: "integer",
    QuotaBytes: "integer",
    Percent: "number",
    AutoExpanding: "boolean",
  },
  cmdlets: [
    { cmdlet: STATISTICS, role: READER, per: "target" },
    { cmdlet: LIMITS.cmdlet, role: READER, per: "tenant" },
  ],
  naiveCallsPerTarget: 2,
  bulk: [
    listingRead({
      name: "limits",
      listing: LIMITS,
      rowsIn: (context) => async (listed) => limitRows(context, listed),
    }),
  ],
  perform,
  judge(params) {
    const judge = judgeBy(rulesFor(params));
    return { ...judge, report: (rows) => judge.report(merged(rows)) };
  },
  rules: rulesFor({ warnPercent: 0, fullPercent: 0 }),
  headline(row: Row) {
    const share = typeof row["Percent"] === "number" ? `${row["Percent"]} %` : "an unknown share";
    return `${String(row["Store"])} of ${mailboxWords(row)} is ${share} full`;
  },
  // Sizes change every day: a row is another one when its limit is, not when mail arrives.
  comparison: { key: ["Store"], facts: ["QuotaBytes", "Opened", "AutoExpanding"] },
});

async function perform(context: TaskContext<Params>): Promise<readonly FoundRow[]> {
  const found = await Promise.all([
    context.read(STATISTICS, {}).then((reply) => usageRows(context, reply)),
    context.mailbox.hasArchive
      ? context.read(STATISTICS, { Archive: true }).then((reply) => archiveRows(context, reply))
      : [],
    ofThisMailbox(context, LIMITS, async (listed) => limitRows(context, listed)),
  ]);
  return found.flat();
}
