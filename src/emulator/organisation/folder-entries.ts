/** Tells who may open which folder, straight from the model: no row is made on the way. */
import type { FolderEntryFact } from "../cmdlet.ts";
import { folderEntriesOf, foldersOf } from "./folders.ts";
import type { Model } from "./model.ts";

export function* folderEntries(model: Model): Iterable<FolderEntryFact> {
  const { first, end } = model.plan.census.mailboxes;
  for (let number = first; number < end; number++) {
    const mailbox = model.directory.at(number);
    const { folders } = model.overlay.writtenOn(number, "latest");
    for (const folder of foldersOf(mailbox))
      for (const entry of folders.get(folder.id) ?? folderEntriesOf(mailbox, folder)) {
        const { user, special, index, rights, flags } = entry;
        yield {
          mailboxGuid: mailbox.exchangeGuid,
          folderId: folder.id,
          folderType: folder.type,
          path: folder.path,
          user,
          special: special ?? null,
          userId: index === undefined ? "" : model.directory.at(index).objectId,
          rights,
          flags,
        };
      }
  }
}
