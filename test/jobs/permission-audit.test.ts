import { expect, test } from "vitest";
import { permissionAudit } from "../../jobs/permission-audit.ts";
import { UnusableReply } from "../../src/job/index.ts";
import { aMailbox, aPrincipal, guid, performJob } from "../support/perform-job.ts";

const SELF = { User: "NT AUTHORITY\\SELF", UserSid: "S-1-5-10", IsInherited: false, Deny: false };

test("perform makes a row of every right of every entry, and hides the mailbox's own", async () => {
  const anna = aPrincipal({ name: "anna" });
  const { rows } = await performJob(permissionAudit, {
    mailbox: aMailbox({ name: "sales", type: "shared" }),
    line: 7,
    principals: [anna],
    answer: () => [
      { ...SELF, AccessRights: ["FullAccess, ReadPermission"] },
      { ...SELF, AccessRights: ["FullAccess, ExternalAccount, ReadPermission"] },
      {
        User: "anna@contoso.com",
        UserSid: anna.sid,
        AccessRights: ["FullAccess"],
        IsInherited: false,
        Deny: "False",
      },
    ],
  });
  expect(rows.map(({ noise, row }) => [row["TrusteeRaw"], row["Right"], noise])).toEqual([
    ["NT AUTHORITY\\SELF", "FullAccess", "NR1"],
    ["NT AUTHORITY\\SELF", "ReadPermission", "NR1"],
    ["NT AUTHORITY\\SELF", "FullAccess", "NR1"],
    ["NT AUTHORITY\\SELF", "ExternalAccount", "NR1"],
    ["NT AUTHORITY\\SELF", "ReadPermission", "NR1"],
    ["anna@contoso.com", "FullAccess", undefined],
  ]);
  expect(rows.at(-1)).toEqual({
    about: 7,
    row: {
      MailboxId: guid(1),
      MailboxPrimarySmtp: "sales@contoso.com",
      MailboxDisplayName: "sales",
      MailboxType: "shared",
      Right: "FullAccess",
      AccessRightsRaw: "FullAccess",
      Allow: true,
      Inherited: false,
      TrusteeRaw: "anna@contoso.com",
      TrusteeSid: anna.sid,
      TrusteeId: anna.id,
      TrusteePrimarySmtp: "anna@contoso.com",
      TrusteeDisplayName: "anna",
      TrusteeType: "user",
      TrusteeClass: "user",
      ViaGroup: null,
      GroupPath: null,
      ViaGroupId: null,
      GroupPeople: null,
      GroupGuests: null,
      TenantId: "11111111-1111-4111-8111-111111111111",
      RunId: "run-1",
      ReadAtUtc: "2026-05-04T03:02:01.000Z",
      Source: "Get-MailboxPermission",
    },
  });
});

test("perform fails the mailbox when the answer came with errors beside its rows", async () => {
  const performing = performJob(permissionAudit, {
    answer: () => ({
      rows: [{ ...SELF, AccessRights: ["FullAccess"] }],
      errors: ["BackEndLocatorException"],
    }),
  });
  await expect(performing).rejects.toThrow(UnusableReply);
});

test("perform asks one mailbox for FullAccess only, with unresolved and deleted trustees", async () => {
  const { calls } = await performJob(permissionAudit, { answer: () => [] });
  expect(calls).toEqual([
    {
      cmdlet: "Get-MailboxPermission",
      parameters: {
        Identity: guid(1),
        ResultSize: "Unlimited",
        IncludeUnresolvedPermissions: true,
        IncludeSoftDeletedUserPermissions: true,
      },
      options: undefined,
    },
  ]);
});

test("perform reads all three rights of a mailbox in a small run", async () => {
  const anna = aPrincipal({ name: "anna" });
  const answers = {
    "Get-MailboxPermission": [{ User: "anna@contoso.com", AccessRights: ["FullAccess"], UserSid: anna.sid }],
    "Get-RecipientPermission": [
      { Trustee: "anna@contoso.com", AccessRights: ["SendAs"], TrusteeSidString: anna.sid, Identity: "Box" },
    ],
    "Get-Mailbox": [{ ExchangeGuid: guid(1), GrantSendOnBehalfTo: ["anna"] }],
  };
  const { rows } = await performJob(permissionAudit, {
    small: true,
    principals: [anna],
    answer: ({ cmdlet }) => answers[cmdlet as keyof typeof answers],
  });
  expect(rows.map(({ row }) => [row["Right"], row["Source"], row["TrusteeSid"]])).toEqual([
    ["FullAccess", "Get-MailboxPermission", anna.sid],
    ["SendAs", "Get-RecipientPermission", anna.sid],
    ["SendOnBehalf", "Get-Mailbox", anna.sid],
  ]);
});

test.each([
  ["full-access", ["Get-MailboxPermission"], []],
  ["send-as", ["Get-RecipientPermission"], ["send-as"]],
  ["send-on-behalf,full-access", ["Get-MailboxPermission", "Get-Mailbox"], ["send-on-behalf"]],
])("rights=%s sends nothing else, in small runs and large ones", async (rights, cmdlets, bulk) => {
  const { calls } = await performJob(permissionAudit, { small: true, params: { rights }, answer: () => [] });
  expect(calls.map(({ cmdlet }) => cmdlet)).toEqual(cmdlets);
  const params = permissionAudit.params.parse({ rights, expand: "none" });
  const wanted = permissionAudit.bulk.filter((read) => read.wanted?.(params));
  expect(wanted.map(({ name }) => name)).toEqual(bulk);
  const needed = permissionAudit.cmdlets.filter((need) => need.wanted?.(params));
  expect(needed.map(({ cmdlet }) => cmdlet)).toEqual(cmdlets);
});

test("perform looks for a group's mailbox among the groups' mailboxes", async () => {
  const { calls } = await performJob(permissionAudit, {
    mailbox: aMailbox({ type: "group" }),
    small: true,
    answer: () => [],
  });
  expect(calls.map(({ cmdlet, parameters }) => [cmdlet, parameters["GroupMailbox"]])).toEqual([
    ["Get-MailboxPermission", true],
    ["Get-RecipientPermission", undefined],
    ["Get-Mailbox", true],
  ]);
});

test("how many people a group brings in is unknown until it is read, not none", async () => {
  const { rows } = await performJob(permissionAudit, {
    principals: [aPrincipal({ name: "team", type: "group" })],
    answer: () => [{ User: "team", AccessRights: ["FullAccess"] }],
  });
  expect(rows[0]?.row).toMatchObject({
    TrusteeClass: "group",
    GroupPeople: "unknown",
    GroupGuests: "unknown",
    ViaGroup: null,
  });
});

test("an orphan's facts are unknown, and SELF has none", async () => {
  const { rows } = await performJob(permissionAudit, {
    answer: () => [
      { User: "S-1-5-21-9-9-9-7", AccessRights: ["FullAccess"] },
      { ...SELF, AccessRights: ["FullAccess"] },
    ],
  });
  expect(
    rows.map(({ row }) => [row["TrusteeClass"], row["TrusteeSid"], row["TrusteeId"], row["TrusteeType"]]),
  ).toEqual([
    ["orphan-sid", "S-1-5-21-9-9-9-7", "unknown", "unknown"],
    ["self", "S-1-5-10", null, null],
  ]);
});

test.each([
  [{}, "anna@contoso.com holds FullAccess on sales@contoso.com"],
  [{ Allow: false }, "anna@contoso.com is denied FullAccess on sales@contoso.com"],
  [{ TrusteePrimarySmtp: "unknown" }, "Anna holds FullAccess on sales@contoso.com"],
  [
    { TrusteePrimarySmtp: "unknown", TrusteeDisplayName: "unknown", MailboxPrimarySmtp: null },
    "S-1-5-21-9 holds FullAccess on box-1",
  ],
])("headline of %j is %j", (facts, words) => {
  const row = {
    MailboxId: "box-1",
    MailboxPrimarySmtp: "sales@contoso.com",
    TrusteePrimarySmtp: "anna@contoso.com",
    TrusteeDisplayName: "Anna",
    TrusteeRaw: "S-1-5-21-9",
    Right: "FullAccess",
    Allow: true,
    ...facts,
  };
  expect(permissionAudit.headline?.(row)).toBe(words);
});
