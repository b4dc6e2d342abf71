/** What a group holds, as what somebody in it holds by it. Pure. */
import type { Access, AccessSource, GroupMember, Holder } from "../../job/index.ts";
import type { Way } from "../groups/paths.ts";

/** How a member comes to a group's access: by the groups on the way, and by what the group itself comes to it. */
export function sourceByGroup({ holder, source }: Access, { path, readAt }: Way): AccessSource {
  const held = source.kind === "direct" ? undefined : { kind: source.kind, path: source.path };
  return {
    kind: "group",
    path: [...path, ...source.path],
    group: holder.id,
    ...(held && { held }),
    ...(readAt !== "" && { readAt }),
  };
}

/** Somebody in a group, as a holder. */
export function holderOf({ id, displayName, address, type }: GroupMember): Holder {
  return { id, sid: "", text: address || displayName || id, displayName, address, type };
}

/** What a group holds on a mailbox, and how. */
export function keyOfGroup(group: string, { right, allow }: Access, held: readonly string[]): string {
  return JSON.stringify([group.toLowerCase(), right.toLowerCase(), allow, held]);
}
