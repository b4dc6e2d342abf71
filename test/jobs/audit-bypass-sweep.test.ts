import { expect, test } from "vitest";
import { auditBypassSweep } from "../../jobs/audit-bypass-sweep.ts";
import { type ExoRow, type Row, UnusableReply } from "../../src/job/index.ts";
import { organisation, runEmulated } from "../support/emulated-run.ts";
import { findingsOf } from "../support/findings.ts";
import { aMailbox, aPrincipal, guid, performBulk } from "../support/perform-job.ts";

test("a large run finds exactly the accounts and mailboxes of the emulator that are not recorded", async () => {
  const emulated = organisation(5_000);
  const { rows, calls } = await runEmulated(auditBypassSweep, emulated);
  const kind = (name: string): Row[] => rows.map(({ row }) => row).filter((row) => row["Kind"] === name);

  const bypassed = [...emulated.auditBypassed()];
  const accounts = kind("bypass").map((row) => String(row["AccountId"]));
  expect(accounts.toSorted()).toEqual(bypassed.toSorted());
  expect(kind("bypass").filter((row) => row["MailboxId"] === null).length).toBeGreaterThan(0);
  expect(kind("bypass").filter((row) => row["MailboxId"] !== null).length).toBeGreaterThan(0);

  const truth = [...emulated.mailboxFacts()].map(({ mailboxGuid, auditEnabled, defaultAuditSet }) =>
    [mailboxGuid, auditEnabled ? "on" : "off", defaultAuditSet.join("; ")].join(" "),
  );
  const settings = kind("settings").map((row) =>
    [row["MailboxId"], row["Audit"], row["DefaultAuditSet"] ?? ""].join(" "),
  );
  expect(settings.toSorted()).toEqual(truth.toSorted());
  expect(kind("tenant").map((row) => row["Audit"])).toEqual(["on"]);
  expect(calls.get("Get-MailboxAuditBypassAssociation")).toBe(1);
});

test("a small run finds them mailbox by mailbox, and the tenant's setting", async () => {
  const emulated = organisation(90);
  const [Identity = ""] = [...emulated.targets()].slice(9);
  emulated.cmdlets.get("set-mailboxauditbypassassociation")?.run({
    parameters: new Map<string, unknown>([
      ["identity", Identity],
      ["auditbypassenabled", true],
    ]),
    spelling: new Map(),
    nowMs: 0,
    connectionId: undefined,
  });
  const { rows, calls } = await runEmulated(auditBypassSweep, emulated, { smallScope: 100 });
  const bypassed = rows.filter(({ row }) => row["Kind"] === "bypass").map(({ row }) => row["MailboxId"]);
  expect(bypassed).toContain(Identity);
  expect(rows.filter(({ row }) => row["Kind"] === "settings")).toHaveLength(90);
  expect(rows.filter(({ row }) => row["Kind"] === "tenant")).toHaveLength(1);
  expect(calls.get("Get-MailboxAuditBypassAssociation")).toBe(90);
});

const BOX = aMailbox();

async function listed(read: string, rows: readonly ExoRow[]): Promise<readonly Row[]> {
  const { rows: found, calls } = await performBulk(auditBypassSweep, read, {
    manifest: [BOX],
    principals: [aPrincipal({ id: guid(77), name: "svc", mailboxId: "" })],
    pages: () => [rows, rows],
  });
  expect(calls[0]?.parameters["ResultSize"] ?? "Unlimited").toBe("Unlimited");
  return found.map(({ about, row }) => ({ about, ...row }));
}

test("an account without a mailbox is a row about the tenant, once; one that is audited is none", async () => {
  const found = await listed("audit-bypass", [
    { Guid: BOX.guid, AuditBypassEnabled: false },
    { Guid: guid(77), AuditBypassEnabled: "True" },
    { Guid: guid(78), AuditBypassEnabled: true, Name: "gone-app" },
    { Guid: guid(79), AuditBypassEnabled: false },
  ]);
  expect(
    found.map((row) => [
      row["about"],
      row["MailboxId"],
      row["AccountId"],
      row["AccountName"],
      row["AccountType"],
    ]),
  ).toEqual([
    [2, null, guid(77), "svc@contoso.com", "user"],
    [2, null, guid(78), "gone-app", "unknown"],
  ]);
});

test("what a mailbox records is told in the order of the names, and what is not told is unknown", async () => {
  const lists = { AuditAdmin: ["Update", "Create"], AuditDelegate: [], AuditOwner: null };
  const all = { ExchangeGuid: BOX.id, AuditEnabled: true, DefaultAuditSet: ["Owner", "Admin"], ...lists };
  expect(await listed("audit-settings", [all])).toMatchObject([
    {
      Audit: "on",
      DefaultAuditSet: "Admin; Owner",
      AuditAdmin: "Create; Update",
      AuditDelegate: null,
      AuditOwner: null,
    },
  ]);
  expect(await listed("audit-settings", [{ ExchangeGuid: BOX.id }])).toMatchObject([
    { Audit: "unknown", DefaultAuditSet: "unknown" },
  ]);
});

test("a listing with errors, or a flag that cannot be read, fails", async () => {
  const failing = performBulk(auditBypassSweep, "audit-bypass", {
    manifest: [BOX],
    pages: () => [{ rows: [], errors: ["BackEndLocatorException"] }],
  });
  await expect(failing).rejects.toThrow(UnusableReply);
  const odd = listed("audit-bypass", [{ Guid: guid(5), AuditBypassEnabled: 7 }]);
  await expect(odd).rejects.toThrow(/neither true nor false/);
});

const SETTINGS: Row = { Kind: "settings", Audit: "on", DefaultAuditSet: "Admin; Delegate; Owner" };

test.each<[Row, string]>([
  [SETTINGS, ""],
  [{ ...SETTINGS, Audit: "off" }, "medium audit-off"],
  [{ ...SETTINGS, DefaultAuditSet: "Admin; Owner" }, "medium audit-actions-chosen"],
  [{ ...SETTINGS, DefaultAuditSet: null }, "medium audit-actions-chosen"],
  [{ ...SETTINGS, DefaultAuditSet: "unknown" }, "unknown audit-unknown"],
  [{ ...SETTINGS, Audit: "unknown" }, "unknown audit-unknown"],
  [{ Kind: "bypass", Audit: null, DefaultAuditSet: null }, "critical audit-bypassed"],
  [{ Kind: "tenant", Audit: "off", DefaultAuditSet: null }, "critical tenant-audit-off"],
  [{ Kind: "tenant", Audit: "on", DefaultAuditSet: null }, ""],
])("%j is judged as %j", (row, finding) => {
  expect(findingsOf(auditBypassSweep, row)).toBe(finding);
});

test("a headline names the account, or the mailbox", () => {
  expect(auditBypassSweep.headline?.({ Kind: "bypass", AccountName: "svc@x.example" })).toBe(
    "nothing that svc@x.example does in any mailbox is recorded",
  );
  expect(auditBypassSweep.headline?.({ ...SETTINGS, MailboxPrimarySmtp: "a@x.example", Audit: "off" })).toBe(
    "auditing of a@x.example is off",
  );
  const chosen = { ...SETTINGS, MailboxPrimarySmtp: "a@x.example", Audit: "on", DefaultAuditSet: "Admin" };
  expect(auditBypassSweep.headline?.(chosen)).toBe(
    "auditing of a@x.example is on, for actions that somebody has chosen",
  );
});
