import { expect, test } from "vitest";
import { ExoError } from "../../src/exo/index.ts";
import type { CmdletReply, Directory, Mailbox, Principal, ReadOptions } from "../../src/job/index.ts";
import { readMailbox } from "../../src/runs/read-mailbox.ts";

const GOSHO: Mailbox = {
  id: "aaaaaaaa-0000-4000-8000-000000000001",
  objectId: "bbbbbbbb-0000-4000-8000-000000000001",
  type: "user",
  primarySmtp: "gosho@contoso.com",
  displayName: "Gosho",
  userPrincipalName: "gosho@contoso.com",
  name: "gosho",
  alias: "gosho",
  identity: "gosho",
  distinguishedName: "",
  guid: "",
};
const GOSHO2: Principal = {
  id: "bbbbbbbb-0000-4000-8000-000000000002",
  sid: "",
  type: "user",
  displayName: "Sales",
  name: "Gosho2",
  userPrincipalName: "gosho2@contoso.com",
  primarySmtp: "gosho2@contoso.com",
  guest: false,
  disabled: false,
  softDeleted: false,
  mailboxId: "aaaaaaaa-0000-4000-8000-000000000002",
};

/** The property that names the object. */
function nameOf(cmdlet: string): string {
  return cmdlet === "Get-EXOMailbox" ? "Id" : "Identity";
}

/** Answers each ask with the rows of these identities, in turn. */
function setup(answers: readonly (readonly string[])[]) {
  const asked: unknown[] = [];
  const alone: boolean[] = [];
  const counts: Record<string, number> = {};
  const directory: Directory = {
    find: (key) =>
      Promise.resolve(
        [GOSHO2.name, GOSHO2.displayName].some((own) => own.toLowerCase() === key.trim().toLowerCase())
          ? [GOSHO2]
          : [],
      ),
  };
  const read = (cmdlet: string, options: ReadOptions = {}) =>
    readMailbox(
      {
        exo: {
          invoke: (asking, parameters, options): Promise<CmdletReply> => {
            alone.push(options?.alone !== undefined);
            const rows = (answers[asked.length] ?? []).map((name) => ({ [nameOf(asking)]: name }));
            asked.push(parameters["Identity"] ?? { mailbox: parameters["Mailbox"] });
            return Promise.resolve({
              rows,
              warnings: [],
              errors: [],
              requestId: "q1",
              sentAtMs: 0,
              answeredAtMs: 0,
            });
          },
        },
        directory,
        count: (name, by = 1) => void (counts[name] = (counts[name] ?? 0) + by),
      },
      GOSHO,
      cmdlet,
      {},
      options,
    );
  return { read, asked, alone, counts };
}

test("readMailbox asks by ExchangeGuid and is content with rows under any of the mailbox's own names", async () => {
  const { read, asked, counts } = setup([["gosho", "GOSHO", "Gosho@Contoso.com"]]);
  expect((await read("Get-MailboxPermission")).rows).toHaveLength(3);
  expect(asked).toEqual([GOSHO.id]);
  expect(counts).toEqual({});
});

test("readMailbox sets rows of another mailbox aside, counts them, and asks once more by object id", async () => {
  const { read, asked, alone, counts } = setup([["gosho", "Gosho2", "Gosho2"], ["gosho"]]);
  expect((await read("Get-MailboxPermission")).rows).toEqual([{ Identity: "gosho" }]);
  expect(asked).toEqual([GOSHO.id, GOSHO.objectId]);
  expect(alone, "in a request of its own, where no answers can be mixed up").toEqual([false, true]);
  expect(counts).toEqual({ "wrong-identity": 2 });
});

test("readMailbox fails on a second mismatch and keeps the request id", async () => {
  const { read, asked } = setup([["Gosho2"], ["Gosho2"]]);
  const error: unknown = await read("Get-MailboxPermission").catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ExoError);
  expect(error).toMatchObject({ kind: "wrong-identity", remedy: "give-up", requestId: "q1" });
  expect(asked).toHaveLength(2);
});

test("readMailbox takes a name nobody has for an old name of the mailbox, which was asked for by its immutable id", async () => {
  const { read, counts } = setup([["Georgi before his wedding"]]);
  expect((await read("Get-MailboxPermission")).rows).toHaveLength(1);
  expect(counts).toEqual({ "old-name": 1 });
});

test("readMailbox takes another's display name for an old name when it is told it twice, where the cmdlet names objects so", async () => {
  const sendAs = setup([["Sales"], ["Sales"]]);
  expect((await sendAs.read("Get-RecipientPermission")).rows).toHaveLength(1);
  expect(sendAs.counts).toEqual({ "old-name": 1 });
  const access = setup([["Sales"], ["Sales"]]);
  await expect(access.read("Get-MailboxPermission")).rejects.toThrow(ExoError);
  expect(access.counts).toEqual({ "wrong-identity": 2 });
});

test("readMailbox notices an answer under a display name that was another's", async () => {
  const { read, alone, counts } = setup([["Sales"], ["Gosho"]]);
  expect((await read("Get-RecipientPermission")).rows).toEqual([{ Identity: "Gosho" }]);
  expect(alone).toEqual([false, true]);
  expect(counts).toEqual({ "wrong-identity": 1 });
});

test("readMailbox knows its own rules and folders by the name they begin with, and others' by theirs", async () => {
  const mine = setup([["gosho\\15394007230974001153", "Gosho:\\Kalender"]]);
  expect((await mine.read("Get-InboxRule")).rows).toHaveLength(2);
  expect([mine.asked, mine.counts]).toEqual([[{ mailbox: GOSHO.id }], {}]);

  const traded = setup([["gosho2:\\Kalender\\Feiertage"], ["gosho:\\Kalender\\Feiertage"]]);
  const reply = await traded.read("Get-MailboxFolderPermission", { part: ":LgAAAA=" });
  expect(reply.rows).toEqual([{ Identity: "gosho:\\Kalender\\Feiertage" }]);
  expect(traded.asked).toEqual([`${GOSHO.id}:LgAAAA=`, `${GOSHO.objectId}:LgAAAA=`]);
  expect(traded.counts).toEqual({ "wrong-identity": 1 });
});

test("what a cmdlet of the PowerShell module says is checked too, under the name it has there", async () => {
  const { read, asked } = setup([["Gosho2"], ["gosho"]]);
  expect((await read("Get-EXOMailbox")).rows).toHaveLength(1);
  expect(asked).toHaveLength(2);
  const devices = setup([["gosho\\ExchangeActiveSyncDevices\\Hx"]]);
  await devices.read("Get-EXOMobileDeviceStatistics");
  expect(devices.asked).toEqual([{ mailbox: GOSHO.id }]);
});
