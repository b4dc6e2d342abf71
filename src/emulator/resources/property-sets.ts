/** What each property set holds, as documented for the `Get-EXO*` cmdlets (`exo-protocol.md` 1.4). */
import type { ResourceType } from "./route.ts";

type Sets = Readonly<Record<string, string>>;

const MAILBOX: Sets = {
  minimum:
    "Alias DisplayName DistinguishedName EmailAddresses ExchangeVersion ExternalDirectoryObjectId Guid Id Name OrganizationId PrimarySmtpAddress RecipientType RecipientTypeDetails UserPrincipalName",
  addresslist:
    "AddressBookPolicy AddressListMembership ExternalDirectoryObjectId GeneratedOfflineAddressBooks HiddenFromAddressListsEnabled OfflineAddressBook",
  archive:
    "ArchiveDatabase ArchiveDomain ArchiveGuid ArchiveName ArchiveQuota ArchiveRelease ArchiveState ArchiveStatus ArchiveWarningQuota AutoExpandingArchiveEnabled DisabledArchiveDatabase DisabledArchiveGuid ExternalDirectoryObjectId JournalArchiveAddress",
  audit:
    "AuditAdmin AuditDelegate AuditEnabled AuditLogAgeLimit AuditOwner DefaultAuditSet ExternalDirectoryObjectId",
  custom:
    "CustomAttribute1 CustomAttribute2 CustomAttribute3 CustomAttribute4 CustomAttribute5 CustomAttribute6 CustomAttribute7 CustomAttribute8 CustomAttribute9 CustomAttribute10 CustomAttribute11 CustomAttribute12 CustomAttribute13 CustomAttribute14 CustomAttribute15 ExtensionCustomAttribute1 ExternalDirectoryObjectId",
  delivery:
    "AcceptMessagesOnlyFrom AcceptMessagesOnlyFromDLMembers AcceptMessagesOnlyFromSendersOrMembers DeliverToMailboxAndForward DowngradeHighPriorityMessagesEnabled ExternalDirectoryObjectId ForwardingAddress ForwardingSmtpAddress GrantSendOnBehalfTo MaxReceiveSize MaxSendSize MessageCopyForSendOnBehalfEnabled MessageCopyForSentAsEnabled MessageTrackingReadStatusEnabled RecipientLimits RejectMessagesFrom RulesQuota",
  hold: "ComplianceTagHoldApplied DelayHoldApplied ExternalDirectoryObjectId InPlaceHolds InactiveMailboxRetireTime LitigationHoldDate LitigationHoldDuration LitigationHoldEnabled LitigationHoldOwner",
  moderation:
    "BypassModerationFromSendersOrMembers ExternalDirectoryObjectId ModeratedBy ModerationEnabled SendModerationNotifications",
  move: "ExternalDirectoryObjectId MailboxMoveBatchName MailboxMoveFlags MailboxMoveRemoteHostName MailboxMoveSourceMDB MailboxMoveStatus MailboxMoveTargetMDB",
  policy:
    "AddressBookPolicy DataEncryptionPolicy EmailAddressPolicyEnabled ExternalDirectoryObjectId ManagedFolderMailboxPolicy PoliciesExcluded PoliciesIncluded RetentionPolicy RetentionUrl RoleAssignmentPolicy SharingPolicy ThrottlingPolicy",
  publicfolder:
    "ExternalDirectoryObjectId IsExcludedFromServingHierarchy IsHierarchyReady IsHierarchySyncEnabled IsRootPublicFolderMailbox",
  quota:
    "ArchiveQuota ArchiveWarningQuota CalendarLoggingQuota ExternalDirectoryObjectId IssueWarningQuota ProhibitSendQuota ProhibitSendReceiveQuota RecoverableItemsQuota RecoverableItemsWarningQuota RulesQuota UseDatabaseQuotaDefaults",
  resource:
    "ExternalDirectoryObjectId IsResource ResourceCapacity ResourceCustom ResourceType RoomMailboxAccountEnabled",
  retention:
    "EndDateForRetentionHold ExternalDirectoryObjectId RetainDeletedItemsFor RetainDeletedItemsUntilBackup RetentionComment RetentionHoldEnabled RetentionPolicy RetentionUrl SingleItemRecoveryEnabled StartDateForRetentionHold UseDatabaseRetentionDefaults",
  scl: "AntispamBypassEnabled ExternalDirectoryObjectId SCLDeleteThreshold SCLJunkThreshold",
  softdelete:
    "ExternalDirectoryObjectId IncludeInGarbageCollection IsInactiveMailbox IsSoftDeletedByDisable IsSoftDeletedByRemove WhenSoftDeleted",
  statisticsseed: "ArchiveDatabaseGuid DatabaseGuid ExchangeGuid ExternalDirectoryObjectId",
};

const CAS_KEYS = "ExternalDirectoryObjectId Guid Identity Name OrganizationId";
const CAS_MAILBOX: Sets = {
  minimum:
    "ActiveSyncEnabled DisplayName ECPEnabled EmailAddresses EwsEnabled ExchangeVersion Guid Identity ImapEnabled MAPIEnabled Name OWAEnabled OrganizationId PopEnabled PrimarySmtpAddress ServerLegacyDN",
  activesync: `ActiveSyncAllowedDeviceIDs ActiveSyncBlockedDeviceIDs ActiveSyncEnabled ActiveSyncMailboxPolicy ActiveSyncMailboxPolicyIsDefaulted HasActiveSyncDevicePartnership ${CAS_KEYS}`,
  ews: `EwsAllowOutlook EwsEnabled ${CAS_KEYS}`,
  imap: `ImapEnabled ${CAS_KEYS}`,
  mapi: `MAPIBlockOutlookVersions MAPIEnabled MapiHttpEnabled ${CAS_KEYS}`,
  pop: `PopEnabled ${CAS_KEYS}`,
  protocolsettings: `ExternalImapSettings ExternalPopSettings ExternalSmtpSettings ${CAS_KEYS}`,
};

const RECIPIENT: Sets = {
  minimum: "ExchangeVersion ExternalDirectoryObjectID Name OrganizationId RecipientType RecipientTypeDetails",
  archive: "ArchiveDatabase ArchiveGuid ArchiveRelease ArchiveState ArchiveStatus",
  custom: "CustomAttribute1 CustomAttribute2 CustomAttribute3",
  mailboxmove: "MailboxMoveBatchName MailboxMoveFlags MailboxMoveStatus",
  policy: "AddressBookPolicy PoliciesExcluded PoliciesIncluded RetentionPolicy SharingPolicy",
};

const SETS: Readonly<Partial<Record<ResourceType, Sets>>> = {
  Mailbox: MAILBOX,
  CasMailbox: CAS_MAILBOX,
  Recipient: RECIPIENT,
};

/**
 * Lower-case names of the properties a query wants: sets and `$select` add up.
 * @returns undefined for all of them
 */
export function wantedProperties(
  type: ResourceType,
  propertySet: string | undefined,
  select: string | undefined,
): ReadonlySet<string> | undefined {
  const words = (text: string | undefined): readonly string[] =>
    (text ?? "").split(",").flatMap((word) => word.trim().toLowerCase() || []);
  const sets = words(propertySet);
  const chosen = words(select);
  if (sets.length + chosen.length === 0 || sets.includes("all")) return undefined;
  const known = SETS[type] ?? {};
  const named = sets.flatMap((set) => (known[set] ?? "").toLowerCase().split(" "));
  return new Set([...chosen, ...named]);
}
