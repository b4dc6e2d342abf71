import { describe, expect, test } from "vitest";
import { addressed } from "../../src/changes/addressed.ts";
import { recipeFor } from "../../src/changes/recipe-for.ts";
import type { Seeing } from "../../src/changes/recipe.ts";
import {
  type Change,
  type ExoRow,
  type Mailbox,
  type Parameters,
  UnusableReply,
} from "../../src/job/index.ts";

const MAILBOX: Mailbox = {
  id: "11111111-0000-4000-8000-000000000001",
  objectId: "22222222-0000-4000-8000-000000000002",
  type: "user",
  primarySmtp: "anna@contoso.example",
  displayName: "Anna",
  userPrincipalName: "anna@contoso.example",
  name: "anna",
  alias: "anna",
  identity: "anna",
  distinguishedName: "CN=anna",
  guid: "33333333-0000-4000-8000-000000000003",
};

function recipeOf(cmdlet: string, parameters: Parameters) {
  const recipe = recipeFor({ cmdlet, parameters }, MAILBOX);
  if (recipe === undefined) throw new Error(`There is no recipe for ${cmdlet}`);
  return recipe;
}

function isWanted(cmdlet: string, parameters: Parameters, replies: readonly Seeing[]): boolean {
  const recipe = recipeOf(cmdlet, parameters);
  expect(recipe.looks.length).toBe(replies.length);
  const seen = recipe.see(replies);
  expect(seen).not.toBeNull();
  // As somebody sees it who reads it in the journal.
  return recipe.wants(JSON.parse(JSON.stringify(seen)));
}

const ENTRY = {
  User: "ben@contoso.example",
  UserSid: "S-1-5-21-1",
  AccessRights: ["FullAccess, ReadPermission"],
  Deny: false,
  IsInherited: false,
};
const ADD: [string, Parameters] = ["Add-MailboxPermission", { User: "ben", AccessRights: "FullAccess" }];
const REMOVE: [string, Parameters] = [
  "Remove-MailboxPermission",
  { User: "ben", AccessRights: "FullAccess" },
];

describe("a right on a mailbox", () => {
  test.each<[string, readonly ExoRow[], boolean]>([
    ["no entry", [], false],
    ["an entry", [ENTRY], true],
    ["an entry of today's and one of yesterday's form", [{ ...ENTRY, Deny: "False" }], true],
    ["an entry that denies it", [{ ...ENTRY, Deny: "True" }], false],
    ["an inherited entry", [{ ...ENTRY, IsInherited: true }], false],
    ["another right", [{ ...ENTRY, AccessRights: ["ReadPermission"] }], false],
    ["a right in two entries", [{ ...ENTRY, AccessRights: ["ExternalAccount"] }, ENTRY], true],
  ])("with %s", (_, rows, there) => {
    expect(isWanted(...ADD, [rows])).toBe(there);
    expect(isWanted(...REMOVE, [rows])).toBe(!there);
  });

  test("says the same in whatever order entries and rights come", () => {
    const { see } = recipeOf("Add-MailboxPermission", {
      User: "ben",
      AccessRights: ["ReadPermission", "FullAccess"],
    });
    const [one, other] = [
      { ...ENTRY, AccessRights: ["FullAccess"] },
      { ...ENTRY, AccessRights: ["ReadPermission"] },
    ];
    const texts = [[ENTRY], [one, other], [other, one]].map((rows) => JSON.stringify(see([rows])));
    expect(new Set(texts)).toEqual(new Set(['{"held":["FullAccess","ReadPermission"]}']));
  });

  test("is asked of the server by the trustee, and by those who are gone only for a SID", () => {
    expect(recipeOf(...ADD).looks[0]?.parameters).toEqual({ User: "ben", ResultSize: "Unlimited" });
    expect(
      recipeOf("Remove-MailboxPermission", { User: "S-1-5-21-9", AccessRights: "FullAccess" }).looks[0]
        ?.parameters,
    ).toEqual({
      User: "S-1-5-21-9",
      ResultSize: "Unlimited",
      IncludeUnresolvedPermissions: true,
    });
  });
});

describe("an answer that does not tell", () => {
  const RULE = { Name: "x", RuleIdentity: 1, Identity: "anna\\1", Enabled: true };
  test.each<[string, string, Parameters, readonly Seeing[]]>([
    ["the mailbox is gone", ...ADD, ["gone"]],
    ["it is missing", ...ADD, []],
    ["the server let others through", ...ADD, [[ENTRY, { ...ENTRY, UserSid: "S-1-5-21-2" }]]],
    ["a row without Deny", ...ADD, [[{ UserSid: "S-1", AccessRights: [], IsInherited: false }]]],
    ["a right that is no text", ...ADD, [[{ ...ENTRY, AccessRights: [7] }]]],
    ["no mailbox", "Set-Mailbox", { AuditEnabled: true }, [[]]],
    [
      "two mailboxes",
      "Set-Mailbox",
      { AuditEnabled: true },
      [[{ AuditEnabled: true }, { AuditEnabled: true }]],
    ],
    ["a property that is absent", "Set-Mailbox", { AuditEnabled: true }, [[{}]]],
    ["a flag that is none", "Set-Mailbox", { AuditEnabled: true }, [[{ AuditEnabled: "Local" }]]],
    ["a size that is none", "Set-Mailbox", { MaxSendSize: "1 MB" }, [[{ MaxSendSize: "much" }]]],
    [
      "a delegate who is several",
      "Set-Mailbox",
      { GrantSendOnBehalfTo: { add: "b" } },
      [[{ GrantSendOnBehalfTo: [] }], [{ Name: "b1" }, { Name: "b2" }]],
    ],
    ["a folder that is gone", "Remove-MailboxFolderPermission", { User: "b" }, ["gone", "gone"]],
    [
      "a group whose members nobody lists",
      "Remove-DistributionGroupMember",
      { Identity: "g" },
      [[{ RecipientTypeDetails: "GroupMailbox" }], []],
    ],
    ["two rules of the name", "Remove-InboxRule", { Identity: "x" }, [[RULE, { ...RULE, RuleIdentity: 2 }]]],
    ["no mailbox to move", "New-MoveRequest", { BatchName: "w" }, ["gone", "gone"]],
  ])("%s", (_, cmdlet, parameters, replies) => {
    const recipe = recipeOf(cmdlet, parameters);
    expect(() => recipe.see(replies)).toThrow(UnusableReply);
  });
});

describe("nobody knows how to look", () => {
  test.each<[string, string, Parameters]>([
    ["a cmdlet nobody wrote a recipe for", "Set-TransportConfig", { MaxSendSize: "1 MB" }],
    ["nothing to look at", "Set-Mailbox", {}],
    ["a secret", "Set-Mailbox", { AuditEnabled: true, Password: "p" }],
    ["a parameter nobody judged", "Set-Mailbox", { AuditEnabled: true, Purge: true }],
    ["a parameter twice", "Set-Mailbox", { AuditEnabled: true, auditenabled: false }],
    ["a property shown in other words", "Set-CalendarProcessing", { BookInPolicy: ["b"] }],
    ["a list that would change nothing", "Set-Mailbox", { EmailAddresses: [] }],
    ["an item in and out at once", "Set-Mailbox", { GrantSendOnBehalfTo: { add: "B", remove: "b" } }],
    ["a policy by its id", "Set-Mailbox", { RetentionPolicy: "44444444-0000-4000-8000-000000000004" }],
    ["a policy that nothing clears", "Set-CASMailbox", { ActiveSyncMailboxPolicy: null }],
    ["a flag that nothing clears", "Set-Mailbox", { AuditEnabled: null }],
    ["a type shown in another way", "Set-Mailbox", { Type: "Desk" }],
    ["a time of nobody's zone", "Set-MailboxAutoReplyConfiguration", { StartTime: "2026-08-11 00:00" }],
    ["a format of the language's own", "Set-MailboxRegionalConfiguration", { DateFormat: null }],
    ["a language that nothing clears", "Set-MailboxRegionalConfiguration", { Language: null }],
    ["no trustee", "Add-MailboxPermission", { AccessRights: "FullAccess" }],
    ["a right nobody knows", "Add-MailboxPermission", { User: "b", AccessRights: "Full" }],
    [
      "a right of some folders",
      "Add-MailboxPermission",
      { User: "b", AccessRights: "FullAccess", InheritanceType: "None" },
    ],
    ["all rights", "Remove-MailboxPermission", { ResetDefault: true }],
    ["a mapping", "Remove-MailboxPermission", { ClearAutoMapping: true }],
    ["many trustees", "Remove-RecipientPermission", { MultiTrustees: ["b"], AccessRights: "SendAs" }],
    ["all delegates", "Remove-MailboxFolderPermission", { ResetDelegateUserCollection: true }],
    ["a mailbox that is to be purged", "Remove-Mailbox", { PermanentlyDelete: true }],
    ["a mailbox that is to be made", "Enable-Mailbox", { PrimarySmtpAddress: "a@x" }],
    ["no group", "Add-DistributionGroupMember", {}],
    ["a rule without a name", "New-InboxRule", { DeleteMessage: true }],
    ["a request without a batch", "New-MoveRequest", { Remote: true }],
  ])("%s: %s %o", (_, cmdlet, parameters) => {
    expect(recipeFor({ cmdlet, parameters }, MAILBOX)).toBeUndefined();
  });
});

describe("what the emulator does not show", () => {
  test("a delegate known by a display name only is neither there nor not there", () => {
    const replies = [[{ GrantSendOnBehalfTo: ["Ben Bauer"] }], [{ Name: "ben", DisplayName: "Ben Bauer" }]];
    for (const change of ["add", "remove"])
      expect(isWanted("Set-Mailbox", { GrantSendOnBehalfTo: { [change]: "ben@x" } }, replies)).toBe(false);
  });

  test("a delegate nobody answers for any more goes by the words there are", () => {
    const remove = { GrantSendOnBehalfTo: { remove: "Former Delegate 7" } };
    expect(isWanted("Set-Mailbox", remove, [[{ GrantSendOnBehalfTo: ["Former Delegate 7"] }], "gone"])).toBe(
      false,
    );
    expect(isWanted("Set-Mailbox", remove, [[{ GrantSendOnBehalfTo: [] }], "gone"])).toBe(true);
  });

  test("an address that is to be added may be the primary one; one that is to be primary must be", () => {
    const row = { EmailAddresses: ["SMTP:A@x", "smtp:b@x", "SPO:c"] };
    const wants = (address: string): boolean =>
      isWanted("Set-Mailbox", { EmailAddresses: { add: address } }, [[row]]);
    expect(["smtp:a@x", "a@x", "SMTP:a@x", "b@x", "SMTP:b@x", "spo:C", "x500:c"].map(wants)).toEqual([
      true,
      true,
      true,
      true,
      false,
      true,
      false,
    ]);
  });

  test.each<[Parameters, ExoRow, boolean]>([
    [
      { InternalMessage: "Back soon" },
      { InternalMessage: "<html>\n<body>\nBack soon\n</body>\n</html>\n" },
      true,
    ],
    [
      { InternalMessage: "<p>Back</p>" },
      { InternalMessage: "<html><head><x/></head><body><p>Back</p></body></html>" },
      true,
    ],
    [{ InternalMessage: "Back soon" }, { InternalMessage: "<html><body>Gone</body></html>" }, false],
    [{ InternalMessage: null }, { InternalMessage: "" }, true],
    [{ StartTime: "2026-08-11T02:00:00+02:00" }, { StartTime: "2026-08-11T00:00:00.0000000+00:00" }, true],
    [{ EndTime: new Date("2026-08-11T00:00:00Z") }, { EndTime: "2026-08-11T00:00:00Z" }, true],
    [{ AutoReplyState: "scheduled" }, { AutoReplyState: "Scheduled" }, true],
    [{ AutoReplyState: "scheduled" }, { AutoReplyState: "Enabled" }, false],
  ])("an automatic reply with %o, shown as %o", (parameters, row, wanted) => {
    expect(isWanted("Set-MailboxAutoReplyConfiguration", parameters, [[row]])).toBe(wanted);
  });

  test.each<[string, ExoRow, boolean]>([
    ["49 GB", { ProhibitSendQuota: "49 GB (52,613,349,376 bytes)" }, true],
    ["50176MB", { ProhibitSendQuota: "49 GB (52,613,349,376 bytes)" }, true],
    ["49 GB", { ProhibitSendQuota: "49 GB (52,613,349,377 bytes)" }, false],
    ["Unlimited", { ProhibitSendQuota: "unlimited" }, true],
  ])("a quota of %s, shown as %o", (quota, row, wanted) => {
    expect(isWanted("Set-Mailbox", { ProhibitSendQuota: quota }, [[row]])).toBe(wanted);
  });

  test("the format of a date is a matter of casing", () => {
    const set = [
      "Set-MailboxRegionalConfiguration",
      { DateFormat: "dd/MM/yyyy", Language: "de-de" },
    ] as const;
    expect(isWanted(...set, [[{ DateFormat: "dd/MM/yyyy", Language: "de-DE" }]])).toBe(true);
    expect(isWanted(...set, [[{ DateFormat: "dd/mm/yyyy", Language: "de-DE" }]])).toBe(false);
  });

  test.each<[Parameters, ExoRow, boolean]>([
    [{ RetainDeletedItemsFor: 30 }, { RetainDeletedItemsFor: "30.00:00:00" }, true],
    [{ RetainDeletedItemsFor: "14" }, { RetainDeletedItemsFor: "30.00:00:00" }, false],
    [{ LitigationHoldDuration: "unlimited" }, { LitigationHoldDuration: "Unlimited" }, true],
    [{ RecipientLimits: 500 }, { RecipientLimits: "500" }, true],
    [{ AuditOwner: "MailboxLogin,HardDelete" }, { AuditOwner: ["HardDelete", "MailboxLogin"] }, false],
    [{ AuditOwner: ["mailboxlogin", "HardDelete"] }, { AuditOwner: ["HardDelete", "MailboxLogin"] }, true],
  ])("a setting of %o, shown as %o", (parameters, row, wanted) => {
    expect(isWanted("Set-Mailbox", parameters, [[row]])).toBe(wanted);
  });

  const EDITOR = [
    "CreateItems",
    "DeleteAllItems",
    "DeleteOwnedItems",
    "EditAllItems",
    "EditOwnedItems",
    "FolderVisible",
    "ReadItems",
  ];
  test.each<[Parameters, Seeing, boolean]>([
    [{ AccessRights: "Editor" }, [{ AccessRights: EDITOR, SharingPermissionFlags: null }], true],
    [{ AccessRights: EDITOR }, [{ AccessRights: ["Editor"], SharingPermissionFlags: null }], true],
    [{ AccessRights: "Editor" }, [{ AccessRights: ["Reviewer"], SharingPermissionFlags: null }], false],
    [{ AccessRights: "None" }, [{ AccessRights: ["None"], SharingPermissionFlags: null }], true],
    [{ AccessRights: "None" }, "gone", false],
    [
      { AccessRights: "Editor", SharingPermissionFlags: "Delegate" },
      [{ AccessRights: ["Editor"], SharingPermissionFlags: "Delegate, CanViewPrivateItems" }],
      false,
    ],
    [
      { AccessRights: "Editor", SharingPermissionFlags: "None" },
      [{ AccessRights: ["Editor"], SharingPermissionFlags: null }],
      true,
    ],
  ])("an entry of a folder with %o, shown as %o", (parameters, entry, wanted) => {
    const folder = [{ AccessRights: ["None"], SharingPermissionFlags: null }];
    expect(isWanted("Set-MailboxFolderPermission", { User: "b", ...parameters }, [folder, entry])).toBe(
      wanted,
    );
  });

  test("a member of a group is known by ids alone", () => {
    const group = [{ RecipientTypeDetails: "MailUniversalSecurityGroup" }];
    const add = (members: readonly ExoRow[]): boolean =>
      isWanted("Add-DistributionGroupMember", { Identity: "g" }, [group, members]);
    expect(add([])).toBe(false);
    expect(add([{ Guid: "x", ExternalDirectoryObjectId: MAILBOX.objectId.toUpperCase() }])).toBe(true);
    expect(add([{ Guid: MAILBOX.guid, ExternalDirectoryObjectId: "" }])).toBe(true);
    expect(add([{ Name: MAILBOX.name }])).toBe(false);
    const named = { Identity: "g", Member: "b" };
    const ids = { Guid: "00000000-0000-0000-0000-000000000007" };
    expect(isWanted("Remove-DistributionGroupMember", named, [group, [ids], [ids]])).toBe(false);
  });

  test("a rule is found by its name, and one beyond it is a conflict", () => {
    const rule = {
      Name: "Run 7: forward",
      RuleIdentity: 15394007230974001153n,
      Identity: "anna\\15394007230974001153",
      Enabled: true,
    };
    const make = ["New-InboxRule", { Name: "run 7: FORWARD", DeleteMessage: true }] as const;
    expect([[], [rule], [rule, rule]].map((rows) => isWanted(...make, [rows]))).toEqual([false, true, false]);
    for (const Identity of ["Run 7: forward", "15394007230974001153", "whoever\\15394007230974001153"]) {
      expect(isWanted("Enable-InboxRule", { Identity }, [[rule]])).toBe(true);
      expect(isWanted("Disable-InboxRule", { Identity }, [[rule]])).toBe(false);
      expect(isWanted("Disable-InboxRule", { Identity }, [[{ ...rule, Enabled: "False" }]])).toBe(true);
      expect(isWanted("Remove-InboxRule", { Identity }, [[rule]])).toBe(false);
      expect(isWanted("Remove-InboxRule", { Identity }, [[]])).toBe(true);
    }
  });

  test("a mailbox is there or gone", () => {
    for (const cmdlet of ["Remove-Mailbox", "Disable-Mailbox"]) {
      expect(isWanted(cmdlet, { Force: true }, ["gone"])).toBe(true);
      expect(isWanted(cmdlet, {}, [[{ ExchangeGuid: MAILBOX.id }]])).toBe(false);
    }
  });

  test("an archive of zeros is none", () => {
    const none = { ArchiveGuid: "00000000-0000-0000-0000-000000000000", AutoExpandingArchiveEnabled: false };
    const some = { ...none, ArchiveGuid: MAILBOX.guid };
    const [on, off] = [
      ["Enable-Mailbox", { Archive: true }],
      ["Disable-Mailbox", { Archive: true }],
    ] as const;
    expect([none, some].map((row) => isWanted(...on, [[row]]))).toEqual([false, true]);
    expect([none, some].map((row) => isWanted(...off, [[row]]))).toEqual([true, false]);
    const grown = ["Enable-Mailbox", { AutoExpandingArchive: true }] as const;
    expect(isWanted(...grown, [[some]])).toBe(false);
    expect(isWanted(...grown, [[{ ...some, AutoExpandingArchiveEnabled: true }]])).toBe(true);
  });

  test("names of properties come in any casing", () => {
    expect(isWanted("Set-CASMailbox", { OWAEnabled: false }, [[{ OwaEnabled: false }]])).toBe(true);
  });

  test("a move is the batch's own", () => {
    const move = ["New-MoveRequest", { BatchName: "Wave 1", Remote: true }] as const;
    const mailbox = [{ Guid: MAILBOX.guid }];
    expect(isWanted(...move, ["gone", mailbox])).toBe(false);
    expect(isWanted(...move, [[], mailbox])).toBe(false);
    expect(isWanted(...move, [[{ BatchName: "wave 1" }], mailbox])).toBe(true);
    expect(isWanted(...move, [[{ BatchName: "wave 0" }], mailbox])).toBe(false);
  });
});

describe("where the mailbox goes", () => {
  test.each<[Change, Parameters]>([
    [
      { cmdlet: "Set-Mailbox", parameters: { identity: "somebody else", AuditEnabled: true } },
      { AuditEnabled: true, Identity: MAILBOX.id },
    ],
    [
      { cmdlet: "Set-MailboxFolderPermission", parameters: { Identity: ":\\Kalender", User: "b" } },
      { User: "b", Identity: `${MAILBOX.id}:\\Kalender` },
    ],
    [
      { cmdlet: "Set-MailboxFolderPermission", parameters: { Identity: "somebody.else@x:\\A:B" } },
      { Identity: `${MAILBOX.id}:\\A:B` },
    ],
    [
      { cmdlet: "Remove-MailboxFolderPermission", parameters: { User: "b" } },
      { User: "b", Identity: MAILBOX.id },
    ],
    [
      { cmdlet: "Disable-InboxRule", parameters: { Identity: "r", mailbox: "somebody else" } },
      { Identity: "r", Mailbox: MAILBOX.id },
    ],
    [
      { cmdlet: "Add-DistributionGroupMember", parameters: { Identity: "g" } },
      { Identity: "g", Member: MAILBOX.objectId },
    ],
    [
      { cmdlet: "Add-DistributionGroupMember", parameters: { Identity: "g", Member: "b" } },
      { Identity: "g", Member: "b" },
    ],
  ])("%o", (change, parameters) => {
    expect(addressed(change, MAILBOX)).toEqual(parameters);
  });
});
