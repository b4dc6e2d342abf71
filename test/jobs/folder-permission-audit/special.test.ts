import { expect, test } from "vitest";
import { folderPermissionAudit } from "../../../jobs/folder-permission-audit.ts";
import { ExoError } from "../../../src/exo/index.ts";
import type { ExoRow, FoundRow, Principal, Row } from "../../../src/job/index.ts";
import { changedFacts, matchRows } from "../../../src/reports/delta/match.ts";
import { aPrincipal, performJob } from "../../support/perform-job.ts";

const NO_ENTRY = new ExoError("none", {
  cmdlet: "Get-MailboxFolderPermission",
  kind: "other",
  remedy: "give-up",
  exceptionType: "Microsoft.Exchange.Management.StoreTasks.UserNotFoundInPermissionEntryException",
});

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

interface Given {
  /** Entries of each folder. */
  readonly folders: readonly (readonly ExoRow[])[];
  /** What the special users are called, by place of their entry; what is not here is not there. */
  readonly places?: Readonly<Record<string, number>>;
  readonly principals?: readonly Principal[];
}

/** A mailbox with these folders, and how often somebody asked for a special user. */
async function read({ folders, places = { Default: 0, Anonymous: 1 }, principals = [] }: Given) {
  const { rows, counts } = await performJob(folderPermissionAudit, {
    params: { folders: "all" },
    principals,
    answer({ cmdlet, parameters }) {
      if (cmdlet === "Get-MailboxFolderStatistics")
        return folders.map((_, n) => ({ FolderId: `Lg${n}`, FolderType: "Inbox", FolderPath: `/${n}` }));
      const entries = folders[Number(textOf(parameters["Identity"]).split(":Lg")[1])] ?? [];
      const user = parameters["User"];
      if (user === undefined) return entries;
      const entry = entries[places[textOf(user)] ?? -1];
      if (entry === undefined) throw NO_ENTRY;
      return [entry];
    },
  });
  return {
    classes: rows.map(({ row }) => row["UserClass"]),
    rows: rows.map(({ row }): Row => row),
    asked: counts["special-user-asked"] ?? 0,
  };
}

const entry = (User: ExoRow[string], ...AccessRights: string[]): ExoRow => ({ User, AccessRights });
const person = (name: string, n = 0): Principal => aPrincipal({ id: `person-${n}`, name, displayName: name });

test.each([
  ["Default", "Anonymous"],
  ["Standard", "Anonym"],
  ["Par défaut", "Anonyme"],
  ["Predeterminado", "Anónimo"],
  ["Domyślne", "Anonimowe"],
  // A folded word may come in another form of Unicode.
  ["PAR DE\u0301FAUT", "anonyme"],
])("%s and %s are known words, and nobody is asked", async (one, other) => {
  const { classes, asked, rows } = await read({
    folders: [[entry(one, "Reviewer"), entry(other, "None"), entry("Anna", "Editor")]],
    principals: [person("Anna")],
  });
  expect(classes).toEqual(["default", "anonymous", "user"]);
  expect(rows.map((row) => [row["UserId"], row["UserDisplayName"]]).slice(0, 2)).toEqual([
    ["default", "Default"],
    ["anonymous", "Anonymous"],
  ]);
  expect(asked).toBe(0);
});

test("words nobody knows are asked for in English, and learnt for all folders of the mailbox", async () => {
  const own = [entry("Alapértelmezett", "Reviewer"), entry("Névtelen", "None")];
  const { classes, asked } = await read({ folders: [own, own, own] });
  expect(classes).toEqual(Array.from({ length: 3 }, () => ["default", "anonymous"]).flat());
  expect(asked).toBe(2);
});

test("what the answer says itself goes before every word, in each form it may have", async () => {
  const told = [
    entry({ UserType: "Default", DisplayName: "Alapértelmezett" }, "Reviewer"),
    entry({ UserType: { Value: "Anonymous" }, DisplayName: "Névtelen" }, "None"),
    // People may be called as they like.
    {
      ...entry("Default", "Owner"),
      MailboxFolderUser: { UserType: "Internal", UserPrincipalName: "d@x.example" },
    },
    entry({ UserType: "External", DisplayName: "eve@out.example" }, "Editor"),
    entry({ UserType: "Unknown", DisplayName: "Anna" }, "Editor"),
  ];
  const { rows, asked } = await read({
    folders: [told],
    principals: [
      aPrincipal({ name: "Default", id: "other" }),
      aPrincipal({ id: "d", userPrincipalName: "d@x.example" }),
      person("Anna"),
    ],
  });
  expect(rows.map((row) => [row["UserRaw"], row["UserClass"], row["UserId"]])).toEqual([
    ["Alapértelmezett", "default", "default"],
    ["Névtelen", "anonymous", "anonymous"],
    ["Default", "user", "d"],
    ["eve@out.example", "external", "unknown"],
    ["Anna", "unresolved", "unknown"],
  ]);
  expect(asked).toBe(0);
});

test("somebody who is called like everybody is told apart by asking, also by rights alone", async () => {
  const named = await read({
    folders: [[entry("Par défaut", "None"), entry("Anonyme", "None"), entry("Default", "Owner")]],
    principals: [person("Default")],
  });
  expect(named.classes).toEqual(["default", "anonymous", "user"]);
  expect(named.asked).toBe(1);

  const namesakes = await read({
    folders: [[entry("Default", "Owner"), entry("Anonymous", "None"), entry("Default", "None")]],
    places: { Default: 2, Anonymous: 1 },
    principals: [person("Default")],
  });
  expect(namesakes.classes).toEqual(["user", "anonymous", "default"]);

  // A colleague has the very name that an unknown language has for everybody.
  const hidden = await read({
    folders: [[entry("Névtelen", "None"), entry("Alapértelmezett", "Reviewer")]],
    places: { Default: 1, Anonymous: 0 },
    principals: [person("Névtelen"), person("Alapértelmezett", 1)],
  });
  expect(hidden.classes).toEqual(["anonymous", "default"]);
});

test("an entry that is neither, and nobody's, is told as unresolved", async () => {
  const { classes, rows } = await read({
    folders: [[entry("Default", "None"), entry("Anonymous", "None"), entry("Gone Colleague", "Editor")]],
  });
  expect(classes).toEqual(["default", "anonymous", "unresolved"]);
  expect(rows[2]).toMatchObject({ UserRaw: "Gone Colleague", UserId: "unknown" });

  // The service knows neither, or answers about an entry that came meanwhile.
  const strange = await read({ folders: [[entry("Mindenki", "Editor")]], places: {} });
  expect(strange.classes).toEqual(["unresolved"]);
  expect(strange.asked).toBe(2);
});

test("a mailbox that changes its language changes nothing in a comparison", async () => {
  const rowsOf = async (...words: readonly string[]): Promise<FoundRow[]> => {
    const { rows } = await read({ folders: [words.map((word) => entry(word, "None"))] });
    return rows.map((row) => ({ about: 1, row }));
  };
  const { comparison } = folderPermissionAudit;
  if (comparison === undefined) throw new Error("It cannot be compared");
  const german = await rowsOf("Standard", "Anonym");
  const { same, onlyBefore, onlyAfter } = matchRows(comparison, german, await rowsOf("Default", "Anonymous"));
  expect([onlyBefore, onlyAfter]).toEqual([[], []]);
  expect(same.map(([before, after]) => changedFacts(comparison, before.row, after.row))).toEqual([[], []]);

  // Rows of before there were ids for them.
  const old = german.map(({ about, row }): FoundRow => ({
    about,
    row: { ...row, UserId: null, UserRaw: row["UserClass"] === "default" ? "Default" : "Anonymous" },
  }));
  const since = matchRows(comparison, old, await rowsOf("Default", "Anonymous"));
  expect(since.same).toHaveLength(2);
});
