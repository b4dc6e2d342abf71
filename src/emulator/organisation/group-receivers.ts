/** Who comes to folders and to forwarded mail by a group, straight from the model: every group is walked anew for everything it is given. */
import type { GroupReceiverFact } from "../cmdlet.ts";
import { folderEntries } from "./folder-entries.ts";
import { isAnyGroup, peopleIn } from "./group-access.ts";
import { mailboxFacts } from "./mailbox-facts.ts";
import type { Model } from "./model.ts";

export function* groupReceivers(model: Model): Iterable<GroupReceiverFact> {
  for (const { mailboxGuid, folderId, userId } of folderEntries(model))
    yield* receivers(model, mailboxGuid, folderId, userId);
  for (const { mailboxGuid, sends } of mailboxFacts(model))
    for (const { active, objectId } of sends) if (active) yield* receivers(model, mailboxGuid, "", objectId);
}

function* receivers(
  model: Model,
  mailboxGuid: string,
  folderId: string,
  groupId: string,
): Iterable<GroupReceiverFact> {
  const [group] = groupId === "" ? [] : model.directory.find(groupId);
  if (group === undefined || !isAnyGroup(group)) return;
  for (const [person, groups] of peopleIn(model, group))
    yield { mailboxGuid, folderId, groupId, personId: model.directory.at(person).objectId, groups };
}
