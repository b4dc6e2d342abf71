import { expect, test } from "vitest";
import { smtpAuthSweep } from "../../jobs/smtp-auth-sweep.ts";
import { type ExoRow, type Row, UnusableReply } from "../../src/job/index.ts";
import { organisation, runEmulated } from "../support/emulated-run.ts";
import { findingsOf } from "../support/findings.ts";
import { aMailbox, guid, performBulk, performJob } from "../support/perform-job.ts";

const WORDS = new Map([
  [true, "off"],
  [false, "on"],
  [null, "follows-tenant"],
]);

test.each([
  ["a large run", 5_000, 0],
  ["a small run", 90, 100],
])("%s finds exactly the three states of the emulator's mailboxes", async (_how, mailboxes, smallScope) => {
  const emulated = organisation(mailboxes);
  const { rows, calls } = await runEmulated(smtpAuthSweep, emulated, { smallScope });
  const truth = [...emulated.mailboxFacts()].map(
    ({ mailboxGuid, smtpAuthDisabled }) => `${mailboxGuid} ${WORDS.get(smtpAuthDisabled)}`,
  );
  const found = rows.filter(({ row }) => row["About"] === "mailbox").map(({ row }) => row);
  const states = found.map((row) => `${String(row["MailboxId"])} ${String(row["SmtpAuth"])}`);
  expect(states.toSorted()).toEqual(truth.toSorted());
  expect(new Set(found.map((row) => row["SmtpAuth"])).size).toBe(3);
  expect(rows.filter(({ row }) => row["About"] === "tenant")).toHaveLength(1);
  expect(calls.get("Get-CASMailbox")).toBe(smallScope > 0 ? mailboxes : 1);
});

const listed = async (own: ExoRow, tenant: ExoRow): Promise<Row | undefined> => {
  const { rows } = await performBulk(smtpAuthSweep, "smtp-auth", {
    manifest: [aMailbox()],
    pages: () => [[{ Guid: aMailbox().guid, ...own }]],
    answer: () => [tenant],
  });
  return rows[0]?.row;
};

test.each([
  [
    { SmtpClientAuthenticationDisabled: null },
    { SmtpClientAuthenticationDisabled: false },
    "follows-tenant",
    "on",
  ],
  [{}, { SmtpClientAuthenticationDisabled: "True" }, "follows-tenant", "off"],
  [{}, {}, "follows-tenant", "unknown"],
  [{ SmtpClientAuthenticationDisabled: "False" }, { SmtpClientAuthenticationDisabled: true }, "on", "on"],
  [{ SmtpClientAuthenticationDisabled: true }, { SmtpClientAuthenticationDisabled: false }, "off", "off"],
])("%j in a tenant with %j is %s, so it is %s", async (own, tenant, state, effective) => {
  expect(await listed(own, tenant)).toMatchObject({ SmtpAuth: state, Effective: effective });
});

test("the tenant is asked once, whatever the number of mailboxes, and a group's mailbox not at all", async () => {
  const manifest = [aMailbox(), aMailbox({ id: guid(2) }), aMailbox({ id: guid(3), type: "group" })];
  const { rows, calls } = await performBulk(smtpAuthSweep, "smtp-auth", {
    manifest,
    pages: () => [manifest.slice(0, 2).map((mailbox) => ({ Guid: mailbox.guid }))],
    answer: () => [{ SmtpClientAuthenticationDisabled: true }],
  });
  expect(rows.map(({ about }) => about)).toEqual([1, 2]);
  expect(calls.map(({ cmdlet }) => cmdlet)).toEqual(["Get-CASMailbox", "Get-TransportConfig"]);
});

test("a listing that begins again is read again, and each mailbox counts once", async () => {
  const page = [{ Guid: aMailbox().guid, SmtpClientAuthenticationDisabled: true }];
  const { rows } = await performBulk(smtpAuthSweep, "smtp-auth", {
    manifest: [aMailbox()],
    pages: () => [page, { restarted: true, reason: "lost" }, page, page],
    answer: () => [{}],
  });
  expect(rows).toHaveLength(1);
});

test("a state that cannot be read fails, instead of passing for one of the three", async () => {
  await expect(listed({ SmtpClientAuthenticationDisabled: "perhaps" }, {})).rejects.toThrow(UnusableReply);
});

test("a mailbox alone is asked for by GUID, beside the tenant", async () => {
  const { rows, calls } = await performJob(smtpAuthSweep, {
    small: true,
    answer: () => [{ SmtpClientAuthenticationDisabled: null }],
  });
  expect(rows.map(({ row }) => row["Effective"])).toEqual(["unknown"]);
  expect(calls.map(({ cmdlet, parameters }) => [cmdlet, parameters["Identity"]])).toEqual([
    ["Get-CASMailbox", guid(1)],
    ["Get-TransportConfig", undefined],
  ]);
});

const ROW: Row = { About: "mailbox", SmtpAuth: "off", TenantSmtpAuth: "off", Effective: "off" };

test.each<[Row, string]>([
  [{}, ""],
  [{ TenantSmtpAuth: "on" }, ""],
  [{ SmtpAuth: "on", Effective: "on" }, "high smtp-auth-on"],
  [{ SmtpAuth: "follows-tenant" }, ""],
  [{ SmtpAuth: "follows-tenant", TenantSmtpAuth: "on", Effective: "on" }, "high smtp-auth-by-tenant"],
  [
    { SmtpAuth: "follows-tenant", TenantSmtpAuth: "unknown", Effective: "unknown" },
    "unknown smtp-auth-unknown",
  ],
  [
    { About: "tenant", SmtpAuth: null, TenantSmtpAuth: "on", Effective: "on" },
    "high tenant-allows-smtp-auth",
  ],
  [{ About: "tenant", SmtpAuth: null }, ""],
])("%j is judged as %j", (row, finding) => {
  expect(findingsOf(smtpAuthSweep, { ...ROW, ...row })).toBe(finding);
});

test("a headline says whose SMTP AUTH is how", () => {
  const row = { MailboxPrimarySmtp: "a@x.example", Effective: "on" };
  expect(smtpAuthSweep.headline?.(row)).toBe("SMTP AUTH is on for a@x.example");
  expect(smtpAuthSweep.headline?.({ Effective: "off" })).toBe("SMTP AUTH is off for the tenant");
});
