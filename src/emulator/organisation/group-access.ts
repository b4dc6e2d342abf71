/** Who comes to a permission by a group, straight from the model: every group is walked anew for every permission it holds. */
import type { GrantorSort, GroupAccessFact } from "../cmdlet.ts";
import { membersNow } from "./members.ts";
import type { Model } from "./model.ts";
import type { Recipient } from "./recipient.ts";
import { truth } from "./truth.ts";

export function* groupAccess(model: Model, sorts?: readonly GrantorSort[]): Iterable<GroupAccessFact> {
  for (const { mailboxGuid, right, allow, trusteeId, noise } of truth(model, sorts)) {
    const [group] = trusteeId === "" || noise !== "" ? [] : model.directory.find(trusteeId);
    if (group === undefined || !isAnyGroup(group)) continue;
    for (const [person, groups] of peopleIn(model, group))
      yield {
        mailboxGuid,
        right,
        allow,
        groupId: trusteeId,
        personId: model.directory.at(person).objectId,
        groups,
      };
  }
}

/** Numbers of everybody in a group who has an account, with how many groups lead there. */
export function peopleIn(model: Model, group: Recipient): ReadonlyMap<number, number> {
  const people = new Map<number, number>();
  const seen = new Set([group.index]);
  let level = [group];
  for (let groups = 1; level.length > 0; groups++) {
    const next: Recipient[] = [];
    for (const outer of level)
      for (const index of membersNow(model, outer, "latest")) {
        const member = model.directory.at(index);
        if (!isAnyGroup(member)) {
          if (member.kind !== "contact" && !people.has(index)) people.set(index, groups);
        } else if (!seen.has(index)) {
          seen.add(index);
          next.push(member);
        }
      }
    level = next;
  }
  return people;
}

export function isAnyGroup({ isGroup, kind }: Recipient): boolean {
  return isGroup || kind === "group-mailbox";
}
