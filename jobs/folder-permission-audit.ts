/** Who may open which folder of each mailbox: its calendar, in whatever language, or all of them; `peers.md` 3a, A2, and 3c, SW10. */
import { z } from "zod";
import { defineJob } from "../src/job/index.ts";
import type { FoundRow, Row, TaskContext } from "../src/job/index.ts";
import { LAST_COLUMNS, MAILBOX_COLUMNS, mailboxWords } from "./common/cells.ts";
import { groupNeeds, groupRead } from "./common/groups/expand.ts";
import { REACH_COLUMNS, REACH_TYPES } from "./common/groups/reach-cells.ts";
import { judgeBy } from "./common/rules.ts";
import { slices } from "./common/slices.ts";
import { folderAccess } from "./folder-permission-audit/access.ts";
import { entriesOf, readFolder } from "./folder-permission-audit/entries.ts";
import { CHOICES, FOLDERS, foldersOf } from "./folder-permission-audit/folders.ts";
import { LEVELS, rulesFor } from "./folder-permission-audit/rules.ts";
import { DEFAULT_LEVEL, groupIn, PERMISSIONS } from "./folder-permission-audit/row.ts";
import { Words } from "./folder-permission-audit/special.ts";

const READER = "View-Only Organization Management";
/** Folders of one mailbox asked for at once: a mailbox may have thousands. */
const ASKED_AT_ONCE = 20;

const params = z.strictObject({
  folders: z
    .enum(CHOICES)
    .default("calendar")
    .describe(
      "calendar: the mailbox's own; calendars: with those below it; all: every folder, 10 to 40 calls a mailbox",
    ),
  calendarLevel: z
    .enum(LEVELS)
    .default("AvailabilityOnly")
    .describe("What everybody in the tenant may see of a calendar"),
  expand: z
    .enum(["none", "members"])
    .default("members")
    .describe(
      "What is made of groups that have entries: nothing; or their members read, counted and found by look-ups",
    ),
});
type Params = z.output<typeof params>;

export const folderPermissionAudit = defineJob<Params>({
  name: "folder-permission-audit",
  summary: "Lists who may open the calendar of each mailbox, or all of its folders",
  writes: false,
  params,
  columns: [
    ...MAILBOX_COLUMNS,
    "FolderPath",
    "FolderType",
    "FolderId",
    "UserRaw",
    "UserClass",
    "UserId",
    "UserPrimarySmtp",
    "UserDisplayName",
    ...REACH_COLUMNS,
    "AccessRights",
    "SharingPermissionFlags",
    ...LAST_COLUMNS,
  ],
  columnTypes: REACH_TYPES,
  cmdlets: [
    { cmdlet: FOLDERS, role: READER, per: "target" },
    { cmdlet: PERMISSIONS, role: READER, per: "target" },
    ...groupNeeds<Params>(followsGroups),
  ],
  naiveCallsPerTarget: 2,
  bulk: [groupRead<Params>({ wanted: followsGroups, groupIn })],
  perform,
  judge: ({ calendarLevel }, reaches) => judgeBy(rulesFor(calendarLevel), { groupIn, reaches }),
  rules: rulesFor("None"),
  principalColumns: ["UserId", "UserPrimarySmtp"],
  noiseRules: { [DEFAULT_LEVEL]: "everybody's entry at the level that every new mailbox has" },
  headline,
  access: { ...folderAccess, followsGroups },
  comparison: {
    key: ["FolderId", "UserClass"],
    who: { ids: ["UserId"], name: "UserRaw" },
    facts: ["AccessRights", "SharingPermissionFlags"],
  },
});

function followsGroups({ expand }: Params): boolean {
  return expand !== "none";
}

async function perform(context: TaskContext<Params>): Promise<readonly FoundRow[]> {
  const folders = await foldersOf(context, context.params.folders);
  const found: FoundRow[] = [];
  const words = new Words();
  for await (const some of slices(folders, ASKED_AT_ONCE)) {
    const read = await Promise.all(some.map((folder) => readFolder(context, folder)));
    // One after another: what the mailbox calls everybody is learnt once.
    for (const folder of read)
      if (folder !== undefined) found.push(...(await entriesOf(context, folder, words)));
  }
  return found;
}

function headline(row: Row): string {
  const who = row["UserPrimarySmtp"] ?? row["UserRaw"];
  const name = who === "unknown" ? row["UserRaw"] : who;
  return `${String(name)} has ${String(row["AccessRights"])} on ${String(row["FolderPath"])} of ${mailboxWords(row)}`;
}
