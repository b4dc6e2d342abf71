/** The cmdlets that add, remove, make, start and end something, each with its class and the reason; what is not here happens once. Data. */
import type { Effect, WriteEntry } from "./effects.ts";

type Shape = Omit<WriteEntry, "cmdlet" | "effect" | "because">;

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");

/** Cmdlets of one class for one reason; their judged parameters in one text, and for some of them parameters that make it happen once. */
function judged(
  effect: Effect,
  because: string,
  cmdlets: Readonly<Record<string, string>>,
  onceBy: Readonly<Record<string, WriteEntry["once"]>> = {},
): WriteEntry[] {
  return Object.entries(cmdlets).map(([cmdlet, parameters]) => {
    const once = onceBy[cmdlet];
    return { cmdlet, effect, because, parameters: words(parameters), ...(once && { once }) };
  });
}

/** Cmdlets whose class holds whatever they are given. */
function always(effect: Effect, because: string, cmdlets: string, more: Shape = {}): WriteEntry[] {
  return words(cmdlets).map((cmdlet) => ({ cmdlet, effect, because, ...more }));
}

const MAIL = "sends mail: a second time is a second mail";
const OUTLOOK_RULES = "drops the rules that only Outlook knows";
const TWO_RULES = "two rules of one name can stand side by side";
const RULES_OF_OUTLOOK = { Force: OUTLOOK_RULES, AlwaysDeleteOutlookRulesBlob: OUTLOOK_RULES };

export const WRITES: readonly WriteEntry[] = [
  ...judged(
    "convergent",
    "a right is there or it is not, however often that was said",
    {
      "Add-MailboxPermission": "User AccessRights Deny AutoMapping InheritanceType GroupMailbox",
      "Remove-MailboxPermission": "User AccessRights Deny InheritanceType GroupMailbox SoftDeletedMailbox",
      "Add-RecipientPermission": "Trustee AccessRights",
      "Remove-RecipientPermission":
        "Trustee AccessRights Deny SkipDomainValidationForMailContact SkipDomainValidationForMailUser SkipDomainValidationForSharedMailbox",
      "Add-PublicFolderClientPermission": "User AccessRights",
      "Remove-PublicFolderClientPermission": "User AccessRights",
    },
    {
      "Add-MailboxPermission": { Owner: "takes the mailbox from its owner" },
      "Remove-MailboxPermission": {
        ResetDefault: "wipes every right, also those given meanwhile",
        ClearAutoMapping: "acts on everybody, and cannot be read back",
        BypassMasterAccountSid: "leaves a mailbox without its owner",
      },
      "Remove-RecipientPermission": { MultiTrustees: "acts on many at once" },
    },
  ),
  ...judged(
    "convergent",
    "an entry is there or it is not; adding one that is there, and removing one that is not, is refused",
    {
      "Add-MailboxFolderPermission": "User AccessRights SharingPermissionFlags",
      "Remove-MailboxFolderPermission": "User",
    },
    {
      "Add-MailboxFolderPermission": { SendNotificationToUser: MAIL },
      "Remove-MailboxFolderPermission": {
        SendNotificationToUser: MAIL,
        ResetDelegateUserCollection: "wipes all delegates, also those made meanwhile",
        Force: "answers a question that somebody should have been asked",
      },
    },
  ),
  ...judged(
    "absolute",
    "replaces the rights of one entry",
    { "Set-MailboxFolderPermission": "User AccessRights SharingPermissionFlags" },
    { "Set-MailboxFolderPermission": { SendNotificationToUser: MAIL } },
  ),
  ...judged("convergent", "somebody is a member or is not", {
    "Add-DistributionGroupMember": "Member BypassSecurityGroupManagerCheck",
    "Remove-DistributionGroupMember": "Member BypassSecurityGroupManagerCheck",
    "Add-UnifiedGroupLinks": "LinkType Links",
    "Remove-UnifiedGroupLinks": "LinkType Links",
    "Add-RoleGroupMember": "Member BypassSecurityGroupManagerCheck",
    "Remove-RoleGroupMember": "Member BypassSecurityGroupManagerCheck",
    "Add-ManagementRoleEntry": "",
    "Remove-ManagementRoleEntry": "",
  }),
  ...judged("absolute", "replaces the whole list of members", {
    "Update-DistributionGroupMember": "Members BypassSecurityGroupManagerCheck",
    "Update-RoleGroupMember": "Members BypassSecurityGroupManagerCheck",
  }),
  ...judged(
    "absolute",
    "switches one rule on or off",
    { "Enable-InboxRule": "Mailbox", "Disable-InboxRule": "Mailbox" },
    { "Enable-InboxRule": RULES_OF_OUTLOOK, "Disable-InboxRule": RULES_OF_OUTLOOK },
  ),
  ...judged("absolute", "switches one thing on or off", {
    "Enable-SweepRule": "Mailbox",
    "Disable-SweepRule": "Mailbox",
    "Enable-TransportRule": "",
    "Disable-TransportRule": "",
    "Enable-App": "Mailbox",
    "Disable-App": "Mailbox",
  }),
  ...judged(
    "convergent",
    "the rule is gone, however often that was said",
    { "Remove-InboxRule": "Mailbox", "Remove-SweepRule": "Mailbox" },
    { "Remove-InboxRule": RULES_OF_OUTLOOK },
  ),
  ...judged("convergent", "a mailbox has an archive or it has none; a second one is refused", {
    "Enable-Mailbox": "Archive AutoExpandingArchive",
  }),
  ...always("create", TWO_RULES, "New-InboxRule", {
    marker: "Name",
    once: { ...RULES_OF_OUTLOOK, FromMessageId: "makes up a rule, and its name" },
  }),
  ...always("create", TWO_RULES, "New-SweepRule", { marker: "Name" }),
  ...always(
    "create",
    "makes an object of that name",
    `New-MigrationBatch New-MigrationEndpoint New-Mailbox New-MailUser New-MailContact New-DistributionGroup
     New-DynamicDistributionGroup New-TransportRule New-RetentionPolicy New-RetentionPolicyTag New-OwaMailboxPolicy
     New-MobileDeviceMailboxPolicy New-SharingPolicy New-RemoteDomain New-OrganizationRelationship New-RoleGroup
     New-ManagementRoleAssignment New-InboundConnector New-OutboundConnector`,
    { marker: "Name" },
  ),
  ...always("create", "makes a group of that name", "New-UnifiedGroup", { marker: "DisplayName" }),
  ...always(
    "create",
    "makes a request under that batch's name; a mailbox has one at most",
    "New-MoveRequest",
    {
      marker: "BatchName",
    },
  ),
  ...always("create", "makes a request of that name", "New-MailboxRestoreRequest", { marker: "Name" }),
  ...always(
    "once",
    "starts, ends or hurries something that goes on by itself",
    `Start-MigrationBatch Stop-MigrationBatch Complete-MigrationBatch Set-MigrationBatch Start-MigrationUser
     Stop-MigrationUser Set-MigrationUser Set-MoveRequest Resume-MoveRequest Suspend-MoveRequest
     Resume-MailboxRestoreRequest Suspend-MailboxRestoreRequest Start-ManagedFolderAssistant Start-HistoricalSearch
     Enable-OrganizationCustomization`,
  ),
  ...always(
    "once",
    "ends what a new object of the same name could be taken for",
    `Remove-Mailbox Disable-Mailbox Remove-MailUser Remove-MailContact Remove-DistributionGroup
     Remove-DynamicDistributionGroup Remove-UnifiedGroup Remove-MigrationBatch Remove-MigrationUser
     Remove-MigrationEndpoint Remove-MoveRequest Remove-MailboxRestoreRequest Remove-TransportRule
     Remove-MobileDevice`,
  ),
  ...always(
    "once",
    "purges what nobody can bring back",
    "Clear-MobileDevice Remove-CalendarEvents Search-Mailbox Delete-QuarantineMessage",
  ),
  ...always(
    "once",
    "brings something back, beside what is there now",
    "Undo-SoftDeletedMailbox Undo-SoftDeletedUnifiedGroup Restore-RecoverableItems",
  ),
  ...always("once", MAIL, "Release-QuarantineMessage"),
];
