import { expect, test } from "vitest";
import { ExoError } from "../../src/exo/index.ts";
import { type Cmdlets, type CmdletReply, type ExoRow, softDeletedId } from "../../src/job/index.ts";
import { RunDirectory } from "../../src/runs/directory.ts";
import { grantorFrom, mailboxEntry, mailboxFrom, principalEntry } from "../../src/runs/mailbox.ts";
import { freshJournal, newRun } from "../support/journal.ts";
import { guid } from "../support/perform-job.ts";

const MAILBOX: ExoRow = {
  ExchangeGuid: "AAAAAAAA-0000-4000-8000-000000000001",
  ExternalDirectoryObjectId: "bbbbbbbb-0000-4000-8000-000000000001",
  RecipientTypeDetails: "SharedMailbox",
  PrimarySmtpAddress: "Sales@contoso.com",
  DisplayName: "Sales",
  Name: "sales",
};
const USER: ExoRow = {
  ExternalDirectoryObjectId: "bbbbbbbb-0000-4000-8000-000000000001",
  Guid: "cccccccc-0000-4000-8000-000000000001",
  Sid: "S-1-5-21-1-2-3-1001",
  DisplayName: "Sales",
  RecipientTypeDetails: "SharedMailbox",
  AccountDisabled: true,
};

async function setup(exo?: Cmdlets) {
  const journal = await freshJournal();
  await journal.createRun(newRun());
  const mailbox = mailboxFrom(MAILBOX);
  const user = principalEntry("user", USER);
  if (mailbox === undefined || user === undefined) throw new Error("The rows above are complete");
  await journal.putIndex("run-1", [mailboxEntry(mailbox), user]);
  return { journal, directory: new RunDirectory("run-1", journal, exo) };
}

test("RunDirectory finds one principal under any of its keys, in any case, with what all listings say about it", async () => {
  const { directory } = await setup();
  for (const key of [
    "S-1-5-21-1-2-3-1001",
    "sales@CONTOSO.com",
    "SALES",
    "aaaaaaaa-0000-4000-8000-000000000001",
  ]) {
    expect(await directory.find(key)).toEqual([
      expect.objectContaining({
        id: "bbbbbbbb-0000-4000-8000-000000000001",
        sid: "S-1-5-21-1-2-3-1001",
        type: "shared",
        disabled: true,
        mailboxId: "aaaaaaaa-0000-4000-8000-000000000001",
        primarySmtp: "Sales@contoso.com",
      }),
    ]);
  }
});

test("RunDirectory answers all principals of a name that is not unique", async () => {
  const { journal, directory } = await setup();
  const twin = principalEntry("group", {
    Guid: "dddddddd-0000-4000-8000-000000000002",
    DisplayName: "sales",
    RecipientTypeDetails: "MailUniversalSecurityGroup",
  });
  if (twin === undefined) throw new Error("The row above is complete");
  await journal.putIndex("run-1", [twin]);
  expect((await directory.find("Sales")).map((principal) => principal.type)).toEqual(
    expect.arrayContaining(["shared", "group"]),
  );
});

test("RunDirectory answers nobody for an unknown key, and asks nobody in a run that has an index", async () => {
  const { directory } = await setup();
  expect(await directory.find("nobody@contoso.com")).toEqual([]);
  expect(await directory.find("  ")).toEqual([]);
});

test("RunDirectory asks the service once for a key of a small run, and remembers the answer in the journal", async () => {
  const asked: string[] = [];
  const reply = (rows: readonly ExoRow[]): CmdletReply => ({
    rows,
    warnings: [],
    errors: [],
    requestId: undefined,
    sentAtMs: 0,
    answeredAtMs: 0,
  });
  const exo: Cmdlets = {
    invoke: (cmdlet, parameters) => {
      asked.push(`${cmdlet} ${JSON.stringify(parameters["Identity"])}`);
      if (cmdlet === "Get-User")
        return Promise.resolve(
          reply([
            {
              ...USER,
              ExternalDirectoryObjectId: "eeeeeeee-0000-4000-8000-000000000003",
              Guid: "ffffffff-0000-4000-8000-000000000003",
              Sid: "S-1-5-21-9",
            },
          ]),
        );
      return Promise.reject(new ExoError("Cannot find it", { cmdlet, kind: "not-found", remedy: "gone" }));
    },
    pages: () => {
      throw new Error("Not asked for");
    },
  };
  const { journal, directory } = await setup(exo);
  expect(await directory.find("S-1-5-21-9")).toHaveLength(1);
  expect(await directory.find("s-1-5-21-9")).toHaveLength(1);
  expect(asked).toEqual([`Get-User "s-1-5-21-9"`, `Get-Group "s-1-5-21-9"`, `Get-Recipient "s-1-5-21-9"`]);
  expect(await new RunDirectory("run-1", journal, undefined).find("S-1-5-21-9")).toHaveLength(1);
});

test("a deleted mailbox and the living one of the same account: names mean the living one, ids the one they are of", async () => {
  const account = {
    ExternalDirectoryObjectId: "bbbbbbbb-0000-4000-8000-000000000009",
    RecipientTypeDetails: "UserMailbox",
    PrimarySmtpAddress: "ann@contoso.com",
    DisplayName: "Ann",
    Name: "ann",
  };
  const [old, now] = ["aaaaaaaa-0000-4000-8000-00000000000a", "aaaaaaaa-0000-4000-8000-00000000000b"];
  const deleted = {
    ...account,
    ExchangeGuid: old,
    WhenSoftDeleted: "2026-01-01T00:00:00Z",
    Identity: "Soft Deleted Objects\\ann",
  };
  const living = { ...account, ExchangeGuid: now };
  const entries = [grantorFrom(deleted, "soft-deleted"), mailboxFrom(living)].flatMap((mailbox) =>
    mailbox === undefined ? [] : [mailboxEntry(mailbox)],
  );
  const listed = [deleted, living, { ...account, Guid: guid(7), Sid: "S-1-5-21-1-2-3-7" }].flatMap(
    (row, n) => principalEntry(n === 2 ? "user" : "recipient", row) ?? [],
  );
  const journal = await freshJournal();
  await journal.createRun(newRun());
  await journal.putIndex("run-1", [...entries, ...listed]);
  const directory = new RunDirectory("run-1", journal, undefined);
  for (const name of ["ann@contoso.com", "Ann", now]) {
    expect(await directory.mailboxIdOf(name)).toBe(now);
    expect(await directory.find(name)).toMatchObject([{ mailboxId: now, softDeleted: false }]);
  }
  expect(await directory.mailboxIdOf(softDeletedId(old.toUpperCase()))).toBe(softDeletedId(old));
});
