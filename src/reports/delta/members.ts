/**
 * Who came into the groups that hold rights, and who left them: an access that is new though no right was given. Only groups that both runs
 * have read say so; of a group that one of them knows alone, its rights are what is new. Pure but for reading.
 */
import type { GroupMember, GroupMembers, Job } from "../../job/index.ts";
import type { RunRecord } from "../../journal/index.ts";
import type { GroupPages } from "../groups/book.ts";
import { isPart } from "../parts/part.ts";

/** `member-unknown`: one of the runs has not read all of the group, so nobody can tell. */
export const MEMBER_KINDS = ["member-added", "member-removed", "member-unknown"] as const;
export type MemberKind = (typeof MEMBER_KINDS)[number];

export interface MemberChange {
  readonly kind: MemberKind;
  /** Why it is unknown; else empty. */
  readonly detail: string;
  /** A group that holds a right, or one in it, as the newer run calls it. */
  readonly group: Pick<GroupMembers, "id" | "displayName">;
  readonly member: GroupMember;
}

export interface MemberCounts {
  /** Groups with any of these changes. */
  readonly groups: number;
  readonly added: number;
  readonly removed: number;
  readonly unknown: number;
}

type Pages = Pick<GroupPages, "members" | "reaches">;

/** The parts of a run share what it has read of groups: one of them tells of it, whose rows can hold members. */
export function tellsOfMembers(job: Job, run: RunRecord): boolean {
  return job.bulk.some(({ last }) => last) && (job.memberRow !== undefined || !isPart(run));
}

/** Group by group, each once, those that hold rights by id, then those in them; within a group by member's id. One group is in memory at a time. */
export async function* memberChanges(before: Pages, after: Pages): AsyncGenerator<readonly MemberChange[]> {
  const earlier = await before.reaches();
  let level = [...(await after.reaches()).keys()].filter((id) => earlier.has(id)).toSorted();
  const seen = new Set(level);
  while (level.length > 0) {
    const nested: string[] = [];
    for (const id of level) {
      const [was, is] = [await before.members(id), await after.members(id)];
      if (was === undefined || is === undefined) continue;
      const changes = changesOf(was, is);
      if (changes.length > 0) yield changes;
      for (const key of groupsIn(is)) {
        if (seen.has(key)) continue;
        seen.add(key);
        nested.push(key);
      }
    }
    level = nested.toSorted();
  }
}

export async function countMembers(before: Pages, after: Pages): Promise<MemberCounts> {
  const counts = { "member-added": 0, "member-removed": 0, "member-unknown": 0 };
  let groups = 0;
  for await (const changes of memberChanges(before, after)) {
    groups += 1;
    for (const { kind } of changes) counts[kind] += 1;
  }
  return {
    groups,
    added: counts["member-added"],
    removed: counts["member-removed"],
    unknown: counts["member-unknown"],
  };
}

/** What is not in an incomplete list may be in the group all the same. */
function changesOf(before: GroupMembers, after: GroupMembers): readonly MemberChange[] {
  const group = { id: after.id, displayName: after.displayName };
  const [was, is] = [byId(before), byId(after)];
  const only = (
    list: ReadonlyMap<string, GroupMember>,
    other: ReadonlyMap<string, GroupMember>,
    kind: MemberKind,
    gap: string | undefined,
  ): readonly MemberChange[] =>
    [...list]
      .filter(([id]) => !other.has(id))
      .toSorted(([one], [another]) => (one < another ? -1 : 1))
      .map(([, member]) =>
        gap === undefined
          ? { kind, detail: "", group, member }
          : { kind: "member-unknown", detail: gap, group, member },
      );
  return [...only(is, was, "member-added", before.gap), ...only(was, is, "member-removed", after.gap)];
}

function byId({ members }: GroupMembers): ReadonlyMap<string, GroupMember> {
  return new Map(members.map((member) => [member.id.toLowerCase(), member]));
}

function groupsIn({ members }: GroupMembers): readonly string[] {
  return members.filter(({ type }) => type === "group").map(({ id }) => id.toLowerCase());
}
