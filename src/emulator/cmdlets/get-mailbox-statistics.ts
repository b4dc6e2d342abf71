/** `Get-MailboxStatistics`: sizes as formatted text, unlike the resource endpoint (exo-protocol.md 5.4, 10.10). */
import type { CmdletAnswer } from "../cmdlet.ts";
import { archiveGuidOf, detail, itemBytes, itemCount, usageOf, wasOpened } from "../organisation/details.ts";
import type { Recipient } from "../organisation/recipient.ts";
import { Columns } from "./columns.ts";
import { type Definition, READERS, rows } from "./define.ts";
import { aboutMailbox } from "./objects.ts";
import { Refusal, isOn, textOf } from "./parameters.ts";
import { always, of } from "./shared-columns.ts";
import { date, flag, guid, int32, size, text } from "./wire-values.ts";

const GB = 2 ** 30;

function columnsFor(sizes: {
  readonly guid: (recipient: Recipient) => string;
  readonly share: number;
  readonly bytes: (recipient: Recipient) => number;
  readonly isArchive: boolean;
}): Columns {
  const { share, isArchive } = sizes;
  return new Columns([
    ["AssociatedItemCount", of((recipient) => int32(100 + (detail(recipient, "sizes") % 900)))],
    ["DeletedItemCount", of((recipient) => int32(Math.floor(itemCount(recipient) / 20)))],
    ["DisplayName", of((recipient) => text(recipient.displayName))],
    ["DatabaseIssueWarningQuota", always(text("Unlimited"))],
    ["DatabaseProhibitSendQuota", always(text("Unlimited"))],
    ["IsArchiveMailbox", always(flag(isArchive))],
    ["IsQuarantined", always(flag(false))],
    ["ItemCount", of((recipient) => int32(Math.floor(itemCount(recipient) * share)))],
    ["LastInteractionTime", of((recipient) => date(recipient.changedMs))],
    ["LastLogoffTime", of((recipient) => date(recipient.changedMs))],
    ["LastLogonTime", of((recipient) => date(recipient.changedMs))],
    ["LastUserActionTime", of((recipient) => date(recipient.changedMs))],
    ["LegacyDN", of((recipient) => text(recipient.legacyExchangeDN))],
    ["MailboxGuid", of((recipient) => guid(sizes.guid(recipient)))],
    ["MailboxType", always(text("Private"))],
    ["MailboxTypeDetail", of((recipient) => text(recipient.typeDetails))],
    ["OwnerADGuid", of((recipient) => guid(recipient.guid))],
    [
      "StorageLimitStatus",
      of((recipient) => text(itemBytes(recipient) > 98 * GB ? "IssueWarning" : "BelowLimit")),
    ],
    ["SystemMessageCount", always(int32(0))],
    ["TotalDeletedItemSize", of((recipient) => size(usageOf(recipient).recoverable))],
    ["TotalItemSize", of((recipient) => size(sizes.bytes(recipient)))],
    ["DatabaseName", of((recipient) => text(`${recipient.plan.forest}DG001-db001`))],
    ["Identity", of((recipient) => text(sizes.guid(recipient)))],
    ["IsValid", always(flag(true))],
    ["ObjectState", always(text("Unchanged"))],
  ]);
}

const PRIMARY = columnsFor({
  guid: (recipient) => recipient.exchangeGuid,
  share: 1,
  bytes: (recipient) => usageOf(recipient).items,
  isArchive: false,
});
const ARCHIVE = columnsFor({
  guid: (recipient) => archiveGuidOf(recipient) ?? "",
  share: 0.4,
  bytes: (recipient) => usageOf(recipient).archive,
  isArchive: true,
});

export const getMailboxStatistics: Definition = {
  name: "Get-MailboxStatistics",
  roles: READERS,
  parameters: [
    "Identity",
    "Archive",
    "IncludeMoveHistory",
    "IncludeMoveReport",
    "IncludeQuarantineDetails",
    "IncludeSoftDeletedRecipients",
    "UseCustomRouting",
  ],
  run(model, request): CmdletAnswer {
    const columns = isOn(request, "Archive") ? ARCHIVE : PRIMARY;
    const warnings: string[] = [];
    const isOne = (textOf(request, "Identity") ?? "") !== "";
    const source = aboutMailbox(model, request, ["Identity"], (seen) => {
      const { recipient } = seen;
      const isThere = columns === PRIMARY || archiveGuidOf(recipient) !== undefined;
      if (!isThere && isOne) throw new Refusal({ kind: "no-archive", subject: recipient.identity });
      if (isThere && wasOpened(recipient)) return [columns.row(seen, request.select)];
      if (isOne) warnings.push(neverOpened(recipient));
      return [];
    });
    return rows(source, { warnings });
  },
};

function neverOpened({ displayName, exchangeGuid }: Recipient): string {
  return `The user hasn't logged on to mailbox '${displayName}' ('${exchangeGuid}'), so there is no data to return. After the user logs on, this warning will no longer appear.`;
}
