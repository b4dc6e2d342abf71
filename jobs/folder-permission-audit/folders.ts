/** Which folders of a mailbox are looked at. Their names are in its owner's language, so they are known by type and asked for by id. */
import { UnusableReply } from "../../src/job/index.ts";
import type { CmdletReply, ExoRow, Parameters, TaskContext } from "../../src/job/index.ts";
import { complete, flagAt, textAt } from "../common/answers.ts";

export const FOLDERS = "Get-MailboxFolderStatistics";
export const CHOICES = ["calendar", "calendars", "all"] as const;
export type Choice = (typeof CHOICES)[number];

/** More than 10,000 folders in one answer time out; 5,000 do not (`peers.md` 4). */
const FOLDERS_AT_ONCE = 5_000;

/** `FolderType` of the folders people give each other; all others are Exchange's own, or hold what is deleted (`peers.md` 3a, A2). */
const TYPES: ReadonlySet<string> = new Set(
  [
    "Root",
    "Inbox",
    "Calendar",
    "Contacts",
    "DeletedItems",
    "Drafts",
    "JunkEmail",
    "Journal",
    "Notes",
    "Outbox",
    "SentItems",
    "Tasks",
    "CommunicatorHistory",
    "ConversationHistory",
    "Archive",
    "RssSubscription",
    "RssSubscriptions",
    "User Created",
  ].map((type) => type.toLowerCase()),
);

export interface Folder {
  readonly id: string;
  readonly type: string;
  /** With slashes, in the owner's language. */
  readonly path: string;
  /** Appointments, whatever its name. */
  readonly isCalendar: boolean;
}

export async function foldersOf(context: TaskContext<unknown>, choice: Choice): Promise<readonly Folder[]> {
  if (choice === "all") return allFolders(context);
  const reply = await context.read(FOLDERS, { FolderScope: "Calendar" });
  const folders = foldersIn(reply).map(({ folder }) => ({ ...folder, isCalendar: true }));
  if (choice === "calendars") return folders;
  // The mailbox's own calendar comes first; its type says so where there is one (`exo-protocol.md` 10.9).
  const own = folders.find(({ type }) => type.toLowerCase() === "calendar") ?? folders[0];
  if (own === undefined)
    throw new UnusableReply(FOLDERS, "the mailbox has no calendar in it", reply.requestId);
  return [own];
}

async function allFolders(context: TaskContext<unknown>): Promise<readonly Folder[]> {
  const found = new Map<string, Folder>();
  for (let skipped = 0; ;) {
    const page: Parameters = { ResultSize: FOLDERS_AT_ONCE, ...(skipped > 0 && { SkipCount: skipped }) };
    const some = foldersIn(await context.read(FOLDERS, page));
    const before = found.size;
    for (const { folder, isOurs } of some) if (isOurs) found.set(folder.id, folder);
    skipped += some.length;
    // A service that does not know how to skip says the same again.
    if (some.length < FOLDERS_AT_ONCE || found.size === before) return [...found.values()];
  }
}

function foldersIn(reply: CmdletReply): readonly { readonly folder: Folder; readonly isOurs: boolean }[] {
  return complete(FOLDERS, reply).rows.map((row) => {
    const folder = folderIn(row, reply);
    const isSearch = flagAt(row, "SearchFolder", { cmdlet: FOLDERS, answer: reply });
    return { folder, isOurs: TYPES.has(folder.type.toLowerCase()) && !isSearch };
  });
}

function folderIn(row: ExoRow, reply: CmdletReply): Folder {
  const id = textAt(row, "FolderId");
  if (id === "") throw new UnusableReply(FOLDERS, "a folder has no id", reply.requestId);
  const type = textAt(row, "FolderType");
  return {
    id,
    type,
    path: textAt(row, "FolderPath") || `/${textAt(row, "Name")}`,
    isCalendar: type.toLowerCase() === "calendar" || /^IPF\.Appointment/i.test(textAt(row, "ContainerClass")),
  };
}
