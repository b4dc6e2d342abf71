import { expect, test } from "vitest";
import { permissionAudit } from "../../jobs/permission-audit.ts";
import { UnusableReply } from "../../src/job.ts";
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
