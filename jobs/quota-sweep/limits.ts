/** What a mailbox may hold, from the listing of all of them. */
import { UnusableReply } from "../../src/job/index.ts";
import type { FoundRow } from "../../src/job/index.ts";
import { parseSize } from "../../src/values.ts";
import { flagAt, textAt } from "../common/answers.ts";
import { type Origin, UNKNOWN } from "../common/cells.ts";
import { type Listed, type MailboxListing, asGroup } from "../common/mailbox-listing.ts";
import { storeRow } from "./store.ts";

export const LIMITS: MailboxListing = {
  cmdlet: "Get-Mailbox",
  select: [
    "ExchangeGuid",
    "Identity",
    "ProhibitSendReceiveQuota",
    "RecoverableItemsQuota",
    "ArchiveGuid",
    "ArchiveQuota",
    "AutoExpandingArchiveEnabled",
  ],
  key: "ExchangeGuid",
  parametersFor: asGroup,
};

/** "No archive" is the GUID of zeros (`exo-protocol.md` 5.3). */
const NO_ARCHIVE = /^[0-]*$/;

export function limitRows(origin: Origin, listed: Listed): readonly FoundRow[] {
  const { line, mailbox, row, answer } = listed;
  const about = { origin, line, mailbox, answer, source: LIMITS.cmdlet };
  const rows = [
    storeRow(about, "mailbox", { QuotaBytes: quotaAt(listed, "ProhibitSendReceiveQuota") }),
    storeRow(about, "recoverable-items", { QuotaBytes: quotaAt(listed, "RecoverableItemsQuota") }),
  ];
  if (NO_ARCHIVE.test(textAt(row, "ArchiveGuid"))) return rows;
  const grows = flagAt(row, "AutoExpandingArchiveEnabled", { cmdlet: LIMITS.cmdlet, answer });
  const archive = { QuotaBytes: quotaAt(listed, "ArchiveQuota"), AutoExpanding: grows };
  return [...rows, storeRow(about, "archive", archive)];
}

/** Empty for no limit; `unknown` where the row does not say. */
function quotaAt({ row, answer }: Listed, name: string): number | null | typeof UNKNOWN {
  const value = row[name];
  if (value === undefined || value === null || value === "") return UNKNOWN;
  const bytes = parseSize(value);
  if (bytes === undefined) throw new UnusableReply(LIMITS.cmdlet, `${name} is no size`, answer.requestId);
  return bytes === "unlimited" ? null : bytes;
}
