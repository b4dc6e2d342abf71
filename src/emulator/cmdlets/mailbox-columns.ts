/** Properties of a Get-Mailbox row, in the order of the .NET object (exo-protocol.md 5.7). */
import type { WireValue } from "../cmdlet.ts";
import { isDeleted } from "../organisation/kinds.ts";
import type { Recipient } from "../organisation/recipient.ts";
import {
  archiveGrows,
  archiveGuidOf,
  auditOf,
  detail,
  forwardingOf,
  hasArchive,
  isOnHold,
  languageOf,
  quotasOf,
} from "../organisation/details.ts";
import { happens } from "../organisation/random.ts";
import { type Column, Columns, type Seen } from "./columns.ts";
import { IDENTITY_COLUMNS, always, of } from "./shared-columns.ts";
import { ZERO_GUID, date, flag, guid, int32, none, size, text, texts } from "./wire-values.ts";

const GB = 2 ** 30;
const MB = 2 ** 20;
const DAY_MS = 86_400_000;

const isShared = ({ kind }: Recipient): boolean => kind === "shared";
const isResource = ({ kind }: Recipient): boolean => kind === "room" || kind === "equipment";
const isGone = ({ kind }: Recipient): boolean => isDeleted(kind);

/** A small share of mailboxes predates a property: there the key is missing altogether. */
function unlessOld(value: WireValue): Column[1] {
  return ({ recipient }) =>
    recipient.plan.quirk("absent-properties") && happens(detail(recipient, "age"), 100) ? undefined : value;
}

function databaseOf(recipient: Recipient): string {
  return `${recipient.plan.forest.slice(0, 6)}DG${100 + (detail(recipient, "database") % 400)}-db${detail(recipient, "server") % 99}`;
}

function serverOf(recipient: Recipient): string {
  return `am${detail(recipient, "database") % 10}pr05mb${1000 + (detail(recipient, "server") % 9000)}`;
}

const auditActions = ["Update", "SoftDelete", "HardDelete", "SendAs", "SendOnBehalf", "Create"];

const customAttributes: Column[] = Array.from({ length: 15 }, (_, nth) => [
  `CustomAttribute${nth + 1}`,
  ({ recipient }: Seen) =>
    text(
      nth === 0 && happens(detail(recipient, "cost-centre"), 200)
        ? `CC-${1000 + (recipient.index % 90)}`
        : "",
    ),
]);

export const MAILBOX_COLUMNS = new Columns([
  ["Database", of((recipient) => text(databaseOf(recipient)))],
  ["DatabaseGuid", of((recipient) => guid(recipient.guid.replace(/.{12}$/, "00000000db00")))],
  ["MailboxRegion", always(none())],
  [
    "MessageCopyForSentAsEnabled",
    of((recipient) => flag(isShared(recipient) && detail(recipient, "sent-copies") % 2 === 0)),
  ],
  [
    "MessageCopyForSendOnBehalfEnabled",
    of((recipient) => flag(isShared(recipient) && detail(recipient, "sent-copies") % 2 === 0)),
  ],
  ["MessageCopyForSMTPClientSubmissionEnabled", unlessOld(flag(true))],
  ["UseDatabaseRetentionDefaults", always(flag(false))],
  ["RetainDeletedItemsUntilBackup", always(flag(false))],
  [
    "DeliverToMailboxAndForward",
    of((recipient) =>
      flag(forwardingOf(recipient).smtp !== undefined && detail(recipient, "forward-copy") % 2 === 0),
    ),
  ],
  ["IsExcludedFromServingHierarchy", always(flag(false))],
  ["IsHierarchyReady", always(flag(true))],
  ["IsHierarchySyncEnabled", always(flag(true))],
  ["LitigationHoldEnabled", of((recipient) => flag(isOnHold(recipient)))],
  ["SingleItemRecoveryEnabled", always(flag(true))],
  ["RetentionHoldEnabled", always(flag(false))],
  ["EndDateForRetentionHold", always(none())],
  ["StartDateForRetentionHold", always(none())],
  ["RetentionComment", always(text(""))],
  ["RetentionUrl", always(text(""))],
  ["LitigationHoldDate", of((recipient) => (isOnHold(recipient) ? date(recipient.changedMs) : none()))],
  ["LitigationHoldOwner", of((recipient) => text(isOnHold(recipient) ? "legal@contoso.example" : ""))],
  ["ElcProcessingDisabled", always(flag(false))],
  [
    "ComplianceTagHoldApplied",
    of((recipient) => flag(isOnHold(recipient) && detail(recipient, "label-hold") % 4 === 0)),
  ],
  ["WasInactiveMailbox", always(flag(false))],
  [
    "DelayHoldApplied",
    of((recipient) => flag(recipient.kind === "user" && happens(detail(recipient, "delay-hold"), 10))),
  ],
  ["DelayReleaseHoldApplied", always(flag(false))],
  ["PitrEnabled", unlessOld(flag(false))],
  ["PitrState", unlessOld(text("None"))],
  [
    "LitigationHoldDuration",
    of((recipient) => text(detail(recipient, "hold-time") % 5 === 0 ? "2555.00:00:00" : "Unlimited")),
  ],
  ["ManagedFolderMailboxPolicy", always(none())],
  ["RetentionPolicy", always(text("Default MRM Policy"))],
  ["AddressBookPolicy", always(none())],
  ["CalendarRepairDisabled", always(flag(false))],
  ["ExchangeGuid", of((recipient) => guid(recipient.exchangeGuid))],
  ["MailboxContainerGuid", always(none())],
  [
    "MailboxLocations",
    of((recipient) => {
      const primary = `1;${recipient.exchangeGuid};Primary;${recipient.plan.forest};${recipient.guid}`;
      return texts(
        hasArchive(recipient)
          ? [
              primary,
              `1;${archiveGuidOf(recipient) ?? ZERO_GUID};MainArchive;${recipient.plan.forest};${recipient.guid}`,
            ]
          : [primary],
      );
    }),
  ],
  ["AggregatedMailboxGuids", always(texts([]))],
  ["ExchangeSecurityDescriptor", always(text("System.Security.AccessControl.RawSecurityDescriptor"))],
  [
    "ExchangeUserAccountControl",
    of((recipient) => text(recipient.accountDisabled ? "AccountDisabled" : "None")),
  ],
  ["AdminDisplayVersion", always(text("Version 15.20 (Build 9478.10)"))],
  ["MessageTrackingReadStatusEnabled", always(flag(true))],
  ["ExternalOofOptions", always(text("External"))],
  [
    "ForwardingAddress",
    of((recipient) => {
      const { to } = forwardingOf(recipient);
      return text(to === undefined ? null : recipient.sibling(to).name);
    }),
  ],
  ["ForwardingSmtpAddress", of((recipient) => text(forwardingOf(recipient).smtp ?? null))],
  [
    "RetainDeletedItemsFor",
    of((recipient) => text(detail(recipient, "keep-deleted") % 3 === 0 ? "30.00:00:00" : "14.00:00:00")),
  ],
  ["IsMailboxEnabled", of((recipient) => flag(!isGone(recipient)))],
  ["Languages", of((recipient) => texts([languageOf(recipient)]))],
  ["OfflineAddressBook", always(none())],
  ["ProhibitSendQuota", of((recipient) => size(quotasOf(recipient).prohibitSend))],
  ["ProhibitSendReceiveQuota", of((recipient) => size(quotasOf(recipient).prohibitSendReceive))],
  ["RecoverableItemsQuota", of((recipient) => size(quotasOf(recipient).recoverableItems))],
  ["RecoverableItemsWarningQuota", of((recipient) => size(quotasOf(recipient).recoverableItemsWarning))],
  ["CalendarLoggingQuota", always(size(6 * GB))],
  ["DowngradeHighPriorityMessagesEnabled", always(flag(false))],
  ["ProtocolSettings", always(texts(["RemotePowerShell§1"]))],
  ["RecipientLimits", always(text("500"))],
  ["IsResource", of((recipient) => flag(isResource(recipient)))],
  ["IsLinked", always(flag(false))],
  ["IsShared", of((recipient) => flag(isShared(recipient)))],
  ["IsRootPublicFolderMailbox", always(flag(false))],
  ["LinkedMasterAccount", of((recipient) => text(isShared(recipient) ? "NT AUTHORITY\\SELF" : ""))],
  ["ResetPasswordOnNextLogon", always(flag(false))],
  [
    "ResourceCapacity",
    of((recipient) => (recipient.kind === "room" ? int32(4 + (recipient.index % 20)) : none())),
  ],
  ["ResourceCustom", always(texts([]))],
  [
    "ResourceType",
    of(({ kind }) => text(kind === "room" ? "Room" : kind === "equipment" ? "Equipment" : null)),
  ],
  [
    "RoomMailboxAccountEnabled",
    of((recipient) => (recipient.kind === "room" ? flag(!recipient.accountDisabled) : none())),
  ],
  ["SamAccountName", of((recipient) => text(recipient.samAccountName))],
  ["SCLDeleteThreshold", always(none())],
  ["SCLJunkThreshold", always(none())],
  ["AntispamBypassEnabled", always(flag(false))],
  [
    "ServerLegacyDN",
    of((recipient) =>
      text(
        `/o=ExchangeLabs/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Configuration/cn=Servers/cn=${serverOf(recipient)}`,
      ),
    ),
  ],
  ["ServerName", of((recipient) => text(serverOf(recipient)))],
  ["UseDatabaseQuotaDefaults", always(flag(false))],
  ["IssueWarningQuota", of((recipient) => size(quotasOf(recipient).issueWarning))],
  ["RulesQuota", always(size(256 * 1024))],
  [
    "Office",
    of((recipient) => text(["", "HQ 3.14", "Zürich", "São Paulo"][detail(recipient, "office") % 4] ?? "")),
  ],
  ["UserPrincipalName", of((recipient) => text(recipient.userPrincipalName))],
  ["UMEnabled", always(flag(false))],
  ["NetID", of((recipient) => text(recipient.guid.replaceAll("-", "").slice(0, 16).toUpperCase()))],
  ["WindowsLiveID", of((recipient) => text(recipient.userPrincipalName))],
  ["MicrosoftOnlineServicesID", of((recipient) => text(recipient.userPrincipalName))],
  ["ThrottlingPolicy", always(none())],
  ["RoleAssignmentPolicy", always(text("Default Role Assignment Policy"))],
  ["SharingPolicy", always(text("Default Sharing Policy"))],
  ["MailboxPlan", of((recipient) => text(recipient.kind === "user" ? "ExchangeOnlineEnterprise" : null))],
  ["ArchiveDatabase", of((recipient) => (hasArchive(recipient) ? text(databaseOf(recipient)) : none()))],
  ["ArchiveGuid", of((recipient) => guid(archiveGuidOf(recipient) ?? ZERO_GUID))],
  [
    "ArchiveName",
    of((recipient) => texts(hasArchive(recipient) ? [`In-Place Archive - ${recipient.displayName}`] : [])),
  ],
  ["JournalArchiveAddress", always(text(""))],
  ["ArchiveQuota", of((recipient) => size(quotasOf(recipient).archive))],
  ["ArchiveWarningQuota", always(size(90 * GB))],
  ["ArchiveDomain", always(none())],
  ["ArchiveStatus", of((recipient) => text(hasArchive(recipient) ? "Active" : "None"))],
  ["ArchiveState", of((recipient) => text(hasArchive(recipient) ? "Local" : "None"))],
  ["AutoExpandingArchiveEnabled", of((recipient) => flag(archiveGrows(recipient)))],
  ["DisabledMailboxLocations", always(flag(false))],
  ["RemoteRecipientType", always(text("None"))],
  ["MailboxMoveStatus", always(text("None"))],
  [
    "ImmutableId",
    of((recipient) =>
      text(recipient.dirSynced ? Buffer.from(recipient.guid).toString("base64").slice(0, 24) : ""),
    ),
  ],
  [
    "PersistedCapabilities",
    of(({ kind }) => texts(kind === "user" ? ["BPOS_S_EquivioAnalytics", "BPOS_S_Enterprise"] : [])),
  ],
  ["SKUAssigned", of(({ kind }) => (kind === "user" ? flag(true) : none()))],
  ["AuditEnabled", of((recipient) => flag(auditOf(recipient).enabled))],
  ["AuditLogAgeLimit", always(text("90.00:00:00"))],
  ["AuditAdmin", always(texts(auditActions))],
  ["AuditDelegate", always(texts(auditActions))],
  ["AuditOwner", always(texts(["Update", "SoftDelete", "HardDelete"]))],
  ["DefaultAuditSet", of((recipient) => texts(auditOf(recipient).defaultSet))],
  ["WhenMailboxCreated", of((recipient) => date(recipient.createdMs))],
  ["UsageLocation", of((recipient) => text(recipient.kind === "user" ? "Germany" : null))],
  ["IsSoftDeletedByRemove", always(flag(false))],
  ["IsSoftDeletedByDisable", of(({ kind }) => flag(kind === "soft-deleted"))],
  ["IsInactiveMailbox", of(({ kind }) => flag(kind === "inactive"))],
  ["IncludeInGarbageCollection", always(flag(false))],
  ["WhenSoftDeleted", of((recipient) => (isGone(recipient) ? date(recipient.changedMs + DAY_MS) : none()))],
  [
    "InPlaceHolds",
    of((recipient) =>
      texts(
        isOnHold(recipient) && detail(recipient, "label-hold") % 3 === 0 ? [`UniH${recipient.guid}`] : [],
      ),
    ),
  ],
  ["AccountDisabled", of((recipient) => flag(recipient.accountDisabled))],
  [
    "StsRefreshTokensValidFrom",
    of((recipient) => (isShared(recipient) ? none() : date(recipient.changedMs))),
  ],
  ["NonCompliantDevices", always(texts([]))],
  ["EnforcedTimestamps", unlessOld(text('[{"Timestamp":"2022-01-01T00:00:00Z","Reason":"Created"}]'))],
  ["DataEncryptionPolicy", always(none())],
  ["HasPicture", of((recipient) => flag(detail(recipient, "picture") % 2 === 0))],
  ["HasSpokenName", always(flag(false))],
  ["IsDirSynced", of((recipient) => flag(recipient.dirSynced))],
  ["AcceptMessagesOnlyFrom", always(texts([]))],
  ["AcceptMessagesOnlyFromDLMembers", always(texts([]))],
  ["AcceptMessagesOnlyFromSendersOrMembers", always(texts([]))],
  [
    "AddressListMembership",
    always(texts(["\\All Recipients(VLV)", "\\All Mailboxes(VLV)", "\\Default Global Address List"])),
  ],
  ["AdministrativeUnits", always(texts([]))],
  ["Alias", of((recipient) => text(recipient.alias))],
  ["ArbitrationMailbox", always(none())],
  ["BypassModerationFromSendersOrMembers", always(texts([]))],
  [
    "OrganizationalUnit",
    of(({ plan }) =>
      text(`${plan.forestDns.toLowerCase()}/Microsoft Exchange Hosted Organizations/${plan.options.domain}`),
    ),
  ],
  ...customAttributes,
  ["ExtensionCustomAttribute1", always(texts([]))],
  ["DisplayName", of((recipient) => text(recipient.displayName))],
  ["EmailAddresses", of((recipient) => texts(recipient.emailAddresses))],
  ["GrantSendOnBehalfTo", ({ state }) => texts(state.delegates.map(({ words }) => words))],
  ["ExternalDirectoryObjectId", of((recipient) => text(recipient.objectId))],
  [
    "HiddenFromAddressListsEnabled",
    of((recipient) => flag(recipient.kind === "discovery" || happens(detail(recipient, "hidden"), 50))),
  ],
  ["LastExchangeChangedTime", always(none())],
  ["LegacyExchangeDN", of((recipient) => text(recipient.legacyExchangeDN))],
  ["MaxSendSize", always(size(35 * MB))],
  ["MaxReceiveSize", always(size(36 * MB))],
  ["ModeratedBy", always(texts([]))],
  ["ModerationEnabled", always(flag(false))],
  ["PoliciesIncluded", always(texts([]))],
  ["PoliciesExcluded", always(texts(["{26491cfc-9e50-4857-861b-0cb8df22b5d7}"]))],
  ["EmailAddressPolicyEnabled", always(flag(false))],
  ["PrimarySmtpAddress", of((recipient) => text(recipient.primarySmtp))],
  ["RecipientType", always(text("UserMailbox"))],
  ["RecipientTypeDetails", of((recipient) => text(recipient.typeDetails))],
  ["RejectMessagesFrom", always(texts([]))],
  ["RequireSenderAuthenticationEnabled", always(flag(false))],
  ["SimpleDisplayName", always(text(""))],
  ["SendModerationNotifications", always(text("Always"))],
  ["WindowsEmailAddress", of((recipient) => text(recipient.primarySmtp))],
  ["MailTip", always(none())],
  ["MailTipTranslations", always(texts([]))],
  ...IDENTITY_COLUMNS,
]);
