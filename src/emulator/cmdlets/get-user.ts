/** `Get-User`: accounts, with the SID that permissions name them by. */
import type { Kind } from "../organisation/kinds.ts";
import { Columns } from "./columns.ts";
import { type Definition, READERS, rows } from "./define.ts";
import { recipientType } from "./get-recipient.ts";
import { objectsOf } from "./objects.ts";
import { listOf } from "./parameters.ts";
import { IDENTITY_COLUMNS, always, of } from "./shared-columns.ts";
import { date, flag, none, text, texts } from "./wire-values.ts";

const LISTED: readonly Kind[] = [
  "user",
  "shared",
  "room",
  "equipment",
  "scheduling",
  "discovery",
  "guest",
  "mail-user",
  "account",
];

const COLUMNS = new Columns([
  ["IsSecurityPrincipal", always(flag(true))],
  ["SamAccountName", of((recipient) => text(recipient.samAccountName))],
  ["Sid", of((recipient) => text(recipient.sid))],
  ["SidHistory", always(texts([]))],
  ["UserPrincipalName", of((recipient) => text(recipient.userPrincipalName))],
  ["ResetPasswordOnNextLogon", always(flag(false))],
  ["MicrosoftOnlineServicesID", of((recipient) => text(recipient.userPrincipalName))],
  ["WindowsLiveID", of((recipient) => text(recipient.userPrincipalName))],
  ["RemotePowerShellEnabled", always(flag(true))],
  ["NetID", of((recipient) => text(recipient.guid.replaceAll("-", "").slice(0, 16).toUpperCase()))],
  [
    "StsRefreshTokensValidFrom",
    of((recipient) => (recipient.kind === "shared" ? none() : date(recipient.changedMs))),
  ],
  [
    "UserAccountControl",
    of((recipient) => text(recipient.accountDisabled ? "AccountDisabled, NormalAccount" : "NormalAccount")),
  ],
  ["IsLinked", always(flag(false))],
  ["ExternalDirectoryObjectId", of((recipient) => text(recipient.objectId))],
  ["SKUAssigned", of(({ kind }) => (kind === "user" ? flag(true) : none()))],
  ["IsSoftDeletedByRemove", always(flag(false))],
  ["IsSoftDeletedByDisable", always(flag(false))],
  ["WhenSoftDeleted", always(none())],
  ["UserType", of(({ isGuest }) => text(isGuest ? "Guest" : "Member"))],
  ["AccountDisabled", of((recipient) => flag(recipient.accountDisabled))],
  ["IsDirSynced", of((recipient) => flag(recipient.dirSynced))],
  ["Company", of(({ isGuest }) => text(isGuest ? "Partner" : "Contoso"))],
  ["DisplayName", of((recipient) => text(recipient.displayName))],
  ["FirstName", always(text(""))],
  ["LastName", of((recipient) => text(recipient.tag))],
  ["Manager", always(none())],
  [
    "RecipientType",
    of((recipient) => text(recipient.kind === "account" ? "User" : recipientType(recipient))),
  ],
  ["RecipientTypeDetails", of((recipient) => text(recipient.typeDetails))],
  ["WindowsEmailAddress", of((recipient) => text(recipient.primarySmtp))],
  ...IDENTITY_COLUMNS,
]);

export const getUser: Definition = {
  name: "Get-User",
  roles: READERS,
  parameters: [
    "Identity",
    "Anr",
    "Arbitration",
    "Filter",
    "IsVIP",
    "OrganizationalUnit",
    "PublicFolder",
    "RecipientTypeDetails",
    "ResultSize",
    "SortBy",
  ],
  run: (model, request) =>
    rows(
      objectsOf(model, request, {
        kinds: LISTED,
        columns: COLUMNS,
        types: listOf(request, "RecipientTypeDetails"),
      }),
    ),
};
