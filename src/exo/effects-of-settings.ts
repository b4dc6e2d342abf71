/** The cmdlets that set properties, and every property that was judged; what is not here happens once. Data. */
import type { SettingEntry, SettingKind } from "./effects.ts";

const SETS = "sets values: twice is the same as once";
const SECRET = "a secret cannot be read back";
const RELEASES = "gives up what a hold kept: nobody can put it back";
const FORCED = "answers a question that somebody should have been asked";

type Kinds = Readonly<Record<string, SettingKind | `${SettingKind}?`>>;

/** Names in one text, all of one kind. */
function all(kind: SettingKind | `${SettingKind}?`, names: string): Kinds {
  return Object.fromEntries(
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, kind]),
  );
}

function numbered(kind: SettingKind, name: string, count: number): Kinds {
  return all(kind, Array.from({ length: count }, (_, nth) => `${name}${nth + 1}`).join(" "));
}

const CUSTOM_ATTRIBUTES: Kinds = {
  ...numbered("text", "CustomAttribute", 15),
  ...numbered("texts", "ExtensionCustomAttribute", 5),
};

/** Who may write to a recipient, and who has to agree: the same for all kinds of recipient. */
const DELIVERY: Kinds = {
  ...all(
    "people",
    `AcceptMessagesOnlyFrom AcceptMessagesOnlyFromDLMembers AcceptMessagesOnlyFromSendersOrMembers
     BypassModerationFromSendersOrMembers GrantSendOnBehalfTo ModeratedBy
     RejectMessagesFrom RejectMessagesFromDLMembers RejectMessagesFromSendersOrMembers`,
  ),
  ...all("flag", "HiddenFromAddressListsEnabled ModerationEnabled RequireSenderAuthenticationEnabled"),
  ...all("size", "MaxReceiveSize MaxSendSize"),
  ...all("word", "SendModerationNotifications"),
  ...all("html", "MailTip"),
  ...all("text", "Alias DisplayName SimpleDisplayName"),
  ...all("addresses", "EmailAddresses"),
};

export const SETTINGS: readonly SettingEntry[] = [
  {
    cmdlet: "Set-Mailbox",
    because: SETS,
    shownBy: "Get-Mailbox",
    settings: {
      ...DELIVERY,
      ...CUSTOM_ATTRIBUTES,
      ...all(
        "flag",
        `AccountDisabled AuditEnabled CalendarRepairDisabled CalendarVersionStoreDisabled DeliverToMailboxAndForward
         ElcProcessingDisabled LitigationHoldEnabled MessageCopyForSendOnBehalfEnabled MessageCopyForSentAsEnabled
         MessageTrackingReadStatusEnabled RetentionHoldEnabled SingleItemRecoveryEnabled UseDatabaseRetentionDefaults`,
      ),
      ...all("text", "Office RetentionComment RetentionUrl"),
      ...all("word", "ExternalOofOptions"),
      ...all("name?", "AddressBookPolicy RetentionPolicy"),
      ...all("name", "RoleAssignmentPolicy SharingPolicy"),
      ...all(
        "size",
        `ArchiveQuota ArchiveWarningQuota CalendarLoggingQuota IssueWarningQuota ProhibitSendQuota
         ProhibitSendReceiveQuota RecoverableItemsQuota RecoverableItemsWarningQuota RulesQuota`,
      ),
      ...all("number", "RecipientLimits"),
      ...all("number?", "ResourceCapacity"),
      ...all("span", "AuditLogAgeLimit LitigationHoldDuration RetainDeletedItemsFor"),
      ...all("time?", "EndDateForRetentionHold StartDateForRetentionHold"),
      ...all("words", "AuditAdmin AuditDelegate AuditOwner DefaultAuditSet"),
      ...all("texts", "ResourceCustom"),
      ...all("address?", "ForwardingSmtpAddress"),
      ...all("address", "WindowsEmailAddress"),
      ...all("person?", "ForwardingAddress"),
      // Slow, and quotas and rights change with it; but saying it twice converts once.
      ...all("type", "Type"),
      ...all("unseen", "MailTipTranslations Languages"),
    },
    besides: ["GroupMailbox"],
    once: {
      Password: SECRET,
      RoomMailboxPassword: SECRET,
      ResetPasswordOnNextLogon: "undone by the next sign-in: reading back does not tell",
      EnableRoomMailboxAccount: "makes an account that can sign in",
      MicrosoftOnlineServicesID: "changes how somebody signs in",
      GenerateExternalDirectoryObjectId: "makes a directory object",
      ApplyMandatoryProperties: "repairs what it finds",
      UpdateEnforcedTimestamp: "stamps the moment it runs",
      InactiveMailbox: "acts on a mailbox that is kept for a court only",
      RecalculateInactiveMailbox: RELEASES,
      RemoveDelayHoldApplied: RELEASES,
      RemoveDelayReleaseHoldApplied: RELEASES,
      RemoveOrphanedHolds: RELEASES,
      ExcludeFromAllHolds: RELEASES,
      ExcludeFromAllOrgHolds: RELEASES,
      ExcludeFromOrgHolds: RELEASES,
      RemoveDisabledArchive: "purges an archive",
      Force: FORCED,
    },
  },
  {
    cmdlet: "Set-CASMailbox",
    because: SETS,
    shownBy: "Get-CASMailbox",
    settings: {
      ...all(
        "flag",
        `ActiveSyncEnabled ActiveSyncSuppressReadReceipt ECPEnabled ImapEnabled ImapForceICalForCalendarRetrievalOption
         ImapSuppressReadReceipt IsOptimizedForAccessibility MacOutlookEnabled MAPIEnabled OneWinNativeOutlookEnabled
         OutlookMobileEnabled OWAEnabled OWAforDevicesEnabled PopEnabled PopForceICalForCalendarRetrievalOption
         PopSuppressReadReceipt PublicFolderClientAccess ShowGalAsDefaultView UniversalOutlookEnabled`,
      ),
      // Null follows the organisation: a third state, not an empty one (`exo-protocol.md` 10.11).
      ...all(
        "flag?",
        "EwsAllowEntourage EwsAllowMacOutlook EwsAllowOutlook EwsEnabled MapiHttpEnabled SmtpClientAuthenticationDisabled",
      ),
      ...all("word?", "EwsApplicationAccessPolicy"),
      ...all("word", "ImapMessagesRetrievalMimeFormat PopMessagesRetrievalMimeFormat"),
      ...all("name", "ActiveSyncMailboxPolicy"),
      ...all("name?", "OwaMailboxPolicy"),
      ...all("texts", "ActiveSyncAllowedDeviceIDs ActiveSyncBlockedDeviceIDs EwsAllowList EwsBlockList"),
    },
    once: {
      ResetAutoBlockedDevices: "starts a count again",
      HasActiveSyncDevicePartnership: "forgets devices",
    },
  },
  {
    cmdlet: "Set-MailboxAutoReplyConfiguration",
    because: SETS,
    shownBy: "Get-MailboxAutoReplyConfiguration",
    settings: {
      ...all("word", "AutoReplyState ExternalAudience"),
      ...all("time", "EndTime StartTime"),
      ...all("html", "DeclineMeetingMessage ExternalMessage InternalMessage"),
      ...all("text", "OOFEventSubject"),
      ...all("flag", "AutoDeclineFutureRequestsWhenOOF"),
    },
    once: {
      CreateOOFEvent: "makes an event in the calendar",
      DeclineAllEventsForScheduledOOF: "answers people",
      DeclineEventsForScheduledOOF: "answers people",
      EventsToDeleteIDs: "answers people",
    },
  },
  {
    cmdlet: "Set-MailboxRegionalConfiguration",
    because: SETS,
    shownBy: "Get-MailboxRegionalConfiguration",
    // Null for a format means the language's own, which is what is shown then.
    settings: {
      ...all("word", "Language TimeZone"),
      ...all("exact", "DateFormat TimeFormat"),
      ...all("unseen", "LocalizeDefaultFolderName"),
    },
  },
  {
    cmdlet: "Set-CalendarProcessing",
    because: SETS,
    shownBy: "Get-CalendarProcessing",
    settings: {
      ...all(
        "flag",
        `AddAdditionalResponse AddNewRequestsTentatively AddOrganizerToSubject AllBookInPolicy AllowConflicts
         AllowRecurringMeetings AllRequestInPolicy AllRequestOutOfPolicy DeleteAttachments DeleteComments
         DeleteNonCalendarItems DeleteSubject EnableAutoRelease EnableResponseDetails EnforceCapacity
         EnforceSchedulingHorizon ForwardRequestsToDelegates OrganizerInfo ProcessExternalMeetingMessages
         RemoveCanceledMeetings RemoveForwardedMeetingNotifications RemoveOldMeetingMessages RemovePrivateProperty
         ScheduleOnlyDuringWorkHours TentativePendingApproval`,
      ),
      ...all("word", "AutomateProcessing BookingType"),
      ...all(
        "number",
        `BookingWindowInDays ConflictPercentageAllowed MaximumConflictInstances MaximumDurationInMinutes
         MinimumDurationInMinutes PostReservationMaxClaimTimeInMinutes`,
      ),
      ...all("html", "AdditionalResponse"),
      ...all("people", "ResourceDelegates"),
      // Shown by legacy names, which no look-up of a recipient promises.
      ...all("unseen", "BookInPolicy RequestInPolicy RequestOutOfPolicy"),
    },
  },
  {
    cmdlet: "Set-MailboxAuditBypassAssociation",
    because: SETS,
    shownBy: "Get-MailboxAuditBypassAssociation",
    settings: all("flag", "AuditBypassEnabled"),
  },
  {
    cmdlet: "Set-MailboxCalendarConfiguration",
    because: SETS,
    shownBy: "Get-MailboxCalendarConfiguration",
    settings: {
      ...all(
        "flag",
        "AutoDeclineWhenBusy OnlineMeetingsByDefaultEnabled PreserveDeclinedMeetings RemindersEnabled ReminderSoundEnabled ShowWeekNumbers",
      ),
      ...all("word", "FirstWeekOfYear TimeIncrement WeekStartDay WorkingHoursTimeZone"),
      ...all("span", "WorkingHoursEndTime WorkingHoursStartTime"),
      ...all("number", "DefaultMeetingDuration"),
      // `Weekdays` is five days by another name.
      ...all("unseen", "DefaultReminderTime WorkDays"),
    },
  },
  {
    cmdlet: "Set-MailboxJunkEmailConfiguration",
    because: SETS,
    shownBy: "Get-MailboxJunkEmailConfiguration",
    settings: {
      ...all("flag", "ContactsTrusted Enabled TrustedListsOnly"),
      ...all("words", "BlockedSendersAndDomains TrustedRecipientsAndDomains TrustedSendersAndDomains"),
    },
  },
  {
    cmdlet: "Set-MailboxMessageConfiguration",
    because: SETS,
    shownBy: "Get-MailboxMessageConfiguration",
    settings: {
      ...all(
        "flag",
        "AlwaysShowBcc AlwaysShowFrom AutoAddSignature AutoAddSignatureOnMobile AutoAddSignatureOnReply",
      ),
      ...all("html", "SignatureHtml"),
      ...all("text", "SignatureText SignatureTextOnMobile"),
    },
  },
  {
    cmdlet: "Set-FocusedInbox",
    because: SETS,
    shownBy: "Get-FocusedInbox",
    settings: all("flag", "FocusedInboxOn"),
  },
  {
    cmdlet: "Set-User",
    because: SETS,
    settings: {
      ...all(
        "text",
        `AssistantName City Company Department DisplayName Fax FirstName HomePhone Initials LastName MobilePhone Notes
         Office Pager Phone PostalCode SimpleDisplayName StateOrProvince StreetAddress Title WebPage`,
      ),
      ...all("word", "CountryOrRegion"),
      ...all("name", "AuthenticationPolicy"),
      ...all("person?", "Manager"),
      ...all("flag", "RemotePowerShellEnabled EXOModuleEnabled VIP"),
    },
    once: {
      PermanentlyClearPreviousMailboxInfo: "purges what is left of a mailbox",
      ResetPasswordOnNextLogon: "undone by the next sign-in: reading back does not tell",
      StsRefreshTokensValidFrom: "signs somebody out",
      Force: FORCED,
    },
  },
  {
    cmdlet: "Set-MailUser",
    because: SETS,
    settings: {
      ...DELIVERY,
      ...CUSTOM_ATTRIBUTES,
      ...all("word", "ArchiveGuid ExchangeGuid"),
      ...all("address", "ExternalEmailAddress WindowsEmailAddress"),
    },
    once: { Password: SECRET, MicrosoftOnlineServicesID: "changes how somebody signs in" },
  },
  {
    cmdlet: "Set-MailContact",
    because: SETS,
    settings: {
      ...DELIVERY,
      ...CUSTOM_ATTRIBUTES,
      ...all("address", "ExternalEmailAddress WindowsEmailAddress"),
    },
  },
  {
    cmdlet: "Set-Contact",
    because: SETS,
    settings: all(
      "text",
      "City Company Department DisplayName FirstName LastName MobilePhone Office Phone PostalCode StreetAddress Title",
    ),
  },
  {
    cmdlet: "Set-DistributionGroup",
    because: SETS,
    settings: {
      ...DELIVERY,
      ...CUSTOM_ATTRIBUTES,
      ...all("text", "Description"),
      ...all("address", "PrimarySmtpAddress WindowsEmailAddress"),
      ...all("people", "ManagedBy"),
      ...all("word", "MemberDepartRestriction MemberJoinRestriction"),
      ...all(
        "flag",
        "BccBlocked BypassNestedModerationEnabled ReportToManagerEnabled ReportToOriginatorEnabled SendOofMessageToOriginatorEnabled",
      ),
    },
    besides: ["BypassSecurityGroupManagerCheck"],
    once: {
      ForceUpgrade: "turns a group into another kind for good",
      RoomList: "turns a group into another kind for good",
      HiddenGroupMembershipEnabled: "cannot be taken back",
      ResetMigrationToUnifiedGroup: "starts something",
    },
  },
  {
    cmdlet: "Set-DynamicDistributionGroup",
    because: SETS,
    settings: {
      ...DELIVERY,
      ...CUSTOM_ATTRIBUTES,
      ...all("person?", "ManagedBy"),
      // Written down in other words than it is said.
      ...all("unseen", "IncludedRecipients RecipientFilter"),
    },
    once: { ForceMembershipRefresh: "starts something" },
  },
  {
    cmdlet: "Set-UnifiedGroup",
    because: SETS,
    settings: {
      ...all(
        "people",
        "AcceptMessagesOnlyFromSendersOrMembers GrantSendOnBehalfTo ModeratedBy RejectMessagesFromSendersOrMembers",
      ),
      ...all("size", "MaxReceiveSize MaxSendSize"),
      ...all("html", "MailTip"),
      ...all("addresses", "EmailAddresses"),
      ...CUSTOM_ATTRIBUTES,
      ...all("address", "PrimarySmtpAddress"),
      ...all("word", "AccessType Language"),
      ...all("text", "Alias Classification DisplayName Notes"),
      ...all(
        "flag",
        `AlwaysSubscribeMembersToCalendarEvents AutoSubscribeNewMembers CalendarMemberReadOnly ConnectorsEnabled
         HiddenFromAddressListsEnabled HiddenFromExchangeClientsEnabled ModerationEnabled
         RequireSenderAuthenticationEnabled SubscriptionEnabled UnifiedGroupWelcomeMessageEnabled`,
      ),
    },
    once: { ForceUpgrade: "turns a group into another kind for good" },
  },
  {
    cmdlet: "Set-Group",
    because: SETS,
    settings: { ...all("text", "DisplayName Notes"), ...all("people", "ManagedBy") },
    once: { Universal: "turns a group into another kind for good" },
  },
  {
    cmdlet: "Set-Place",
    because: SETS,
    settings: {
      ...all("text", "Building City Floor FloorLabel Label Phone PostalCode State Street"),
      ...all("number", "Capacity"),
      ...all("word", "CountryOrRegion"),
      ...all("flag", "IsWheelChairAccessible MTREnabled"),
      ...all("texts", "Tags"),
    },
  },
  {
    cmdlet: "Set-InboxRule",
    because: SETS,
    settings: {
      ...all("text", "Name"),
      ...all("number", "Priority"),
      ...all("flag", "DeleteMessage MarkAsRead StopProcessingRules"),
      // Shown in words, and recipients by their legacy names.
      ...all(
        "unseen",
        "ForwardAsAttachmentTo ForwardTo From MoveToFolder RedirectTo SentTo SubjectContainsWords SubjectOrBodyContainsWords",
      ),
    },
    besides: ["Mailbox"],
    once: {
      Force: "drops the rules that only Outlook knows",
      AlwaysDeleteOutlookRulesBlob: "drops the rules that only Outlook knows",
    },
  },
  {
    cmdlet: "Set-MailboxPlan",
    because: SETS,
    settings: {
      ...all(
        "size",
        "IssueWarningQuota MaxReceiveSize MaxSendSize ProhibitSendQuota ProhibitSendReceiveQuota",
      ),
      ...all("span", "RetainDeletedItemsFor"),
      ...all("name", "RetentionPolicy RoleAssignmentPolicy"),
    },
  },
  {
    cmdlet: "Set-CASMailboxPlan",
    because: SETS,
    settings: {
      ...all("flag", "ActiveSyncEnabled ECPEnabled EwsEnabled ImapEnabled MAPIEnabled OWAEnabled PopEnabled"),
      ...all("name", "OwaMailboxPolicy"),
    },
  },
  {
    cmdlet: "Set-OrganizationConfig",
    because: SETS,
    settings: all(
      "flag",
      `AppsForOfficeEnabled AuditDisabled AutoExpandingArchive BookingsEnabled ConnectorsEnabled EwsEnabled FocusedInboxOn
       LeanPopoutEnabled MailTipsAllTipsEnabled MailTipsExternalRecipientsTipsEnabled MailTipsGroupMetricsEnabled
       OAuth2ClientProfileEnabled OutlookPayEnabled PublicComputersDetectionEnabled SendFromAliasEnabled`,
    ),
  },
  {
    cmdlet: "Set-TransportConfig",
    because: SETS,
    settings: {
      ...all(
        "flag",
        "ExternalDsnSendHtml InternalDsnSendHtml Rfc2231EncodingEnabled SmtpClientAuthenticationDisabled",
      ),
      ...all("size", "MaxReceiveSize MaxSendSize"),
    },
  },
  {
    cmdlet: "Set-RemoteDomain",
    because: SETS,
    settings: {
      ...all("flag", "AutoForwardEnabled AutoReplyEnabled DeliveryReportEnabled NDREnabled TNEFEnabled"),
      ...all("word", "AllowedOOFType ContentType"),
    },
  },
  {
    cmdlet: "Set-AcceptedDomain",
    because: SETS,
    settings: {
      ...all("word", "DomainType"),
      ...all("flag", "MatchSubDomains OutboundOnly SendingFromDomainDisabled"),
    },
    once: { MakeDefault: "changes another domain too" },
  },
  {
    cmdlet: "Set-OwaMailboxPolicy",
    because: SETS,
    settings: all(
      "flag",
      "ActiveSyncIntegrationEnabled ClassicAttachmentsEnabled ExternalSPMySiteHostURL PersonalAccountsEnabled SMimeEnabled WacEditingEnabled",
    ),
  },
  {
    cmdlet: "Set-MobileDeviceMailboxPolicy",
    because: SETS,
    settings: {
      ...all(
        "flag",
        "AllowNonProvisionableDevices AllowSimplePassword PasswordEnabled RequireDeviceEncryption",
      ),
      ...all("number", "MinPasswordLength"),
    },
  },
  {
    cmdlet: "Set-RetentionPolicy",
    because: SETS,
    settings: all("texts", "RetentionPolicyTagLinks"),
    once: { IsDefault: "changes another policy too", Force: FORCED },
  },
  {
    cmdlet: "Set-RetentionPolicyTag",
    because: SETS,
    settings: {
      ...all("flag", "RetentionEnabled"),
      ...all("span", "AgeLimitForRetention"),
      ...all("word", "RetentionAction"),
      ...all("text", "Comment"),
    },
    once: { Force: FORCED },
  },
  {
    cmdlet: "Set-SharingPolicy",
    because: SETS,
    settings: { ...all("texts", "Domains"), ...all("flag", "Enabled") },
    once: { Default: "changes another policy too" },
  },
  {
    cmdlet: "Set-OrganizationRelationship",
    because: SETS,
    settings: {
      ...all("texts", "DomainNames"),
      ...all(
        "flag",
        "ArchiveAccessEnabled Enabled FreeBusyAccessEnabled MailboxMoveEnabled MailTipsAccessEnabled",
      ),
      ...all("word", "FreeBusyAccessLevel MailboxMoveCapability MailTipsAccessLevel"),
    },
  },
  {
    cmdlet: "Set-AdminAuditLogConfig",
    because: SETS,
    settings: all("flag", "UnifiedAuditLogIngestionEnabled"),
    once: { Force: FORCED },
  },
  {
    cmdlet: "Set-ExternalInOutlook",
    because: SETS,
    settings: { ...all("flag", "Enabled"), ...all("words", "AllowList") },
  },
];
