import { afterAll, beforeAll, expect, test } from "vitest";
import type { Change, Mailbox, Parameters } from "../../src/job/index.ts";
import { type EmulatedMailboxes, openMailboxes } from "./support/emulated-mailboxes.ts";

/** Somebody else in the tenant, in the forms an administrator may write down. */
const FORMS: readonly (readonly [string, (other: Mailbox) => string])[] = [
  ["address", (other) => other.primarySmtp],
  ["sign-in name", (other) => other.userPrincipalName.toUpperCase()],
  ["name", (other) => other.name],
  ["alias", (other) => other.alias],
  ["distinguished name", (other) => other.distinguishedName],
  ["object id", (other) => other.objectId],
];

interface Place {
  /** The calendar, as `Identity` of a folder. */
  readonly calendar: string;
  readonly group: string;
}

interface Case {
  readonly says: string;
  readonly cmdlet: string;
  readonly parameters: Parameters | ((other: Mailbox, another: Mailbox, place: Place) => Parameters);
  /** Writes that have to be there first. */
  readonly after?: readonly { readonly cmdlet: string; readonly parameters: Case["parameters"] }[];
  /** What a look sees before and after. */
  readonly sees?: readonly [unknown, unknown];
}

const trustees = (cmdlet: string, key: string, rest: Parameters, undone?: string): Case[] =>
  FORMS.map(([form, of]) => ({
    says: `a trustee by ${form}`,
    cmdlet,
    parameters: (other) => ({ [key]: of(other), ...rest }),
    ...(undone && {
      after: [{ cmdlet: undone, parameters: (other: Mailbox) => ({ [key]: other.id, ...rest }) }],
    }),
  }));

const FULL = { AccessRights: "FullAccess" };
const CASES: readonly Case[] = [
  ...trustees("Add-MailboxPermission", "User", { AccessRights: ["FullAccess"], AutoMapping: false }),
  ...trustees("Remove-MailboxPermission", "User", FULL, "Add-MailboxPermission"),
  ...trustees("Add-RecipientPermission", "Trustee", { AccessRights: ["SendAs"] }),
  ...trustees("Remove-RecipientPermission", "Trustee", { AccessRights: "SendAs" }, "Add-RecipientPermission"),
  {
    says: "two rights of which one is there",
    cmdlet: "add-mailboxpermission",
    parameters: (other) => ({ user: other.id, accessrights: "readpermission,fullaccess" }),
    after: [{ cmdlet: "Add-MailboxPermission", parameters: (other) => ({ User: other.id, ...FULL }) }],
    sees: [{ held: ["FullAccess"] }, { held: ["FullAccess", "ReadPermission"] }],
  },
  {
    says: "one right of two",
    cmdlet: "Remove-MailboxPermission",
    parameters: (other) => ({ User: other.id, ...FULL }),
    after: [
      {
        cmdlet: "Add-MailboxPermission",
        parameters: (other) => ({ User: other.id, AccessRights: ["FullAccess", "ReadPermission"] }),
      },
    ],
    sees: [{ held: ["FullAccess"] }, { held: [] }],
  },
  {
    says: "a right beside one that denies it",
    cmdlet: "Add-MailboxPermission",
    parameters: (other) => ({ User: other.id, ...FULL }),
    after: [
      { cmdlet: "Add-MailboxPermission", parameters: (other) => ({ User: other.id, ...FULL, Deny: true }) },
    ],
  },
  {
    says: "a right that denies",
    cmdlet: "Remove-MailboxPermission",
    parameters: (other) => ({ User: other.id, ...FULL, Deny: true }),
    after: [
      { cmdlet: "Add-MailboxPermission", parameters: (other) => ({ User: other.id, ...FULL }) },
      { cmdlet: "Add-MailboxPermission", parameters: (other) => ({ User: other.id, ...FULL, Deny: true }) },
    ],
  },
  {
    says: "an entry of a folder",
    cmdlet: "Add-MailboxFolderPermission",
    parameters: (other, _, { calendar: Identity }) => ({
      Identity,
      User: other.userPrincipalName,
      AccessRights: ["Reviewer"],
    }),
    sees: [{ rights: null }, { rights: ["FolderVisible", "ReadItems"] }],
  },
  {
    says: "an entry of a folder of everybody",
    cmdlet: "Set-MailboxFolderPermission",
    parameters: (_, __, { calendar: Identity }) => ({
      Identity,
      User: "Default",
      AccessRights: "LimitedDetails",
    }),
  },
  {
    says: "a role in place of another",
    cmdlet: "Set-MailboxFolderPermission",
    parameters: (other, _, { calendar }) => ({
      Identity: `whoever@contoso.example${calendar}`,
      User: other.alias,
      AccessRights: "Editor",
      SharingPermissionFlags: "Delegate,CanViewPrivateItems",
    }),
    after: [
      {
        cmdlet: "Add-MailboxFolderPermission",
        parameters: (other, _, { calendar: Identity }) => ({
          Identity,
          User: other.id,
          AccessRights: "Reviewer",
        }),
      },
    ],
  },
  {
    says: "an entry of a folder",
    cmdlet: "Remove-MailboxFolderPermission",
    parameters: (other, _, { calendar: Identity }) => ({ Identity, User: other.primarySmtp }),
    after: [
      {
        cmdlet: "Add-MailboxFolderPermission",
        parameters: (other, _, { calendar: Identity }) => ({
          Identity,
          User: other.id,
          AccessRights: "Reviewer",
        }),
      },
    ],
  },
  ...FORMS.map(([form, of]): Case => ({
    says: `a delegate by ${form}`,
    cmdlet: "Set-Mailbox",
    parameters: (other) => ({ GrantSendOnBehalfTo: { add: of(other) } }),
  })),
  ...FORMS.map(([form, of]): Case => ({
    says: `a delegate who goes, by ${form}`,
    cmdlet: "Set-Mailbox",
    parameters: (other) => ({ GrantSendOnBehalfTo: { Remove: [of(other)] } }),
    after: [
      {
        cmdlet: "Set-Mailbox",
        parameters: (other, another) => ({ GrantSendOnBehalfTo: [other.id, another.id] }),
      },
    ],
  })),
  {
    says: "delegates in place of others",
    cmdlet: "Set-Mailbox",
    parameters: (_, another) => ({ GrantSendOnBehalfTo: [another.primarySmtp] }),
    after: [{ cmdlet: "Set-Mailbox", parameters: (other) => ({ GrantSendOnBehalfTo: [other.id] }) }],
  },
  {
    says: "no delegates any more",
    cmdlet: "Set-Mailbox",
    parameters: { GrantSendOnBehalfTo: {} },
    after: [{ cmdlet: "Set-Mailbox", parameters: (other) => ({ GrantSendOnBehalfTo: [other.id] }) }],
  },
  { says: "a flag", cmdlet: "Set-Mailbox", parameters: { hiddenfromaddresslistsenabled: true } },
  { says: "a flag in words", cmdlet: "Set-Mailbox", parameters: { RetentionHoldEnabled: "True" } },
  { says: "a text", cmdlet: "Set-Mailbox", parameters: { CustomAttribute7: "CC 4711 — Zürich" } },
  {
    says: "a text that goes",
    cmdlet: "Set-Mailbox",
    parameters: { CustomAttribute7: null },
    after: [{ cmdlet: "Set-Mailbox", parameters: { CustomAttribute7: "x" } }],
  },
  {
    says: "a long text",
    cmdlet: "Set-Mailbox",
    parameters: { CustomAttribute8: "x".repeat(1_000) },
  },
  {
    says: "sizes",
    cmdlet: "Set-Mailbox",
    parameters: {
      IssueWarningQuota: "47GB",
      ProhibitSendQuota: "48.5 GB",
      ProhibitSendReceiveQuota: 52_613_349_376,
    },
    sees: [
      expect.anything(),
      [
        ["IssueWarningQuota", 47 * 2 ** 30],
        ["ProhibitSendQuota", 48.5 * 2 ** 30],
        ["ProhibitSendReceiveQuota", 49 * 2 ** 30],
      ],
    ],
  },
  {
    says: "no size at all",
    cmdlet: "Set-Mailbox",
    parameters: { MaxSendSize: "unlimited" },
  },
  {
    says: "a forward to outside",
    cmdlet: "Set-Mailbox",
    parameters: { ForwardingSmtpAddress: "Anna@Elsewhere.example", DeliverToMailboxAndForward: true },
    sees: [
      [
        ["DeliverToMailboxAndForward", false],
        ["ForwardingSmtpAddress", ""],
      ],
      [
        ["DeliverToMailboxAndForward", true],
        ["ForwardingSmtpAddress", "anna@elsewhere.example"],
      ],
    ],
  },
  {
    says: "a forward that goes",
    cmdlet: "Set-Mailbox",
    parameters: { ForwardingSmtpAddress: null, ForwardingAddress: null },
    after: [
      { cmdlet: "Set-Mailbox", parameters: { ForwardingSmtpAddress: "smtp:anna@elsewhere.example" } },
      { cmdlet: "Set-Mailbox", parameters: (other) => ({ ForwardingAddress: other.primarySmtp }) },
    ],
  },
  ...FORMS.map(([form, of]): Case => ({
    says: `a forward to a colleague by ${form}`,
    cmdlet: "Set-Mailbox",
    parameters: (other) => ({ ForwardingAddress: of(other) }),
  })),
  {
    says: "an address",
    cmdlet: "Set-Mailbox",
    parameters: { EmailAddresses: { add: ["smtp:new.one@contoso.example", "plain@contoso.example"] } },
    sees: [
      [
        [
          "EmailAddresses",
          [
            ["smtp:new.one@contoso.example", "absent"],
            ["smtp:plain@contoso.example", "absent"],
          ],
        ],
      ],
      [
        [
          "EmailAddresses",
          [
            ["smtp:new.one@contoso.example", "secondary"],
            ["smtp:plain@contoso.example", "secondary"],
          ],
        ],
      ],
    ],
  },
  {
    says: "an address that goes, and one that comes",
    cmdlet: "Set-Mailbox",
    parameters: { EmailAddresses: { Add: "smtp:two@contoso.example", Remove: "SMTP:ONE@contoso.example" } },
    after: [{ cmdlet: "Set-Mailbox", parameters: { EmailAddresses: { add: "smtp:one@contoso.example" } } }],
  },
  {
    says: "all addresses",
    cmdlet: "Set-Mailbox",
    parameters: { EmailAddresses: ["smtp:b@contoso.example", "SMTP:A@contoso.example"] },
    sees: [expect.anything(), [["EmailAddresses", ["SMTP:a@contoso.example", "smtp:b@contoso.example"]]]],
  },
  {
    says: "a conversion",
    cmdlet: "Set-Mailbox",
    parameters: { Type: "shared" },
    sees: [[["RecipientTypeDetails", "usermailbox"]], [["RecipientTypeDetails", "sharedmailbox"]]],
  },
  {
    says: "a policy that goes, and a hold for some days",
    cmdlet: "Set-Mailbox",
    parameters: { RetentionPolicy: null, LitigationHoldEnabled: true, LitigationHoldDuration: "30.00:00:00" },
  },
  {
    says: "the mailbox",
    cmdlet: "Add-DistributionGroupMember",
    parameters: (_, __, { group }) => ({ Identity: group }),
  },
  {
    says: "the mailbox",
    cmdlet: "Remove-DistributionGroupMember",
    parameters: (_, __, { group }) => ({ Identity: group }),
    after: [
      { cmdlet: "Add-DistributionGroupMember", parameters: (_, __, { group }) => ({ Identity: group }) },
    ],
  },
  {
    says: "a rule",
    cmdlet: "New-InboxRule",
    parameters: { Name: 'Run 7: "forward"', SubjectContainsWords: ["x"], DeleteMessage: true },
    sees: [{ rules: 0 }, { rules: 1 }],
  },
  ...(["Disable-InboxRule", "Remove-InboxRule"] as const).map((cmdlet): Case => ({
    says: "a rule",
    cmdlet,
    parameters: { Identity: "Run 8" },
    after: [{ cmdlet: "New-InboxRule", parameters: { Name: "Run 8", DeleteMessage: true } }],
  })),
  {
    says: "a rule",
    cmdlet: "Enable-InboxRule",
    parameters: { Identity: "run 9" },
    after: [
      { cmdlet: "New-InboxRule", parameters: { Name: "Run 9", DeleteMessage: true } },
      { cmdlet: "Disable-InboxRule", parameters: { Identity: "Run 9" } },
    ],
  },
  {
    says: "a message for some days",
    cmdlet: "Set-MailboxAutoReplyConfiguration",
    parameters: {
      AutoReplyState: "Scheduled",
      StartTime: "2026-12-23T17:00:00+01:00",
      EndTime: new Date("2027-01-02T08:00:00Z"),
      InternalMessage: "Away until the <b>2nd</b>",
      ExternalMessage: null,
      ExternalAudience: "Known",
    },
    sees: [
      expect.anything(),
      expect.arrayContaining([
        ["AutoReplyState", "scheduled"],
        ["EndTime", "2027-01-02T08:00:00Z"],
        ["StartTime", "2026-12-23T16:00:00Z"],
      ]),
    ],
  },
  {
    says: "a language",
    cmdlet: "Set-MailboxRegionalConfiguration",
    parameters: { Language: "pt-BR", TimeZone: "E. South America Standard Time", DateFormat: "dd/MM/yyyy" },
  },
  {
    says: "a room that answers by itself",
    cmdlet: "Set-CalendarProcessing",
    parameters: (other) => ({
      AutomateProcessing: "AutoAccept",
      BookingWindowInDays: 77,
      ResourceDelegates: [other.primarySmtp],
    }),
  },
  { says: "a bypass", cmdlet: "Set-MailboxAuditBypassAssociation", parameters: { AuditBypassEnabled: true } },
  {
    says: "protocols",
    cmdlet: "Set-CASMailbox",
    parameters: { PopEnabled: true, ImapEnabled: false, ActiveSyncEnabled: false },
  },
  {
    says: "the third state, of true",
    cmdlet: "Set-CASMailbox",
    parameters: { SmtpClientAuthenticationDisabled: null },
    after: [{ cmdlet: "Set-CASMailbox", parameters: { SmtpClientAuthenticationDisabled: true } }],
    sees: [[["SmtpClientAuthenticationDisabled", true]], [["SmtpClientAuthenticationDisabled", "unset"]]],
  },
  {
    says: "the third state, of false",
    cmdlet: "Set-CASMailbox",
    parameters: { SmtpClientAuthenticationDisabled: false },
    after: [{ cmdlet: "Set-CASMailbox", parameters: { SmtpClientAuthenticationDisabled: null } }],
  },
  {
    says: "devices",
    cmdlet: "Set-CASMailbox",
    parameters: { ActiveSyncBlockedDeviceIDs: { add: ["Two", "Three"], remove: ["One"] } },
    after: [{ cmdlet: "Set-CASMailbox", parameters: { ActiveSyncBlockedDeviceIDs: ["ONE", "two"] } }],
  },
];

let contoso: EmulatedMailboxes;
beforeAll(async () => {
  contoso = await openMailboxes();
});
afterAll(() => contoso[Symbol.asyncDispose]());

/** The calendar has a name of the mailbox's own language (`exo-protocol.md` 10.8). */
async function calendarOf(mailbox: Mailbox): Promise<string> {
  const scope = { Identity: mailbox.id, FolderScope: "Calendar" };
  const { rows } = await contoso.ask("Get-MailboxFolderStatistics", scope, mailbox);
  const name = rows[0]?.["Name"];
  return typeof name === "string" ? `:\\${name}` : "";
}

test.concurrent.each(CASES)("$cmdlet, $says: not wanted before, wanted after", async (given) => {
  const { next, other, another, group, write, look } = contoso;
  const mailbox = next();
  const calendar = await calendarOf(mailbox);
  const changeOf = ({ cmdlet, parameters }: Pick<Case, "cmdlet" | "parameters">): Change => ({
    cmdlet,
    parameters:
      typeof parameters === "function" ? parameters(other, another, { calendar, group }) : parameters,
  });
  for (const first of given.after ?? []) await write(changeOf(first), mailbox);
  const change = changeOf(given);
  const before = await look(change, mailbox);
  expect(before.wanted).toBe(false);
  await write(change, mailbox);
  const after = await look(change, mailbox);
  expect(after.wanted).toBe(true);
  const { sees = [expect.anything(), expect.anything()] } = given;
  expect([before.seen, after.seen]).toEqual(sees);
  // The same state says the same, also to somebody who read it in a journal.
  expect(JSON.stringify((await look(change, mailbox)).seen)).toBe(JSON.stringify(after.seen));
  expect(JSON.stringify(after.seen).length).toBeLessThan(1_000);
});
