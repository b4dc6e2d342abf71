/**
 * Who came into groups that hold rights, and who left them, since people were told last, and how much these groups hold: an access that is new
 * though no right was given. A group that a night has not read whole is compared with the night that last did, so that nothing is lost to it.
 */
import type { GroupMember, GroupMembers, GroupReach } from "../job/index.ts";
import { completenessOf, GroupPages, memberChanges, plain } from "../reports/index.ts";
import type { View } from "./views.ts";

export interface MemberNews {
  /** Groups with any of these changes. */
  readonly groups: number;
  /** Those who came in; one who came into two groups counts twice. */
  readonly added: number;
  readonly removed: number;
  /** One of the runs has not read all of their group. */
  readonly unknown: number;
  /** Rights of the group that holds most of those that somebody came into or left, itself or by a group it is in. */
  readonly widest: number;
  /** In words, with names: the groups that hold most first, a line each. */
  readonly examples: { readonly cameIn: readonly string[]; readonly left: readonly string[] };
}

export interface MemberSource {
  /** The view of tonight that tells of members. */
  readonly after: View;
  /** The same of earlier nights, the last one first. */
  readonly before: readonly View[];
  /** All of tonight: groups hold rights in each. */
  readonly views: readonly View[];
  readonly signal: AbortSignal;
}

export interface MembersFound {
  readonly news: MemberNews;
  /** Tonight has read all there is: it is enough to compare the next night with it. */
  readonly whole: boolean;
}

type Side = "cameIn" | "left";

const SIDES = { "member-added": "cameIn", "member-removed": "left" } as const;
/** Groups in words, each way, and names in one of them. */
const EXAMPLES = 10;
const NAMES = 3;
const LONGEST_NAME = 80;

export async function membersFound({ after, before, views, signal }: MemberSource): Promise<MembersFound> {
  const earlier = new KnownGroups(before.map(pagesOf));
  const now = new SeenGroups(pagesOf(after));
  const changed = new Map<string, ChangedGroup>();
  let [groups, unknown] = [0, 0];
  for await (const changes of memberChanges(earlier, now)) {
    signal.throwIfAborted();
    groups += 1;
    for (const { kind, group, member } of changes) {
      if (kind === "member-unknown") unknown += 1;
      else {
        const key = group.id.toLowerCase();
        const known = changed.get(key) ?? new ChangedGroup(group);
        changed.set(key, known);
        known.add(SIDES[kind], member);
      }
    }
  }
  const holds = await rightsHeld(views, new Set([...changed.keys()].flatMap((id) => now.above(id))), signal);
  const ranked = [...changed]
    .map(([id, group]) => ({ group, by: widestOf(now.above(id), holds) }))
    .toSorted((one, other) => other.by.rights - one.by.rights || compare(one.group.id, other.group.id));
  const sum = (side: Side): number => ranked.reduce((all, { group }) => all + group.count(side), 0);
  const words = (side: Side): readonly string[] =>
    ranked
      .filter(({ group }) => group.count(side) > 0)
      .slice(0, EXAMPLES)
      .map(({ group, by }) =>
        group.words(side, by.id === group.id.toLowerCase() ? "" : now.nameOf(by.id), by),
      );
  return {
    news: {
      groups,
      added: sum("cameIn"),
      removed: sum("left"),
      unknown,
      widest: ranked[0]?.by.rights ?? 0,
      examples: { cameIn: words("cameIn"), left: words("left") },
    },
    whole: !now.hasGaps && completenessOf(after.run).complete && (await wereAsked(after)),
  };
}

/** A run that was not asked for members knows none. */
async function wereAsked({ journal, run, job }: View): Promise<boolean> {
  const last = job.bulk.filter((read) => read.last);
  const read = await Promise.all(last.map(({ name }) => journal.targetById(run.id, name)));
  return read.every((target) => target?.outcome === "ok");
}

function pagesOf({ journal, run }: View): GroupPages {
  return new GroupPages(journal, run.id);
}

/** What was known when people were told last: of each group its last whole reading, and whom later ones saw besides, who were told of then. */
class KnownGroups {
  readonly #pages: readonly GroupPages[];

  constructor(pages: readonly GroupPages[]) {
    this.#pages = pages;
  }

  async members(id: string): Promise<GroupMembers | undefined> {
    const seen = new Map<string, GroupMember>();
    let last: GroupMembers | undefined;
    for (const pages of this.#pages) {
      const read = await pages.members(id);
      if (read === undefined) continue;
      last ??= read;
      for (const member of read.members)
        if (!seen.has(member.id.toLowerCase())) seen.set(member.id.toLowerCase(), member);
      if (read.gap !== undefined) continue;
      return { id: last.id, displayName: last.displayName, members: [...seen.values()] };
    }
    return last && { ...last, members: [...seen.values()] };
  }

  async reaches(): Promise<ReadonlyMap<string, GroupReach>> {
    const all = await Promise.all(this.#pages.map((pages) => pages.reaches()));
    return new Map(all.toReversed().flatMap((reaches) => [...reaches]));
  }
}

/** The groups of tonight, and what was seen while they were gone through. */
class SeenGroups {
  hasGaps = false;
  readonly #pages: GroupPages;
  readonly #names = new Map<string, string>();
  /** Ids of groups that a group is in. */
  readonly #in = new Map<string, string[]>();

  constructor(pages: GroupPages) {
    this.#pages = pages;
  }

  async members(id: string): Promise<GroupMembers | undefined> {
    const read = await this.#pages.members(id);
    if (read?.gap !== undefined || read === undefined) this.hasGaps = true;
    if (read === undefined) return undefined;
    const own = read.id.toLowerCase();
    this.#names.set(own, read.displayName || read.id);
    for (const member of read.members) {
      if (member.type !== "group") continue;
      const key = member.id.toLowerCase();
      this.#in.set(key, [...(this.#in.get(key) ?? []), own]);
    }
    return read;
  }

  reaches(): Promise<ReadonlyMap<string, GroupReach>> {
    return this.#pages.reaches();
  }

  nameOf(id: string): string {
    return this.#names.get(id) ?? id;
  }

  /** The group itself, and those it is in, directly or not. */
  above(id: string): readonly string[] {
    const found = new Set([id]);
    for (const one of found) for (const above of this.#in.get(one) ?? []) found.add(above);
    return [...found];
  }
}

/** Rights by their names, and on how much each is held. */
type Held = ReadonlyMap<string, number>;

/** What groups hold tonight, without what noise rules hide and what is denied. Reads all rows. */
async function rightsHeld(
  views: readonly View[],
  groups: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Held>> {
  const held = new Map<string, Map<string, number>>();
  if (groups.size === 0) return held;
  for (const { journal, run, job } of views) {
    const { access } = job;
    if (access === undefined) continue;
    for await (const rows of journal.rows(run.id)) {
      signal.throwIfAborted();
      for (const { row, noise } of rows) {
        const told = noise === undefined ? access.of(row) : undefined;
        const id = told?.holder.id.toLowerCase() ?? "";
        if (told === undefined || !told.allow || !groups.has(id)) continue;
        const rights = held.get(id) ?? new Map<string, number>();
        held.set(id, rights.set(told.right, (rights.get(told.right) ?? 0) + 1));
      }
    }
  }
  return held;
}

/** The group by which most is held. */
interface Widest {
  readonly id: string;
  readonly rights: number;
  readonly held: Held;
}

function widestOf(ids: readonly string[], holds: ReadonlyMap<string, Held>): Widest {
  const all = ids.map((id): Widest => {
    const held = holds.get(id) ?? new Map<string, number>();
    return { id, held, rights: [...held.values()].reduce((sum, count) => sum + count, 0) };
  });
  return all.reduce((best, one) => (one.rights > best.rights ? one : best));
}

/** A group with who came and left: counts, and a few names. */
class ChangedGroup {
  readonly id: string;
  readonly #name: string;
  readonly #counts = { cameIn: 0, left: 0 };
  readonly #some: { readonly [S in Side]: GroupMember[] } = { cameIn: [], left: [] };

  constructor({ id, displayName }: Pick<GroupMembers, "id" | "displayName">) {
    this.id = id;
    this.#name = displayName || id;
  }

  add(side: Side, member: GroupMember): void {
    this.#counts[side] += 1;
    const some = this.#some[side];
    some.push(member);
    // Whoever is from outside is named first.
    some.sort((one, other) => rankOf(one) - rankOf(other));
    some.splice(NAMES);
  }

  count(side: Side): number {
    return this.#counts[side];
  }

  /** `anna@x came into Finance (FullAccess on 300)`. @param by name of the group it is in that holds most; empty: it does itself */
  words(side: Side, by: string, { held }: Widest): string {
    const [names, count] = [this.#some[side].map(nameOf), this.#counts[side]];
    const who =
      count > names.length
        ? `${count.toLocaleString("en-US")} (${names.join(", ")} and others)`
        : names.join(", ");
    const rights = [...held]
      .toSorted(([, one], [, other]) => other - one)
      .map(([right, on]) => `${right} on ${on.toLocaleString("en-US")}`)
      .join(", ");
    const through = by === "" ? "" : `, which is in ${short(by)}`;
    const what = rights === "" ? "" : ` (${rights})`;
    return `${who} ${side === "left" ? "left" : "came into"} ${short(this.#name)}${through}${what}`;
  }
}

function rankOf({ type }: GroupMember): number {
  return type === "guest" ? 0 : type === "group" ? 1 : 2;
}

function nameOf({ id, displayName, address, type }: GroupMember): string {
  const name = short(address || displayName || id);
  return type === "guest" || type === "group" || type === "contact" ? `${type} ${name}` : name;
}

/** A name that leaves room for the others. */
function short(name: string): string {
  const safe = plain(name);
  return safe.length <= LONGEST_NAME ? safe : `${safe.slice(0, LONGEST_NAME).toWellFormed()}…`;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
