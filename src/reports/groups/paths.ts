/** Ways through groups: who comes in by a group, and which groups lead to somebody. The shortest way, of several the first by id. Pure but for reading. */
import { type ComesIn, type GroupMembers, hasAccount } from "../../job/index.ts";
import type { GroupPages } from "./book.ts";

/** Groups one after another. */
export interface Way {
  /** Names of the groups, from the outermost to the one the member is in. */
  readonly path: readonly string[];
  /** The oldest reading of their members: ISO 8601, UTC; empty where nobody noted it of one of them. */
  readonly readAt: string;
}

/** A group somebody is in, directly or through others. */
export interface GroupOf extends Way {
  readonly id: string;
}

/** ISO times compare as texts, and nothing is older than what is not known. */
function older(one: string | undefined, other: string): string {
  return one === undefined || one < other ? (one ?? "") : other;
}

/** Later than any reading. */
const NOW = "\uffff";

/** All groups that lead to a member, the nearest first. */
export async function groupsOf(
  pages: Pick<GroupPages, "groupsWith">,
  member: string,
): Promise<readonly GroupOf[]> {
  const found = new Map<string, GroupOf>();
  let around: readonly (GroupOf & { readonly next: string })[] = [
    { id: "", path: [], readAt: NOW, next: member },
  ];
  while (around.length > 0) {
    const farther: (GroupOf & { readonly next: string })[] = [];
    const holders = await pages.groupsWith(around.map(({ next }) => next));
    for (const [place, { path, readAt }] of around.entries()) {
      for (const { id, displayName, readAt: own } of holders[place] ?? []) {
        const key = id.toLowerCase();
        // A ring leads back to the member itself when that is a group.
        if (found.has(key) || key === member.toLowerCase()) continue;
        const group = { id, path: [displayName, ...path], readAt: older(own, readAt) };
        found.set(key, group);
        farther.push({ ...group, next: id });
      }
    }
    around = byId(farther);
  }
  return [...found.values()];
}

/**
 * Everybody who comes in by a group, groups in it followed, the nearest first.
 * @param most give up when there are more
 * @param contacts whether those without an account come in, too
 * @returns undefined when there are more than `most`, and `gap` when there may be more than were read
 */
export async function peopleIn(
  pages: Pick<GroupPages, "members" | "group">,
  group: string,
  most = Number.POSITIVE_INFINITY,
  contacts = false,
): Promise<{ readonly people: readonly ComesIn[]; readonly gap?: string } | undefined> {
  const people = new Map<string, ComesIn>();
  const seen = new Set([group.toLowerCase()]);
  let gap: string | undefined;
  let level: readonly GroupOf[] = [{ id: group, path: [], readAt: NOW }];
  while (level.length > 0) {
    const next: GroupOf[] = [];
    for (const { id, path, readAt: outer } of level) {
      const read: GroupMembers | undefined = await pages.members(id);
      if (read === undefined) gap ??= NOT_READ;
      if (read?.gap !== undefined) gap ??= read.gap;
      const way = { path: [...path, read?.displayName ?? id], readAt: older(read?.readAt, outer) };
      for (const member of read?.members ?? []) {
        const key = member.id.toLowerCase();
        if (member.type === "group") {
          if (seen.has(key)) continue;
          seen.add(key);
          next.push({ id: member.id, ...way });
        } else if ((contacts || hasAccount(member.type)) && !people.has(key)) {
          people.set(key, { member, ...way });
          if (people.size > most) return undefined;
        }
      }
    }
    level = byId(next);
  }
  return { people: [...people.values()], ...(gap === undefined ? {} : { gap }) };
}

export const NOT_READ = "a group's members were not read";

function byId<Of extends { readonly id: string }>(groups: readonly Of[]): readonly Of[] {
  return groups.toSorted((one, other) => (one.id < other.id ? -1 : one.id > other.id ? 1 : 0));
}
