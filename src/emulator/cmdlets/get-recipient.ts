/** `Get-Recipient`: everything that has an address (exo-protocol.md 10.3). */
import type { Kind } from "../organisation/kinds.ts";
import { archiveGuidOf, hasArchive } from "../organisation/details.ts";
import type { Recipient } from "../organisation/recipient.ts";
import { Columns } from "./columns.ts";
import { type Definition, READERS, rows } from "./define.ts";
import { objectsOf } from "./objects.ts";
import { isOn, listOf } from "./parameters.ts";
import { IDENTITY_COLUMNS, always, of } from "./shared-columns.ts";
import { ZERO_GUID, flag, guid, none, text, texts } from "./wire-values.ts";

const LISTED: readonly Kind[] = [
  "user",
  "shared",
  "room",
  "equipment",
  "scheduling",
  "discovery",
  "group-mailbox",
  "guest",
  "mail-user",
  "contact",
  "distribution",
  "mail-security",
  "dynamic",
];

/** `RecipientType`, the coarser of the two. */
export function recipientType({ kind, typeDetails, hasMailbox }: Recipient): string {
  if (kind === "group-mailbox") return "MailUniversalDistributionGroup";
  if (hasMailbox) return "UserMailbox";
  return kind === "guest" ? "MailUser" : typeDetails;
}

export const RECIPIENT_COLUMNS = new Columns([
  ["Alias", of((recipient) => text(recipient.alias))],
  ["ArchiveGuid", of((recipient) => guid(archiveGuidOf(recipient) ?? ZERO_GUID))],
  ["ArchiveState", of((recipient) => text(hasArchive(recipient) ? "Local" : "None"))],
  ["City", always(text(""))],
  ["Company", of(({ isGuest }) => text(isGuest ? "Partner" : "Contoso"))],
  ["Department", always(text(""))],
  ["DisplayName", of((recipient) => text(recipient.displayName))],
  ["EmailAddresses", of((recipient) => texts(recipient.emailAddresses))],
  ["ExternalDirectoryObjectId", of((recipient) => text(recipient.objectId))],
  [
    "ExternalEmailAddress",
    of((recipient) =>
      recipient.kind === "guest" || recipient.kind === "contact" || recipient.kind === "mail-user"
        ? text(`SMTP:${recipient.primarySmtp}`)
        : none(),
    ),
  ],
  ["FirstName", always(text(""))],
  ["HiddenFromAddressListsEnabled", of(({ kind }) => flag(kind === "guest" || kind === "discovery"))],
  ["LastName", of((recipient) => text(recipient.tag))],
  ["Manager", always(none())],
  ["PrimarySmtpAddress", of((recipient) => text(recipient.primarySmtp))],
  ["RecipientType", of((recipient) => text(recipientType(recipient)))],
  ["RecipientTypeDetails", of((recipient) => text(recipient.typeDetails))],
  ["SKUAssigned", of(({ kind }) => (kind === "user" ? flag(true) : none()))],
  ["SamAccountName", of((recipient) => text(recipient.samAccountName))],
  ["Title", always(text(""))],
  ["WindowsLiveID", of((recipient) => text(recipient.userPrincipalName))],
  ["ExchangeGuid", of((recipient) => guid(recipient.hasMailbox ? recipient.exchangeGuid : ZERO_GUID))],
  ["IsDirSynced", of((recipient) => flag(recipient.dirSynced))],
  ["LegacyExchangeDN", of((recipient) => text(recipient.legacyExchangeDN))],
  ...IDENTITY_COLUMNS,
]);

export const getRecipient: Definition = {
  name: "Get-Recipient",
  roles: READERS,
  parameters: [
    "Identity",
    "Anr",
    "AuthenticationType",
    "BookmarkDisplayName",
    "Capabilities",
    "Filter",
    "IncludeSoftDeletedRecipients",
    "OrganizationalUnit",
    "Properties",
    "PropertySet",
    "RecipientPreviewFilter",
    "RecipientType",
    "RecipientTypeDetails",
    "ResultSize",
    "SortBy",
  ],
  run(model, request) {
    const types = listOf(request, "RecipientType")?.map((type) => type.toLowerCase());
    return rows(
      objectsOf(model, request, {
        kinds: isOn(request, "IncludeSoftDeletedRecipients")
          ? [...LISTED, "soft-deleted", "inactive"]
          : LISTED,
        columns: RECIPIENT_COLUMNS,
        types: listOf(request, "RecipientTypeDetails"),
        accept: (recipient) => types === undefined || types.includes(recipientType(recipient).toLowerCase()),
      }),
    );
  },
};
