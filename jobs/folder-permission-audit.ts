/** Who may open which folder of each mailbox: its calendar, in whatever language, or all of them; `peers.md` 3a, A2, and 3c, SW10. */
import { z } from "zod";
import { defineJob } from "../src/job/index.ts";
import type { FoundRow, Row, TaskContext } from "../src/job/index.ts";
import { LAST_COLUMNS, MAILBOX_COLUMNS, mailboxWords } from "./common/cells.ts";
import { judgeBy } from "./common/rules.ts";
import { slices } from "./common/slices.ts";
import { folderAccess } from "./folder-permission-audit/access.ts";
import { entriesOf } from "./folder-permission-audit/entries.ts";
import { CHOICES, FOLDERS, foldersOf } from "./folder-permission-audit/folders.ts";
import { LEVELS, rulesFor } from "./folder-permission-audit/rules.ts";
import { DEFAULT_LEVEL, PERMISSIONS } from "./folder-permission-audit/row.ts";

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
    "AccessRights",
    "SharingPermissionFlags",
    ...LAST_COLUMNS,
  ],
  cmdlets: [
    { cmdlet: FOLDERS, role: READER, per: "target" },
    { cmdlet: PERMISSIONS, role: READER, per: "target" },
  ],
  naiveCallsPerTarget: 2,
  bulk: [],
  perform,
  judge: ({ calendarLevel }) => judgeBy(rulesFor(calendarLevel)),
  rules: rulesFor("None"),
  principalColumns: ["UserId", "UserPrimarySmtp"],
  noiseRules: { [DEFAULT_LEVEL]: "everybody's entry at the level that every new mailbox has" },
  headline,
  access: folderAccess,
  comparison: {
    key: ["FolderId", "UserClass"],
    who: { ids: ["UserId"], name: "UserRaw" },
    facts: ["AccessRights", "SharingPermissionFlags"],
  },
});

async function perform(context: TaskContext<Params>): Promise<readonly FoundRow[]> {
  const folders = await foldersOf(context, context.params.folders);
  const found: FoundRow[] = [];
  for await (const some of slices(folders, ASKED_AT_ONCE))
    found.push(...(await Promise.all(some.map((folder) => entriesOf(context, folder)))).flat());
  return found;
}

function headline(row: Row): string {
  const who = row["UserPrimarySmtp"] ?? row["UserRaw"];
  const name = who === "unknown" ? row["UserRaw"] : who;
  return `${String(name)} has ${String(row["AccessRights"])} on ${String(row["FolderPath"])} of ${mailboxWords(row)}`;
}
