/**
 * The seam inside the emulator: cmdlets answer with typed rows and named failures; the server turns them into bytes, and adds every nastiness.
 * Nothing here knows HTTP; nothing here is shared with the client.
 */

/** A value with its type on the wire (`exo-protocol.md` 5.2). `plain`: string, boolean, null, enum, text size: no annotation. */
export type WireValue =
  | { readonly type: "plain"; readonly value: string | boolean | null }
  | { readonly type: "strings"; readonly value: readonly string[] }
  | { readonly type: "guid"; readonly value: string }
  /** Written as `2022-09-21T08:07:47.0000000+00:00`, or with `Z` for properties whose name ends in UTC. */
  | { readonly type: "datetime"; readonly value: Date }
  | { readonly type: "int16" | "int32"; readonly value: number }
  /** Bare number, exact. */
  | { readonly type: "int64"; readonly value: bigint }
  /** JSON already: objects inside a row of a resource. */
  | { readonly type: "json"; readonly value: string };

/** Properties in the order of the .NET object. A property that is left out is absent on the wire. */
export type WireRow = readonly (readonly [name: string, value: WireValue])[];

/** A failure in the words of Exchange; the server picks its shape (`exo-protocol.md` 8.1 to 8.4). */
export interface CmdletFailure {
  /** Key of the catalogue in 8.5: decides status, error id and exception type. */
  readonly kind:
    | "not-found"
    | "argument-not-found"
    | "ambiguous"
    | "missing-identity"
    | "unknown-parameter"
    | "bad-enum"
    | "validation"
    | "dir-synced"
    | "already-exists"
    | "duplicate-in-list"
    | "folder-user-exists"
    | "folder-user-missing"
    | "special-user"
    | "bad-hashtable"
    | "no-archive"
    | "member-exists"
    | "member-missing";
  /** What the text is about: the identity, the parameter, the value. */
  readonly subject: string;
  /** For `validation`: the text. For `duplicate-in-list`: the parameter, the subject being the doubled identity. For members: the group. */
  readonly detail?: string;
  /** For `bad-enum`, whose subject is the parameter: what was sent, and what the type would have taken. */
  readonly enumeration?: {
    readonly value: string;
    readonly type: string;
    readonly members: readonly string[];
  };
}

export interface RowSource {
  /**
   * Rows from a place in the listing on, at most `limit`. A place is opaque to the server and stays good for ever.
   * `next` is absent when nothing remains.
   */
  read(
    from: string | undefined,
    limit: number,
  ): { readonly rows: readonly WireRow[]; readonly next: string | undefined };
}

export type CmdletAnswer =
  | {
      readonly kind: "rows";
      readonly source: RowSource;
      readonly warnings?: readonly string[];
      readonly errors?: readonly string[];
    }
  /** A write or another cmdlet without output. */
  | { readonly kind: "nothing"; readonly warnings?: readonly string[] }
  | { readonly kind: "failure"; readonly failure: CmdletFailure };

export interface CmdletRequest {
  /** Names in lower case; values as the JSON body had them, annotations removed. */
  readonly parameters: ReadonlyMap<string, unknown>;
  /** As the caller wrote it, by lower-case name. */
  readonly spelling: ReadonlyMap<string, string>;
  /** Properties asked for, in lower case: a cmdlet may leave out the others, the server does anyway. All when absent. */
  readonly select?: ReadonlySet<string>;
  readonly nowMs: number;
  /** Writes are visible at once to their own connection, later to others. */
  readonly connectionId: string | undefined;
}

/** One cmdlet of the pretend service. */
export interface Cmdlet {
  /** Spelled as the service lists it. */
  readonly name: string;
  readonly writes: boolean;
  /** Role groups that may run it; `exo-protocol.md` 2.2 and 10. */
  readonly roles: readonly ("view-only" | "recipient-management" | "organization-management")[];
  /** Every parameter the service binds, spelled as documented. */
  readonly parameters: readonly string[];
  /** ExchangeGuid of the one mailbox the call is about, for ledger, latency and busy mailboxes; undefined for listings. */
  subject(request: CmdletRequest): string | undefined;
  run(request: CmdletRequest): CmdletAnswer;
}

/** What rights are held on. `mailboxes`: user, shared, room and equipment mailboxes; `groups`: those with mail and without a mailbox. */
export const GRANTOR_SORTS = ["mailboxes", "microsoft-365-groups", "groups", "soft-deleted"] as const;
export type GrantorSort = (typeof GRANTOR_SORTS)[number];

/** One permission that really exists: the truth, straight from the organisation model. */
export interface PermissionFact {
  /** ExchangeGuid; of a group without a mailbox, its Guid. */
  readonly mailboxGuid: string;
  readonly mailboxType: string;
  readonly right: string;
  readonly allow: boolean;
  readonly inherited: boolean;
  /** Empty for SendOnBehalf to a principal without one. */
  readonly trusteeSid: string;
  /** Directory object id of the trustee, when it is known to the directory. */
  readonly trusteeId: string;
  /** Id of the noise rule a reader would hide it by (`NR1`…), empty for a real grant. */
  readonly noise: string;
}

/** Somebody who really comes in by a group, groups in it followed: the truth, straight from the organisation model. */
export interface GroupAccessFact {
  readonly mailboxGuid: string;
  readonly right: string;
  readonly allow: boolean;
  /** Directory object ids of the group that holds the right, and of somebody with an account who is in it, or in groups in it. */
  readonly groupId: string;
  readonly personId: string;
  /** Groups on the shortest way, the one that holds the right included. */
  readonly groups: number;
}

/** A value as JSON can say it: moments in ISO form, integers beyond 2^53 as text. */
export type PlainValue = string | number | boolean | null | readonly string[];

/** What holds on one object at this moment, whoever may see it already: what a write can change, and how the object is called. */
export interface ObjectFacts {
  /** Empty for an object without a mailbox, as are the other ids an object does not have. */
  readonly exchangeGuid: string;
  /** ExternalDirectoryObjectId: what `trusteeId` of a permission and members are. */
  readonly objectId: string;
  readonly sid: string;
  readonly name: string;
  readonly userPrincipalName: string;
  readonly primarySmtpAddress: string;
  /** Mastered on premises: `Set-Mailbox` refuses what is mastered there. */
  readonly dirSynced: boolean;
  /** Full access and its like, `SendAs`, `SendOnBehalf`. */
  readonly permissions: readonly PermissionFact[];
  /** Every property some `Set-` cmdlet of a mailbox sets, by its name, in the form in which it is read back; absent where the service leaves it out. */
  readonly values: Readonly<Record<string, PlainValue>>;
  /** Entries of every folder, by its path: `/Kalender`. */
  readonly folders: Readonly<Record<string, readonly FolderFact[]>>;
  readonly rules: readonly RuleFact[];
  /** `objectId` of every member of a distribution group; null for what is none. */
  readonly members: readonly string[] | null;
  /** How often cmdlets ran that leave nothing to read, by name. */
  readonly runs: Readonly<Record<string, number>>;
}

export interface FolderFact {
  /** As it is shown: a display name, or what the owner's language calls the special users. */
  readonly user: string;
  /** Which special user it is, in any language; null for a person. */
  readonly special: "Default" | "Anonymous" | null;
  /** `objectId` of the person; empty for special users. */
  readonly userId: string;
  readonly rights: readonly string[];
  readonly flags: string | null;
}

/** Somebody with an account who comes by a group to a folder of a mailbox, or to mail that is forwarded. */
export interface GroupReceiverFact {
  readonly mailboxGuid: string;
  /** Empty for forwarded mail. */
  readonly folderId: string;
  readonly groupId: string;
  readonly personId: string;
  /** Groups on the shortest way, the one that was given it included. */
  readonly groups: number;
}

export interface RuleFact {
  /** RuleIdentity as text. */
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  /** Conditions and actions that are on. */
  readonly parts: Readonly<Record<string, PlainValue>>;
}

/** What sweeps look for on a mailbox as it is now, straight from the organisation model and not through the code that writes rows. */
export interface MailboxFact {
  readonly mailboxGuid: string;
  readonly mailboxType: string;
  readonly sends: readonly SendingFact[];
  readonly rules: readonly MailboxRuleFact[];
  /** Null follows the tenant, as it does for EWS. */
  readonly smtpAuthDisabled: boolean | null;
  readonly activeSync: boolean;
  readonly pop: boolean;
  readonly imap: boolean;
  readonly ews: boolean | null;
  readonly auditEnabled: boolean;
  readonly defaultAuditSet: readonly string[];
  readonly canSignIn: boolean;
  /** A mailbox that nobody ever opened has no sizes. */
  readonly opened: boolean;
  /** Bytes used, and bytes allowed: null for no limit. */
  readonly items: SizeFact;
  readonly recoverable: SizeFact;
  /** Null for a mailbox without an archive. */
  readonly archive: (SizeFact & { readonly grows: boolean }) | null;
  readonly devices: readonly { readonly guid: string; readonly state: string }[];
}

/** Somebody of the directory, by all names and ids. */
export interface PrincipalFact {
  /** `RecipientTypeDetails`. */
  readonly type: string;
  readonly guid: string;
  /** Empty for an object without a mailbox, as are the other ids an object does not have. */
  readonly mailboxGuid: string;
  readonly objectId: string;
  readonly sid: string;
  readonly userPrincipalName: string;
  readonly primarySmtpAddress: string;
  /** With prefixes. */
  readonly addresses: readonly string[];
  readonly legacyExchangeDN: string;
  readonly softDeleted: boolean;
  readonly guest: boolean;
  /** Null for who has no account, or a deleted one. */
  readonly accountDisabled: boolean | null;
}

/** An entry of a folder, as it is now. */
export interface FolderEntryFact extends FolderFact {
  readonly mailboxGuid: string;
  readonly folderId: string;
  readonly folderType: string;
  readonly path: string;
}

export interface SizeFact {
  readonly used: number;
  readonly quota: number | null;
}

/** One inbox rule, the service's own aside. */
export interface MailboxRuleFact {
  /** RuleIdentity as text. */
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly hidden: boolean;
  readonly deletes: boolean;
  /** Empty when it moves nothing. */
  readonly movesTo: string;
  readonly isConditional: boolean;
}

/** One way in which a mailbox sends its mail on. */
export interface SendingFact {
  /** `ForwardingAddress` and `ForwardingSmtpAddress` of the mailbox; `ForwardTo`, `RedirectTo` and `ForwardAsAttachmentTo` of a rule; `ResourceDelegates` of a room. */
  readonly by: string;
  /** RuleIdentity as text; empty for the mailbox's own settings. */
  readonly rule: string;
  readonly hidden: boolean;
  /** False for a disabled rule, for an address that gives way to `ForwardingAddress`, and for delegates that requests are not sent to. */
  readonly active: boolean;
  /** Out of the tenant. */
  readonly external: boolean;
  /** Of a directory object; empty for a mere address. */
  readonly objectId: string;
  /** In lower case. */
  readonly address: string;
}

/** A tenant of the emulator, generated from a seed and never stored; writes are an overlay. */
export interface Organisation {
  readonly tenantId: string;
  /** Initial onmicrosoft.com domain. */
  readonly domain: string;
  readonly mailboxes: number;
  /** By lower-case cmdlet name. */
  readonly cmdlets: ReadonlyMap<string, Cmdlet>;
  /** How many writes have changed what is true. */
  readonly changes: number;
  /** All permissions on grantors of these sorts (`mailboxes` alone when absent), grantor by grantor; noise included. */
  truth(sorts?: readonly GrantorSort[]): Iterable<PermissionFact>;
  /** Everybody whom a group brings to a permission of `truth(sorts)`, noise left out. */
  groupAccess(sorts?: readonly GrantorSort[]): Iterable<GroupAccessFact>;
  /** Who comes to folders and to forwarded mail by a group. */
  groupReceivers(): Iterable<GroupReceiverFact>;
  /** What sweeps look for, of every user, shared, room and equipment mailbox. */
  mailboxFacts(): Iterable<MailboxFact>;
  /** Entries of every folder of user, shared, room and equipment mailboxes, mailbox by mailbox. */
  folderEntries(): Iterable<FolderEntryFact>;
  /** Everybody but the service's own mailboxes that no listing shows. */
  principals(): Iterable<PrincipalFact>;
  /** `Guid` of every account whose doings no mailbox records, with or without a mailbox of its own. */
  auditBypassed(): Iterable<string>;
  /** The objects an identity means: none, one, or several. */
  factsAbout(identity: string): readonly ObjectFacts[];
  /** Every object somebody has written to. */
  written(): Iterable<ObjectFacts>;
  /** ExchangeGuids of the mailboxes a default run is about. */
  targets(): Iterable<string>;
  /** Deletes what an identity means, for good. @returns false when it meant nothing */
  remove(identity: string): boolean;
}

export interface OrganisationOptions {
  readonly tenantId: string;
  readonly domain: string;
  readonly mailboxes: number;
  readonly seed: number;
  /** Adds the inherited and legacy system entries of older tenants (quirk 42). */
  readonly legacy?: boolean;
  /** Whether a quirk of the data is on, asked at every use; all are on when absent. Names: `DATA_QUIRKS` of the organisation. */
  readonly quirk?: (name: string) => boolean;
  /** How long a write stays unseen on other connections (quirk 49), asked at every read; 0 when absent. */
  readonly writeLagMs?: () => number;
  /** How long a write stays unseen on every connection, its own too (F22), asked at every read; 0 when absent. */
  readonly staleMs?: () => number;
}
