/** Who may open one folder. */
import { UnusableReply, isGone } from "../../src/job/index.ts";
import type { CmdletReply, FoundRow, TaskContext } from "../../src/job/index.ts";
import { complete } from "../common/answers.ts";
import { asGroup } from "../common/mailbox-listing.ts";
import type { Folder } from "./folders.ts";
import { PERMISSIONS, entryRow } from "./row.ts";

/** No rows, and a count, for a folder that was deleted since it was listed. */
export async function entriesOf(context: TaskContext<unknown>, folder: Folder): Promise<readonly FoundRow[]> {
  const reply =
    (await ask(context, `:${folder.id}`)) ?? (await ask(context, `:${folder.path.replaceAll("/", "\\")}`));
  if (reply === undefined) {
    if (folder.type.toLowerCase() === "calendar")
      throw new UnusableReply(PERMISSIONS, "the calendar was listed, and cannot be found", undefined);
    context.count("folder-gone");
    return [];
  }
  const { rows } = complete(PERMISSIONS, reply);
  return Promise.all(rows.map((row) => entryRow(context, folder, row, reply)));
}

/** Undefined when there is no such folder; the mailbox itself has just been read. */
async function ask(context: TaskContext<unknown>, part: string): Promise<CmdletReply | undefined> {
  try {
    return await context.read(PERMISSIONS, asGroup(context.mailbox), { part });
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}
