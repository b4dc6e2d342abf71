/** `Get-Mailbox` (exo-protocol.md 10.2). */
import type { CmdletRequest } from "../cmdlet.ts";
import { DELETED_MAILBOXES, type Kind, LISTED_MAILBOXES } from "../organisation/kinds.ts";
import { hasArchive } from "../organisation/details.ts";
import { type Definition, READERS, rows } from "./define.ts";
import { MAILBOX_COLUMNS } from "./mailbox-columns.ts";
import { objectsOf } from "./objects.ts";
import { type EnumType, isOn, membersOf } from "./parameters.ts";

const TYPE_DETAILS: EnumType = {
  type: "Microsoft.Exchange.Data.Directory.Recipient.RecipientTypeDetails[]",
  members: [
    "DiscoveryMailbox",
    "EquipmentMailbox",
    "GroupMailbox",
    "LegacyMailbox",
    "LinkedMailbox",
    "LinkedRoomMailbox",
    "RoomMailbox",
    "SchedulingMailbox",
    "SharedMailbox",
    "TeamMailbox",
    "UserMailbox",
  ],
};

export const getMailbox: Definition = {
  name: "Get-Mailbox",
  roles: READERS,
  parameters: [
    "Identity",
    "Anr",
    "Archive",
    "Filter",
    "GroupMailbox",
    "InactiveMailboxOnly",
    "IncludeAcceptMessagesOnlyFromSendersOrMembersWithDisplayNames",
    "IncludeForwardingAddressWithDisplayNames",
    "IncludeGrantSendOnBehalfToWithDisplayNames",
    "IncludeInactiveMailbox",
    "MailboxPlan",
    "Migration",
    "OrganizationalUnit",
    "PublicFolder",
    "RecipientTypeDetails",
    "ResultSize",
    "SoftDeletedMailbox",
    "SortBy",
    "Async",
  ],
  run(model, request) {
    const archived = isOn(request, "Archive");
    return rows(
      objectsOf(model, request, {
        kinds: kindsOf(request),
        columns: MAILBOX_COLUMNS,
        types: membersOf(model, request, "RecipientTypeDetails", TYPE_DETAILS),
        accept: (recipient) => !archived || hasArchive(recipient),
      }),
    );
  },
};

function kindsOf(request: CmdletRequest): readonly Kind[] {
  if (isOn(request, "GroupMailbox")) return ["group-mailbox"];
  if (isOn(request, "SoftDeletedMailbox")) return DELETED_MAILBOXES;
  if (isOn(request, "InactiveMailboxOnly")) return ["inactive"];
  if (isOn(request, "PublicFolder") || isOn(request, "Migration")) return [];
  return isOn(request, "IncludeInactiveMailbox") ? [...LISTED_MAILBOXES, "inactive"] : LISTED_MAILBOXES;
}
