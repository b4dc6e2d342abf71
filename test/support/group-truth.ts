/**
 * Groups of a pretend tenant for look-ups, over several runs: who is in them, what each run has read of that, and who comes in by them, by
 * way of a table of all ways. Shares nothing with what it is compared with.
 */
import type { GroupMember, GroupMembers } from "../../src/job/index.ts";

/** What a run knows of groups: all; some of them not whole; nothing, because it could not; nothing, because nobody wanted it. */
export type GroupReading = "all" | "with-gaps" | "failed" | "none";

export interface GroupTruthOptions {
  /** Principals below it are groups. */
  readonly groups: number;
  readonly principals: number;
  /** Guests whom only groups know. */
  readonly strangers: number;
  readonly person: (n: number) => Omit<GroupMember, "type">;
}

/** Of one run. */
export interface GroupTruth {
  readonly reading: GroupReading;
  /** What it has on record, with gaps. */
  readonly read: readonly GroupMembers[];
  /** Groups on the shortest way from a group to somebody, or a group, in it; undefined where none is on record. */
  waysTo(group: number, who: number): number | undefined;
  /** Everybody with an account who is in it, or in a group in it. */
  peopleIn(group: number): readonly number[];
  /** It, or a group in it, was not read whole. */
  hasGap(group: number): boolean;
}

/** Numbers that follow from their parts. */
function dice(...parts: readonly number[]): number {
  return parts.reduce((sum, part) => (sum * 31 + part * 17 + 7) % 1_009, 1);
}

export function groupTruth(options: GroupTruthOptions, run: number, reading: GroupReading): GroupTruth {
  const { groups, principals, strangers, person } = options;
  const everybody = principals + strangers;
  const isIn = (group: number, who: number): boolean => {
    // Some come, some go; most stay.
    const move = dice(group, who, 3) % 10;
    if ((move === 0 && run < 2) || (move === 1 && run > 1)) return false;
    // Three groups around a ring, one that has itself in it, one that is in another ring, too.
    if (who < groups) {
      const ring = Math.floor(group / 3) === Math.floor(who / 3) && who % 3 === (group + 1) % 3;
      return ring || (group === 7 && who === 7) || (who === 4 && group === 10);
    }
    return dice(group, who) % (who < principals ? 11 : 4) === 0;
  };
  const members = (group: number): readonly number[] =>
    Array.from({ length: everybody }, (_, who) => who).filter((who) => isIn(group, who));
  const isLost = (group: number): boolean =>
    reading === "none" || reading === "failed" || (reading === "with-gaps" && group === 10);
  const isPartial = (group: number): boolean => reading === "with-gaps" && group % 5 === 3;
  const onRecord = (group: number): readonly number[] =>
    isLost(group) ? [] : members(group).filter((who) => !isPartial(group) || who % 2 === 0);

  const NEVER = Number.POSITIVE_INFINITY;
  const from = Array.from({ length: groups }, (_, group) => group);
  const ways = from.map((group) => {
    const inside = new Set(onRecord(group));
    return Array.from({ length: everybody }, (_, who) => (inside.has(who) ? 1 : NEVER));
  });
  for (const middle of from)
    for (const row of ways)
      for (let who = 0; who < everybody; who += 1)
        row[who] = Math.min(row[who] ?? NEVER, (row[middle] ?? NEVER) + (ways[middle]?.[who] ?? NEVER));

  const typeOf = (who: number): GroupMember["type"] => {
    if (who < groups) return "group";
    return who >= principals || who % 7 === 0 ? "guest" : "user";
  };
  const asMember = (who: number): GroupMember => ({ ...person(who), type: typeOf(who) });
  return {
    reading,
    read: from
      .filter((group) => !isLost(group))
      .map((group) => ({
        ...person(group),
        members: [
          ...onRecord(group).map(asMember),
          // Mail goes there, and nobody signs in.
          {
            id: `contact-${group}`,
            displayName: "Contact",
            address: `c${group}@fabrikam.com`,
            type: "contact",
          },
        ],
        ...(isPartial(group) ? { gap: "the service told no more" } : {}),
      })),
    waysTo: (group, who) => {
      const count = ways[group]?.[who] ?? NEVER;
      return count === NEVER ? undefined : count;
    },
    peopleIn: (group) =>
      (ways[group] ?? []).flatMap((count, who) => (who >= groups && count !== NEVER ? [who] : [])),
    hasGap: (group) =>
      from.some(
        (inner) => (inner === group || ways[group]?.[inner] !== NEVER) && (isLost(inner) || isPartial(inner)),
      ),
  };
}
