/**
 * The nine `Get-EXO*` cmdlets of the PowerShell module: the service does not run them by InvokeCommand, but answers what they ask at addresses
 * of its own (`exo-protocol.md` 1.3, 1.4). Read off its table; what is UNKNOWN there is no parameter here.
 */

/** How a parameter of the cmdlet is written into the query of an address. */
export type OptionKind = "switch" | "text" | "search" | "types";

export interface ResourceEntry {
  /** Spelled as the module does. */
  readonly cmdlet: string;
  /** Set that is read, or in which the object is that something is read of. */
  readonly set: "Mailbox" | "CasMailbox" | "Recipient";
  /** What is read of one object; empty: the object itself. */
  readonly of: "" | "permissions" | "statistics" | "folders" | "folder-permissions" | "devices";
  /** Whether all of the set can be read. */
  readonly lists: boolean;
  /** Parameters that name the object; never two of them. */
  readonly names: readonly string[];
  readonly options: Readonly<Record<string, OptionKind>>;
  readonly propertySets?: readonly string[];
  /** Other parameters it takes. */
  readonly others: readonly string[];
}

const NAMES = ["Identity", "ExternalDirectoryObjectId", "PrimarySmtpAddress", "UserPrincipalName"];

export const RESOURCES: readonly ResourceEntry[] = [
  {
    cmdlet: "Get-EXOCasMailbox",
    set: "CasMailbox",
    of: "",
    lists: true,
    names: NAMES,
    options: { Anr: "search", OrganizationalUnit: "text" },
    propertySets: ["All", "Minimum", "ActiveSync", "Ews", "Imap", "Mapi", "Pop", "ProtocolSettings"],
    others: ["Filter", "Properties", "ResultSize"],
  },
  {
    cmdlet: "Get-EXOMailbox",
    set: "Mailbox",
    of: "",
    lists: true,
    names: NAMES,
    options: {
      Anr: "search",
      Archive: "switch",
      InactiveMailboxOnly: "switch",
      IncludeInactiveMailbox: "switch",
      MailboxPlan: "text",
      OrganizationalUnit: "text",
      RecipientTypeDetails: "types",
      SoftDeletedMailbox: "switch",
    },
    propertySets: [
      "All",
      "Minimum",
      "AddressList",
      "Archive",
      "Audit",
      "Custom",
      "Delivery",
      "Hold",
      "Moderation",
      "Move",
      "Policy",
      "PublicFolder",
      "Quota",
      "Resource",
      "Retention",
      "SCL",
      "SoftDelete",
      "StatisticsSeed",
    ],
    others: ["Filter", "Properties", "ResultSize"],
  },
  {
    cmdlet: "Get-EXOMailboxFolderPermission",
    set: "Mailbox",
    of: "folder-permissions",
    lists: false,
    names: ["Identity"],
    options: { GroupMailbox: "switch" },
    others: ["ResultSize"],
  },
  {
    cmdlet: "Get-EXOMailboxFolderStatistics",
    set: "Mailbox",
    of: "folders",
    lists: false,
    names: NAMES,
    options: {},
    others: ["FolderScope", "Properties", "ResultSize"],
  },
  {
    cmdlet: "Get-EXOMailboxPermission",
    set: "Mailbox",
    of: "permissions",
    lists: false,
    names: NAMES,
    options: { SoftDeletedMailbox: "switch" },
    others: ["ResultSize"],
  },
  {
    cmdlet: "Get-EXOMailboxStatistics",
    set: "Mailbox",
    of: "statistics",
    lists: false,
    names: NAMES,
    options: {},
    propertySets: ["All", "Minimum"],
    others: ["ExchangeGuid", "DatabaseGuid", "Properties"],
  },
  {
    cmdlet: "Get-EXOMobileDeviceStatistics",
    set: "Mailbox",
    of: "devices",
    lists: false,
    names: ["Mailbox", "ExternalDirectoryObjectId", "PrimarySmtpAddress", "UserPrincipalName"],
    options: {},
    others: ["Properties", "ResultSize"],
  },
  {
    cmdlet: "Get-EXORecipient",
    set: "Recipient",
    of: "",
    lists: true,
    names: NAMES,
    options: { IncludeSoftDeletedRecipients: "switch", OrganizationalUnit: "text" },
    propertySets: ["All", "Minimum", "Archive", "Custom", "MailboxMove", "Policy"],
    others: ["Filter", "Properties", "ResultSize"],
  },
  {
    cmdlet: "Get-EXORecipientPermission",
    set: "Recipient",
    of: "permissions",
    lists: true,
    names: NAMES,
    options: {},
    others: ["ResultSize"],
  },
];

/** What `Minimum` means for statistics, which know no property sets on the wire. */
export const MINIMUM_STATISTICS: readonly string[] = [
  "DeletedItemCount",
  "DisplayName",
  "ItemCount",
  "MailboxGuid",
  "TotalDeletedItemSize",
  "TotalItemSize",
];

/** Values of `FolderScope`; `exo-protocol.md` 1.4. */
export const FOLDER_SCOPES: readonly string[] = [
  "Calendar",
  "Contacts",
  "DeletedItems",
  "Drafts",
  "Inbox",
  "JunkEmail",
  "Journal",
  "Notes",
  "Outbox",
  "SentItems",
  "Tasks",
  "All",
  "ManagedCustomFolder",
  "RssSubscriptions",
  "SyncIssues",
  "ConversationHistory",
  "Personal",
  "RecoverableItems",
  "NonIpmRoot",
  "LegacyArchiveJournals",
  "Clutter",
  "Archive",
];

const ENTRY_OF = new Map(RESOURCES.map((entry) => [entry.cmdlet.toLowerCase(), entry]));

/** @param cmdlet in any casing; @returns undefined for a cmdlet of the service, also for one whose name begins with `Get-Exo` */
export function resourceEntry(cmdlet: string): ResourceEntry | undefined {
  return ENTRY_OF.get(cmdlet.toLowerCase());
}

/** The service's own cmdlet that reads the same: whose role is needed, and whose rows name things as it does. Any other cmdlet is its own. */
export function plainCmdlet(cmdlet: string): string {
  return resourceEntry(cmdlet) === undefined ? cmdlet : `Get-${cmdlet.slice("get-exo".length)}`;
}

/** Parameters of one, as people type them. */
export function parametersOf({ names, options, propertySets, others }: ResourceEntry): readonly string[] {
  const sets = propertySets === undefined ? [] : ["PropertySets"];
  return [...names, ...Object.keys(options), ...sets, ...others];
}
