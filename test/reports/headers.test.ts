import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { permissionAudit } from "../../jobs/permission-audit.ts";
import type { Job, Row } from "../../src/job/index.ts";
import { type ExportFormat, exportRun, type Headers } from "../../src/reports/index.ts";
import { journalledRun } from "../support/journalled-run.ts";
import { hostileJob } from "../support/hostile-run.ts";
import { parseCsv } from "./csv-parser.ts";

const GRANT: Row = {
  MailboxId: "11111111-1111-4111-8111-000000000001",
  MailboxPrimarySmtp: "sales@contoso.com",
  MailboxDisplayName: "Sales",
  MailboxType: "shared",
  Right: "FullAccess",
  Allow: true,
  Inherited: false,
  TrusteeRaw: "anna@contoso.com",
  TrusteeSid: "S-1-5-21-1-2-3-4",
  TrusteeId: "11111111-1111-4111-8111-000000000002",
  TrusteePrimarySmtp: "anna@contoso.com",
  TrusteeDisplayName: "=Anna",
  TrusteeType: "user",
  TrusteeClass: "user",
  ViaGroup: null,
  GroupPath: null,
};
const ORPHAN: Row = {
  ...GRANT,
  Right: "SendAs",
  TrusteeRaw: "S-1-5-21-9-9-9-9",
  TrusteeSid: "S-1-5-21-9-9-9-9",
  TrusteeId: "unknown",
  TrusteePrimarySmtp: "unknown",
  TrusteeDisplayName: "unknown",
  TrusteeType: "unknown",
  TrusteeClass: "orphan-sid",
};
const ROWS: readonly Row[] = [
  GRANT,
  {
    ...GRANT,
    Right: "SendOnBehalf",
    TrusteeRaw: "Bert",
    TrusteePrimarySmtp: "bert@contoso.com",
    TrusteeSid: "S-1-5-21-1-2-3-5",
  },
  { ...GRANT, Right: "ReadPermission", Allow: false },
  ORPHAN,
  {
    ...GRANT,
    Right: "SendAs",
    TrusteeRaw: "Carla",
    TrusteeSid: "S-1-5-21-1-2-3-6",
    TrusteeClass: "group-member",
    ViaGroup: "Helpers",
  },
];

async function exported(
  headers: Headers,
  rows = ROWS,
  job: Job = permissionAudit,
  format: ExportFormat = "csv",
) {
  const { journal, run, directory } = await journalledRun(job, [
    { label: "sales@contoso.com", rows: rows.map((row) => ({ noise: undefined, row })) },
  ]);
  const out = join(directory, "out");
  const { untold } = await exportRun({ journal, run, job, format, out, headers });
  return { untold, text: (await readFile(out, "utf8")).replace(/^\u{feff}/u, "") };
}

test("erp: the fourteen columns of Export-RecipientPermissions, with its semicolons, and no formula", async () => {
  const { text, untold } = await exported("erp");
  const [header, ...lines] = parseCsv(text, ";");
  expect(header).toEqual([
    "Grantor Primary SMTP",
    "Grantor Display Name",
    "Grantor Recipient Type",
    "Grantor Environment",
    "Folder",
    "Permission",
    "Allow/Deny",
    "Inherited",
    "InheritanceType",
    "Trustee Original Identity",
    "Trustee Primary SMTP",
    "Trustee Display Name",
    "Trustee Recipient Type",
    "Trustee Environment",
  ]);
  const grantor = ["sales@contoso.com", "Sales", "UserMailbox/SharedMailbox", "Cloud", ""];
  const anna = ["anna@contoso.com", "'=Anna", "UserMailbox/UserMailbox", "Cloud"];
  expect(lines).toContainEqual([
    ...grantor,
    "FullAccess",
    "Allow",
    "False",
    "unknown",
    "anna@contoso.com",
    ...anna,
  ]);
  expect(lines).toContainEqual([
    ...grantor,
    "ReadPermission",
    "Deny",
    "False",
    "unknown",
    "anna@contoso.com",
    ...anna,
  ]);
  expect(lines).toContainEqual([
    ...grantor,
    "SendAs",
    "Allow",
    "False",
    "unknown",
    "S-1-5-21-9-9-9-9",
    "",
    "",
    "",
    "",
  ]);
  expect(lines).toContainEqual([
    ...grantor,
    "SendAs",
    "Allow",
    "False",
    "unknown",
    "Helpers     [MemberRecurse] Carla",
    ...anna,
  ]);
  expect([lines.length, untold]).toEqual([5, 0]);
});

test("michev: the columns of Mailbox_Permissions_inventoryV2; a denied right, which they cannot tell, is left out and counted", async () => {
  const { text, untold } = await exported("michev");
  const [header, ...lines] = parseCsv(text, ",");
  expect(header).toEqual([
    "User",
    "User Sid",
    "Mailbox address",
    "Mailbox type",
    "Is soft-deleted",
    "Access Rights",
  ]);
  expect(lines[0]).toEqual([
    "anna@contoso.com",
    "S-1-5-21-1-2-3-4",
    "sales@contoso.com",
    "SharedMailbox",
    "False",
    "FullAccess",
  ]);
  expect([lines.length, untold]).toEqual([4, 1]);
});

test("fasttrack: grants between addresses, in the words of Find-MailboxDelegates; others are left out and counted", async () => {
  const { text, untold } = await exported("fasttrack");
  expect(parseCsv(text, ",")).toEqual([
    ["Mailbox", "User", "AccessRights"],
    ["sales@contoso.com", "anna@contoso.com", "Full Access"],
    ["sales@contoso.com", "bert@contoso.com", "SendOnBehalfTo"],
    ["sales@contoso.com", "anna@contoso.com", "Send As"],
  ]);
  expect(untold).toBe(2);
});

test("a deleted mailbox is told as one, and left out where it would read as the living one of that address", async () => {
  const rows = [
    { ...GRANT, MailboxType: "soft-deleted" },
    { ...GRANT, MailboxType: "distribution-list", Right: "SendAs" },
  ];
  const lines = async (headers: "erp" | "michev" | "fasttrack") => {
    const { text, untold } = await exported(headers, rows);
    return { lines: parseCsv(text, headers === "erp" ? ";" : ",").slice(1), untold };
  };
  expect(await lines("michev")).toMatchObject({
    lines: [
      expect.arrayContaining(["UserMailbox", "True"]),
      expect.arrayContaining(["MailUniversalDistributionGroup", "False"]),
    ],
    untold: 0,
  });
  const list = "MailUniversalDistributionGroup/MailUniversalDistributionGroup";
  expect(await lines("erp")).toMatchObject({ lines: [expect.arrayContaining([list])], untold: 1 });
  expect(await lines("fasttrack")).toMatchObject({ untold: 1 });
});

test("they are the columns of other formats, too", async () => {
  const { text } = await exported("fasttrack", [GRANT], permissionAudit, "ndjson");
  expect(JSON.parse(text)).toEqual({
    Mailbox: "sales@contoso.com",
    User: "anna@contoso.com",
    AccessRights: "Full Access",
  });
});

test("a job whose rows do not have what they are filled from is refused, and so is a page", async () => {
  await expect(exported("erp", [], hostileJob)).rejects.toMatchObject({
    name: "ReportError",
    message: expect.stringContaining(
      'Cannot write the columns of "erp": rows of the job "hostile" have no MailboxPrimarySmtp',
    ),
    advice: expect.stringContaining("leave --headers out"),
  });
  await expect(exported("erp", ROWS, permissionAudit, "html")).rejects.toThrow("a page has the job's own");
});
