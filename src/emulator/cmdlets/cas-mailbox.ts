/** `Get-CASMailbox`: which protocols a mailbox may be reached by (exo-protocol.md 10.11). */
import { LISTED_MAILBOXES } from "../organisation/kinds.ts";
import { detail } from "../organisation/details.ts";
import { protocolsOf } from "../organisation/protocols.ts";
import { happens } from "../organisation/random.ts";
import { Columns } from "./columns.ts";
import { type Definition, READERS, rows } from "./define.ts";
import { objectsOf } from "./objects.ts";
import { listOf } from "./parameters.ts";
import { IDENTITY_COLUMNS, always, of } from "./shared-columns.ts";
import { flag, none, text, texts } from "./wire-values.ts";

export const CAS_COLUMNS = new Columns([
  ["EmailAddresses", of((recipient) => texts(recipient.emailAddresses))],
  ["LegacyExchangeDN", of((recipient) => text(recipient.legacyExchangeDN))],
  ["PrimarySmtpAddress", of((recipient) => text(recipient.primarySmtp))],
  ["ProtocolSettings", always(texts(["RemotePowerShell§1"]))],
  ["SamAccountName", of((recipient) => text(recipient.samAccountName))],
  ["DisplayName", of((recipient) => text(recipient.displayName))],
  ["ActiveSyncAllowedDeviceIDs", always(texts([]))],
  ["ActiveSyncBlockedDeviceIDs", always(texts([]))],
  ["ActiveSyncMailboxPolicy", always(text("Default"))],
  ["ActiveSyncMailboxPolicyIsDefaulted", always(flag(true))],
  ["ActiveSyncEnabled", of((recipient) => flag(protocolsOf(recipient).activeSync))],
  ["HasActiveSyncDevicePartnership", of((recipient) => flag(happens(detail(recipient, "devices"), 100)))],
  ["ExternalImapSettings", always(none())],
  ["OwaMailboxPolicy", always(text("OwaMailboxPolicy-Default"))],
  ["OWAEnabled", always(flag(true))],
  ["OWAforDevicesEnabled", always(flag(true))],
  ["ECPEnabled", always(flag(true))],
  ["PopEnabled", of((recipient) => flag(protocolsOf(recipient).pop))],
  ["ImapEnabled", of((recipient) => flag(protocolsOf(recipient).imap))],
  ["MAPIEnabled", always(flag(true))],
  ["MAPIBlockOutlookVersions", always(text(""))],
  ["MapiHttpEnabled", always(none())],
  ["UniversalOutlookEnabled", always(flag(true))],
  ["OutlookMobileEnabled", always(flag(true))],
  ["MacOutlookEnabled", always(flag(true))],
  ["OneWinNativeOutlookEnabled", always(flag(true))],
  ["EwsEnabled", of((recipient) => flag(protocolsOf(recipient).ews))],
  ["EwsAllowOutlook", always(none())],
  ["EwsApplicationAccessPolicy", always(none())],
  ["EwsAllowList", always(none())],
  ["EwsBlockList", always(none())],
  ["SmtpClientAuthenticationDisabled", of((recipient) => flag(protocolsOf(recipient).smtpAuthDisabled))],
  ["ShowGalAsDefaultView", always(flag(true))],
  ["RecipientTypeDetails", of((recipient) => text(recipient.typeDetails))],
  [
    "ServerLegacyDN",
    of((recipient) => text(`${recipient.legacyExchangeDN.split("/cn=")[0]}/cn=Configuration`)),
  ],
  ...IDENTITY_COLUMNS,
]);

export const getCasMailbox: Definition = {
  name: "Get-CASMailbox",
  roles: READERS,
  parameters: [
    "Identity",
    "ActiveSyncDebugLogging",
    "Anr",
    "Filter",
    "OrganizationalUnit",
    "ProtocolSettings",
    "ReadIsOptimizedForAccessibility",
    "RecalculateHasActiveSyncDevicePartnership",
    "RecipientTypeDetails",
    "ResultSize",
    "SortBy",
  ],
  run: (model, request) =>
    rows(
      objectsOf(model, request, {
        kinds: LISTED_MAILBOXES,
        columns: CAS_COLUMNS,
        types: listOf(request, "RecipientTypeDetails"),
      }),
    ),
};
