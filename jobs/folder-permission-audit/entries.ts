/** Who may open one folder, read and told. */
import { UnusableReply, isGone } from "../../src/job/index.ts";
import type { CmdletReply, FoundRow, Parameters, TaskContext } from "../../src/job/index.ts";
import { complete } from "../common/answers.ts";
import { asGroup } from "../common/mailbox-listing.ts";
import type { Folder } from "./folders.ts";
import { PERMISSIONS, entryRow } from "./row.ts";
import { ENGLISH, type Inquiry, specialsIn, type Words } from "./special.ts";
import { shownUser } from "./user.ts";

/** What one folder answered, and what it was asked by. */
export interface FolderReply {
  readonly folder: Folder;
  readonly part: string;
  readonly reply: CmdletReply;
}

/** Undefined, and a count, for a folder that was deleted since it was listed. */
export async function readFolder(
  context: TaskContext<unknown>,
  folder: Folder,
): Promise<FolderReply | undefined> {
  for (const part of [`:${folder.id}`, `:${folder.path.replaceAll("/", "\\")}`]) {
    const reply = await ask(context, part);
    if (reply !== undefined) return { folder, part, reply: complete(PERMISSIONS, reply) };
  }
  if (folder.type.toLowerCase() === "calendar")
    throw new UnusableReply(PERMISSIONS, "the calendar was listed, and cannot be found", undefined);
  context.count("folder-gone");
  return undefined;
}

/** @param words of the mailbox: what is learnt of one folder serves the next */
export async function entriesOf(
  context: TaskContext<unknown>,
  { folder, part, reply }: FolderReply,
  words: Words,
): Promise<readonly FoundRow[]> {
  const entries = reply.rows.map((row) => ({ row, user: shownUser(row) }));
  const inquiry: Inquiry = {
    isNobody: async ({ text }) => (await context.directory.find(text)).length === 0,
    ask: async (special) => {
      context.count("special-user-asked");
      const answer = await ask(context, part, { User: ENGLISH[special] });
      return answer === undefined ? [] : complete(PERMISSIONS, answer).rows;
    },
  };
  const specials = await specialsIn(entries, words, inquiry);
  return Promise.all(
    entries.map((entry) => entryRow(context, folder, { ...entry, special: specials.get(entry) }, reply)),
  );
}

/** Undefined when there is no such folder, or no such entry; the mailbox itself has just been read. */
async function ask(
  context: TaskContext<unknown>,
  part: string,
  more: Parameters = {},
): Promise<CmdletReply | undefined> {
  try {
    return await context.read(PERMISSIONS, { ...asGroup(context.mailbox), ...more }, { part });
  } catch (error) {
    if (isGone(error) || isNoEntry(error)) return undefined;
    throw error;
  }
}

/** How the service says that an entry is not there (`exo-protocol.md` 10.8). */
function isNoEntry(error: unknown): boolean {
  return (
    error instanceof Error &&
    "exceptionType" in error &&
    String(error.exceptionType).endsWith("UserNotFoundInPermissionEntryException")
  );
}
