import { describe, expect, test } from "vitest";
import { folderPermissionAudit } from "../../jobs/folder-permission-audit.ts";
import type { FolderEntryFact } from "../../src/emulator/cmdlet.ts";
import { ExoError } from "../../src/exo/index.ts";
import { type ExoRow, type FoundRow, type Row, UnusableReply } from "../../src/job/index.ts";
import { organisation, runEmulated } from "../support/emulated-run.ts";
import { findingsOf } from "../support/findings.ts";
import { type Call, aMailbox, aPrincipal, guid, performJob } from "../support/perform-job.ts";

const OWN = ["calendar"];
/** Types of the emulator's folders that are not Exchange's own. */
const isOurs = (type: string): boolean => !type.startsWith("RecoverableItems");

/** Without whose it is, which a name alone does not always tell. */
function truthOf(facts: Iterable<FolderEntryFact>, wanted: (type: string) => boolean): string[] {
  return [...facts]
    .filter(({ folderType }) => wanted(folderType))
    .map(({ mailboxGuid, folderId, path, user, special, rights, flags }) =>
      JSON.stringify([mailboxGuid, folderId, path, user, special, rights.join("; "), flags]),
    );
}

const EVERYBODY = /^(everybody-opens-folder|calendar-above-policy|calendar-open-to-anybody)/;
const SPECIALS: Readonly<Record<string, string>> = { default: "Default", anonymous: "Anonymous" };

function foundIn(rows: readonly FoundRow[]): string[] {
  return rows.map(({ row }) =>
    JSON.stringify([
      row["MailboxId"],
      row["FolderId"],
      row["FolderPath"],
      row["UserRaw"],
      SPECIALS[String(row["UserClass"])] ?? null,
      row["AccessRights"],
      row["SharingPermissionFlags"],
    ]),
  );
}

test.each([
  ["calendar", 5_000, (type: string) => OWN.includes(type.toLowerCase()), 1],
  ["all", 250, isOurs, 17],
])(
  "folders=%s of %i mailboxes are exactly the emulator's, in any language",
  { timeout: 120_000 },
  async (folders, mailboxes, wanted, each) => {
    const emulated = organisation(mailboxes);
    const { rows, calls, counts } = await runEmulated(folderPermissionAudit, emulated, {
      params: { folders },
    });
    const facts = [...emulated.folderEntries()];
    expect(foundIn(rows).toSorted()).toEqual(truthOf(facts, wanted).toSorted());
    const specials = new Set(facts.flatMap(({ special, user }) => (special === null ? [] : [user])));
    expect(specials.size).toBe(12);
    expect(calls.get("Get-MailboxFolderStatistics")).toBe(mailboxes);
    // Two more where a mailbox speaks a language whose words are not known here, whatever the number of its folders.
    const asked = counts.get("special-user-asked") ?? 0;
    expect(calls.get("Get-MailboxFolderPermission")).toBe(mailboxes * each + asked);
    expect(asked).toBeGreaterThan(mailboxes / 8);
    expect(asked).toBeLessThan(mailboxes / 2.5);

    // Whether everybody or anybody may see too much does not depend on the language.
    const opened = facts.filter(({ special, folderType, rights }) => {
      const usual =
        special === "Default" && folderType === "Calendar" ? ["None", "AvailabilityOnly"] : ["None"];
      return special !== null && wanted(folderType) && !rights.every((right) => usual.includes(right));
    });
    const found = rows.filter(({ row }) => EVERYBODY.test(String(row["Finding"])));
    const placeOf = (folder: unknown, user: unknown): string => `${String(folder)} ${String(user)}`;
    expect(found.map(({ row }) => placeOf(row["FolderId"], row["UserRaw"])).toSorted()).toEqual(
      opened.map(({ folderId, user }) => placeOf(folderId, user)).toSorted(),
    );
    expect(new Set(opened.map(({ user }) => user)).size).toBeGreaterThan(mailboxes > 1_000 ? 10 : 3);

    const byPlace = new Map(facts.map((fact) => [`${fact.folderId} ${fact.user}`, fact.userId]));
    const people = rows.filter(({ row }) => row["UserClass"] === "user");
    expect(people.length).toBeGreaterThan(mailboxes / 10);
    for (const { row } of people)
      expect(row["UserId"]).toBe(byPlace.get(`${String(row["FolderId"])} ${String(row["UserRaw"])}`));
  },
);

test("what was written since is found", async () => {
  const emulated = organisation(120);
  const [mailbox = "", other = ""] = [...emulated.targets()].slice(9);
  const [calendar] = [...emulated.folderEntries()].filter(
    ({ mailboxGuid, folderType }) => mailboxGuid === mailbox && folderType === "Calendar",
  );
  emulated.cmdlets.get("add-mailboxfolderpermission")?.run({
    parameters: new Map<string, unknown>([
      ["identity", `${mailbox}:${calendar?.path.replaceAll("/", "\\") ?? ""}`],
      ["user", other],
      ["accessrights", ["Editor"]],
    ]),
    spelling: new Map(),
    nowMs: 0,
    connectionId: undefined,
  });
  const { rows } = await runEmulated(folderPermissionAudit, emulated, { smallScope: 200 });
  const truth = truthOf(emulated.folderEntries(), (type) => type === "Calendar");
  expect(foundIn(rows).toSorted()).toEqual(truth.toSorted());
  expect(rows.some(({ row }) => row["MailboxId"] === mailbox && row["AccessRights"] === "Editor")).toBe(true);
});

const CALENDAR = {
  FolderId: "LgAAAACal",
  FolderType: "Calendar",
  FolderPath: "/Kalender",
  ContainerClass: "IPF.Appointment",
};
const BIRTHDAYS = {
  ...CALENDAR,
  FolderId: "LgAAAABir",
  FolderType: "User Created",
  FolderPath: "/Kalender/Geburtstage",
};

/** Entries of the calendar as rows. */
async function entries(rows: readonly ExoRow[], principals = [aPrincipal({ name: "anna" })]): Promise<Row[]> {
  const { rows: found } = await performJob(folderPermissionAudit, {
    principals,
    answer({ cmdlet, parameters }) {
      if (cmdlet === "Get-MailboxFolderStatistics") return [BIRTHDAYS, CALENDAR];
      const user = parameters["User"];
      return rows.filter(({ User }) => user === undefined || User === user);
    },
  });
  return found.map(({ noise, row }) => ({ noise: noise ?? null, ...row }));
}

const identities = (calls: readonly Call[]): unknown[] =>
  calls.map(({ parameters }) => parameters["Identity"]);

test("the mailbox's own calendar is known by its type, and asked for by id", async () => {
  const { calls } = await performJob(folderPermissionAudit, {
    mailbox: aMailbox({ type: "group" }),
    answer: ({ cmdlet }) => (cmdlet === "Get-MailboxFolderStatistics" ? [BIRTHDAYS, CALENDAR] : []),
  });
  expect(calls.map(({ cmdlet, parameters }) => ({ cmdlet, ...parameters }))).toEqual([
    { cmdlet: "Get-MailboxFolderStatistics", Identity: guid(1), FolderScope: "Calendar" },
    { cmdlet: "Get-MailboxFolderPermission", Identity: `${guid(1)}:LgAAAACal`, GroupMailbox: true },
  ]);
});

test("calendars below it are asked for only when they are wanted", async () => {
  const { calls } = await performJob(folderPermissionAudit, {
    params: { folders: "calendars" },
    answer: ({ cmdlet }) => (cmdlet === "Get-MailboxFolderStatistics" ? [CALENDAR, BIRTHDAYS] : []),
  });
  expect(identities(calls)).toEqual([guid(1), `${guid(1)}:LgAAAACal`, `${guid(1)}:LgAAAABir`]);
});

test("folders are listed 5,000 at a time, also by a service that does not know how to skip", async () => {
  const many = Array.from({ length: 5_000 }, (_, n) => ({ FolderId: `Lg${n}`, FolderType: "Conflicts" }));
  const inbox = { FolderId: "LgInbox", FolderType: "Inbox", FolderPath: "/Posteingang" };
  const search = { ...inbox, FolderId: "LgSearch", SearchFolder: true };
  const sent: unknown[] = [];
  const { calls } = await performJob(folderPermissionAudit, {
    params: { folders: "all" },
    answer({ cmdlet, parameters }) {
      if (cmdlet !== "Get-MailboxFolderStatistics") return [];
      sent.push(parameters["SkipCount"]);
      return [...many.slice(2), inbox, search];
    },
  });
  expect(sent).toEqual([undefined, 5_000]);
  expect(identities(calls).slice(2)).toEqual([`${guid(1)}:LgInbox`]);
});

test("a folder that cannot be found by id is asked for by path; one that is gone is counted, a calendar fails", async () => {
  const gone = new ExoError("gone", { cmdlet: "x", kind: "not-found", remedy: "gone" });
  const folder = { FolderId: "Lg1", FolderType: "User Created", FolderPath: "/Projekte/Alt" };
  const perform = (folders: readonly ExoRow[], found: boolean) =>
    performJob(folderPermissionAudit, {
      params: { folders: "all" },
      answer({ cmdlet, parameters }) {
        if (cmdlet === "Get-MailboxFolderStatistics") return folders;
        if (found && parameters["Identity"] === `${guid(1)}:\\Projekte\\Alt`)
          return [{ User: "Default", AccessRights: ["None"] }];
        throw gone;
      },
    });
  expect((await perform([folder], true)).rows).toHaveLength(1);
  expect((await perform([folder], false)).counts).toEqual({ "folder-gone": 1 });
  await expect(perform([CALENDAR], false)).rejects.toThrow(UnusableReply);
});

describe("entries of a folder", () => {
  test.each([
    ["Default", "default", "default"],
    ["Anonymous", "anonymous", "anonymous"],
    ["Owner@local", "local", null],
    ["anna", "user", guid(900)],
    ["ExchangePublishedUser.x@y.example", "external", "unknown"],
    ["NT:S-1-5-21-9-9-9-7", "orphan-sid", "unknown"],
    ["Nobody Known", "unresolved", "unknown"],
  ])("%s is of class %s", async (User, kind, id) => {
    expect(await entries([{ User, AccessRights: ["Reviewer"] }])).toMatchObject([
      { UserRaw: User, UserClass: kind, UserId: id, noise: null },
    ]);
  });

  test("belong to nobody where several have the name, and outside where a guest has it", async () => {
    const two = [aPrincipal({ name: "anna" }), aPrincipal({ id: guid(901), name: "anna" })];
    expect(await entries([{ User: "anna", AccessRights: ["Editor"] }], two)).toMatchObject([
      { UserClass: "unresolved" },
    ]);
    const guest = [aPrincipal({ name: "anna", type: "guest", guest: true })];
    expect(await entries([{ User: "anna", AccessRights: ["Editor"] }], guest)).toMatchObject([
      { UserClass: "external" },
    ]);
  });

  test("are hidden at the level of every new mailbox, and no other", async () => {
    const found = await entries([
      { User: "Default", AccessRights: ["AvailabilityOnly"] },
      { User: "Anonymous", AccessRights: ["None"] },
      { User: "anna", AccessRights: ["None"] },
    ]);
    expect(found.map((row) => row["noise"])).toEqual(["NR9", "NR9", null]);
    const opened = await entries([
      { User: "Default", AccessRights: ["LimitedDetails"] },
      { User: "Anonymous", AccessRights: ["AvailabilityOnly"] },
    ]);
    expect(opened.map((row) => row["noise"])).toEqual([null, null]);
  });

  test("have their rights and flags in one cell each, in the order of their letters", async () => {
    expect(
      await entries([
        {
          User: "anna",
          AccessRights: ["ReadItems, CreateItems", "FolderVisible"],
          SharingPermissionFlags: "Delegate, CanViewPrivateItems",
        },
        { User: "anna", AccessRights: [] },
      ]),
    ).toMatchObject([
      {
        AccessRights: "CreateItems; FolderVisible; ReadItems",
        SharingPermissionFlags: "Delegate; CanViewPrivateItems",
      },
      { AccessRights: "unknown", SharingPermissionFlags: null },
    ]);
  });

  test("of nobody fail the mailbox", async () => {
    await expect(entries([{ User: null, AccessRights: ["Editor"] }])).rejects.toThrow(UnusableReply);
  });
});

test("a mailbox without a calendar in the answer, or a folder without an id, fails", async () => {
  const failing = (rows: readonly ExoRow[]) => performJob(folderPermissionAudit, { answer: () => rows });
  await expect(failing([])).rejects.toThrow(/has no calendar/);
  await expect(failing([{ FolderType: "Calendar" }])).rejects.toThrow(/has no id/);
});

const ROW: Row = {
  FolderType: "Calendar",
  UserClass: "user",
  AccessRights: "Editor",
  SharingPermissionFlags: null,
};

test.each<[Row, object, string]>([
  [{}, {}, ""],
  [
    { FolderType: "Inbox", UserClass: "default", AccessRights: "Reviewer" },
    {},
    "critical everybody-reads-mail",
  ],
  [
    { FolderType: "Root", UserClass: "anonymous", AccessRights: "FolderVisible" },
    {},
    "critical everybody-reads-mail",
  ],
  [{ FolderType: "Inbox", UserClass: "default", AccessRights: "None" }, {}, ""],
  [{ FolderType: "Inbox" }, {}, ""],
  [
    { FolderType: "Contacts", UserClass: "default", AccessRights: "Reviewer" },
    {},
    "medium everybody-opens-folder",
  ],
  [{ FolderType: "Contacts", UserClass: "default", AccessRights: "None" }, {}, ""],
  [{ UserClass: "default", AccessRights: "AvailabilityOnly" }, {}, ""],
  [{ UserClass: "default", AccessRights: "LimitedDetails" }, {}, "medium calendar-above-policy"],
  [{ UserClass: "default", AccessRights: "LimitedDetails" }, { calendarLevel: "LimitedDetails" }, ""],
  [
    { UserClass: "default", AccessRights: "Contributor" },
    { calendarLevel: "Reviewer" },
    "medium calendar-above-policy",
  ],
  [{ UserClass: "anonymous", AccessRights: "AvailabilityOnly" }, {}, "medium calendar-open-to-anybody"],
  [{ UserClass: "anonymous", AccessRights: "None" }, {}, ""],
  [{ UserClass: "external" }, {}, "medium external-sharing"],
  [{ UserClass: "external", AccessRights: "None" }, {}, ""],
  [{ UserClass: "unresolved" }, {}, "unknown user-unresolved"],
  [{ UserClass: "unresolved", AccessRights: "None" }, {}, ""],
  [{ UserClass: "orphan-sid" }, {}, "low orphan-entry"],
  [{ SharingPermissionFlags: "Delegate; CanViewPrivateItems" }, {}, "low sees-private-items"],
  [{ SharingPermissionFlags: "Delegate" }, {}, ""],
])("%j with %j is judged as %j", (row, params, finding) => {
  expect(findingsOf(folderPermissionAudit, { ...ROW, ...row }, params)).toBe(finding);
});

test("an entry of somebody is an access by folder; everybody's and an empty one are none", () => {
  const row = { ...ROW, UserRaw: "Anna", UserId: guid(900), FolderPath: "/Kalender" };
  expect(folderPermissionAudit.access?.of(row)).toMatchObject({
    holder: { id: guid(900), text: "anna" },
    right: "Editor",
    source: { kind: "folder", path: ["/Kalender"] },
  });
  expect(folderPermissionAudit.access?.of({ ...row, UserClass: "default" })).toBeUndefined();
  expect(folderPermissionAudit.access?.of({ ...row, AccessRights: "None" })).toBeUndefined();
});

test("a headline names who, what and where", () => {
  const row = {
    ...ROW,
    UserRaw: "Anna",
    UserPrimarySmtp: "unknown",
    FolderPath: "/Kalender",
    MailboxPrimarySmtp: "a@x.example",
  };
  expect(folderPermissionAudit.headline?.(row)).toBe("Anna has Editor on /Kalender of a@x.example");
});
