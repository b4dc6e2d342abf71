/** What `export --headers` writes is read back as it was, by the way of a file. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { permissionAudit } from "../../jobs/permission-audit.ts";
import { importFile } from "../../src/imports/index.ts";
import type { Row } from "../../src/job/index.ts";
import { type Delimiter, exportRun, type Headers, judgedRows } from "../../src/reports/index.ts";
import { HOSTILE_STRINGS } from "../support/hostile-strings.ts";
import { journalledRun } from "../support/journalled-run.ts";

const GRANT: Row = {
  MailboxId: "11111111-1111-4111-8111-000000000001",
  MailboxPrimarySmtp: "sales@contoso.com",
  MailboxDisplayName: "Sales",
  MailboxType: "shared",
  Right: "FullAccess",
  AccessRightsRaw: "FullAccess",
  Allow: true,
  Inherited: false,
  TrusteeRaw: "anna@contoso.com",
  TrusteeSid: "S-1-5-21-1-2-3-4",
  TrusteeId: "11111111-1111-4111-8111-000000000002",
  TrusteePrimarySmtp: "anna@contoso.com",
  TrusteeDisplayName: "Anna",
  TrusteeType: "user",
  TrusteeClass: "user",
  ViaGroup: null,
  GroupPath: null,
  Source: "Get-MailboxPermission",
};

/** Rows about a mailbox each. */
async function roundTrip(
  headers: Headers,
  rows: readonly Row[],
  style: { delimiter?: Delimiter; raw?: boolean } = {},
) {
  const { journal, run, directory } = await journalledRun(
    permissionAudit,
    rows.map((row) => ({ label: String(row["MailboxPrimarySmtp"]), rows: [{ noise: undefined, row }] })),
  );
  const path = join(directory, "out.csv");
  const { rows: written } = await exportRun({
    journal,
    run,
    job: permissionAudit,
    format: "csv",
    out: path,
    headers,
    ...style,
  });
  const { run: back, as } = await importFile({
    journal,
    job: permissionAudit,
    path,
    as: undefined,
    encoding: undefined,
    tenant: "contoso",
    tenantId: run.tenantId,
    skipBadLines: false,
    signal: new AbortController().signal,
    nowMs: Date.now(),
  });
  expect(as).toBe(headers);
  const found: Row[] = [];
  for await (const some of judgedRows({ journal, run: back, job: permissionAudit }))
    found.push(...some.filter(({ noise }) => noise === undefined).map(({ row }) => row));
  return { journal, back, written, found };
}

const pick = (columns: readonly string[]) => (row: Row) =>
  Object.fromEntries(columns.map((column) => [column, row[column]]));

const ROWS: readonly Row[] = [
  GRANT,
  { ...GRANT, MailboxPrimarySmtp: "hr@contoso.com", MailboxType: "user", Right: "SendAs", Allow: false },
  {
    ...GRANT,
    MailboxPrimarySmtp: "room@contoso.com",
    MailboxType: "room",
    Right: "SendOnBehalf",
    TrusteeRaw: "S-1-5-21-9-9-9-9",
    TrusteeSid: "S-1-5-21-9-9-9-9",
    TrusteeId: "unknown",
    TrusteePrimarySmtp: "unknown",
    TrusteeDisplayName: "unknown",
    TrusteeType: "unknown",
    TrusteeClass: "orphan-sid",
  },
  {
    ...GRANT,
    MailboxPrimarySmtp: "all@contoso.com",
    TrusteeRaw: "Carla",
    TrusteeClass: "group-member",
    ViaGroup: "Helpers",
    GroupPath: "Helpers",
  },
];

test("erp brings back rights, who is denied, holders, kinds and groups", async () => {
  const { found, written } = await roundTrip("erp", ROWS);
  const same = pick([
    "MailboxPrimarySmtp",
    "MailboxDisplayName",
    "MailboxType",
    "Right",
    "Allow",
    "Inherited",
    "TrusteeRaw",
    "TrusteePrimarySmtp",
    "TrusteeDisplayName",
    "ViaGroup",
    "Source",
  ]);
  const source: Readonly<Record<string, string>> = {
    SendAs: "Get-RecipientPermission",
    SendOnBehalf: "Get-Mailbox",
  };
  expect(found.map(same)).toEqual(
    ROWS.map((row) => ({ ...same(row), Source: source[String(row["Right"])] ?? row["Source"] })),
  );
  expect(written).toBe(4);
  expect(found.map((row) => row["TrusteeClass"])).toEqual([
    "unknown",
    "unknown",
    "orphan-sid",
    "group-member",
  ]);
});

test("michev brings back rights and SIDs of those that are not denied", async () => {
  const { found } = await roundTrip("michev", ROWS, { delimiter: ";" });
  const same = pick(["MailboxPrimarySmtp", "MailboxType", "Right", "TrusteeRaw", "TrusteeSid"]);
  expect(found.map(same)).toEqual(ROWS.filter((row) => row["Allow"] === true).map(same));
});

test("fasttrack brings back grants between two addresses", async () => {
  const { found } = await roundTrip("fasttrack", ROWS);
  const same = pick(["MailboxPrimarySmtp", "Right", "TrusteePrimarySmtp"]);
  const told = ROWS.filter((row) => row["Allow"] === true && row["TrusteePrimarySmtp"] !== "unknown");
  expect(found.map(same)).toEqual(told.map(same));
});

const HOSTILE: readonly Row[] = HOSTILE_STRINGS.map((text, n) => ({
  ...GRANT,
  MailboxPrimarySmtp: `m${n}@contoso.com`,
  MailboxDisplayName: text,
  TrusteeRaw: `x${text}`,
  TrusteePrimarySmtp: "unknown",
  TrusteeDisplayName: text,
  TrusteeSid: "unknown",
  TrusteeId: "unknown",
}));

test.each(["erp", "michev"] as const)("every hostile name comes through %s as it was", async (headers) => {
  const { found, journal, back } = await roundTrip(headers, HOSTILE);
  const wanted = HOSTILE.map((row) => String(row["TrusteeRaw"]).toWellFormed());
  // An entry of Windows itself, or of Microsoft's forest, is hidden as noise: none of the corpus is one.
  expect(found.map((row) => row["TrusteeRaw"])).toEqual(wanted);
  expect((await journal.verify(back.id)).problems).toEqual([]);
});

test("formulas among names come back as what they were", async () => {
  const formulas = HOSTILE_STRINGS.filter((text) => /^[=+\-@]/.test(text)).map((text, n) => ({
    ...GRANT,
    MailboxPrimarySmtp: `m${n}@contoso.com`,
    MailboxDisplayName: text,
    TrusteeRaw: text,
    TrusteePrimarySmtp: "unknown",
  }));
  const { found } = await roundTrip("erp", formulas);
  expect(formulas.length).toBeGreaterThan(10);
  expect(found.map((row) => [row["MailboxDisplayName"], row["TrusteeRaw"]])).toEqual(
    formulas.map((row) => [row["MailboxDisplayName"], row["TrusteeRaw"]]),
  );
});
