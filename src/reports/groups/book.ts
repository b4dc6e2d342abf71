/**
 * What a run has read of its groups, kept in its principal index: each group once, its members in pieces that are found from either side. A
 * group counts as read when its record is there, which is written last; pieces of a reading that was cut short belong to no record.
 */
import { randomBytes } from "node:crypto";
import type {
  ComesIn,
  GroupMember,
  GroupMembers,
  GroupReach,
  Groups,
  PrincipalType,
} from "../../job/index.ts";
import type { IndexEntry, Journal, Json } from "../../journal/index.ts";
import { crashPoint } from "../../test-points.ts";
import { peopleIn } from "./paths.ts";

/** Members of a piece. */
const PIECE = 100;
/** Entries written at once, two for each piece. */
const ENTRIES_AT_ONCE = 100;

/** No identity of the service has such a character in it. */
const MARK = "\u001f";

export interface KeptGroup {
  readonly id: string;
  readonly displayName: string;
  /** Direct members. */
  readonly count: number;
  readonly gap?: string;
  /** Names the reading: only its pieces count. */
  readonly stamp: string;
  /** When it was kept: ISO 8601, UTC; absent in older runs. */
  readonly readAt?: string;
  /** How often the read of the groups had been opened again by then. */
  readonly round: number;
}

/** That somebody is in a group, as one reading has it. */
interface Membership {
  readonly group: string;
  readonly stamp: string;
}

interface Piece extends Membership {
  readonly n: number;
  readonly members: readonly GroupMember[];
}

export type BookJournal = Pick<Journal, "lookUp">;

/** The reading side, for reports. */
export class GroupPages {
  readonly #journal: BookJournal;
  readonly #run: string;
  readonly #groups = new Map<string, Promise<KeptGroup | undefined>>();

  constructor(journal: BookJournal, run: string) {
    this.#journal = journal;
    this.#run = run;
  }

  /** Undefined for a group that was not read. */
  group(id: string): Promise<KeptGroup | undefined> {
    this.#readGroups([id]);
    return this.#groups.get(id.toLowerCase()) ?? Promise.resolve(undefined);
  }

  /** Direct members; undefined for a group that was not read. */
  async members(id: string): Promise<GroupMembers | undefined> {
    const group = await this.group(id);
    if (group === undefined) return undefined;
    const [kept = []] = await this.#journal.lookUp(this.#run, [`${MARK}in${MARK}${id.toLowerCase()}`]);
    const pieces = kept
      .map(toPiece)
      .filter((piece) => piece !== undefined)
      .filter(({ stamp }) => stamp === group.stamp)
      .toSorted((one, other) => one.n - other.n);
    const { displayName, gap, readAt } = group;
    return {
      id: group.id,
      displayName,
      members: pieces.flatMap(({ members }) => members),
      ...(gap === undefined ? {} : { gap }),
      ...(readAt === undefined ? {} : { readAt }),
    };
  }

  /** For each of these, people or groups, the groups that it is in directly; by id, the same order every time. */
  async groupsWith(members: readonly string[]): Promise<readonly (readonly KeptGroup[])[]> {
    const keys = members.map((member) => `${MARK}of${MARK}${member.toLowerCase()}`);
    const kept = await this.#journal.lookUp(this.#run, keys);
    const memberships = kept.map((values) =>
      values.map(toMembership).filter((membership) => membership !== undefined),
    );
    // Somebody may be in hundreds: one question for all.
    this.#readGroups(memberships.flat().map(({ group }) => group));
    return Promise.all(
      memberships.map(async (some) => {
        const groups = await Promise.all(some.map(({ group }) => this.group(group)));
        const found = new Map<string, KeptGroup>();
        for (const [place, group] of groups.entries())
          if (group !== undefined && group.stamp === some[place]?.stamp) found.set(group.id, group);
        return [...found.values()].toSorted((one, other) => (one.id < other.id ? -1 : 1));
      }),
    );
  }

  /** Somebody who is in a group, by address; a small run knows nobody else's name. */
  async memberNamed(address: string): Promise<GroupMember | undefined> {
    const key = address.toLowerCase();
    const [kept = []] = await this.#journal.lookUp(this.#run, [`${MARK}at${MARK}${key}`]);
    for (const value of kept) {
      const member = toPiece(value)?.members.find((one) => one.address.toLowerCase() === key);
      if (member !== undefined) return member;
    }
    return undefined;
  }

  /** Of each group that held a right when groups were read last. */
  async reaches(): Promise<ReadonlyMap<string, GroupReach>> {
    const found = new Map<string, GroupReach>();
    const [kept = []] = await this.#journal.lookUp(this.#run, [`${MARK}reach`]);
    for (const value of kept) {
      const reach = toReach(value);
      if (reach !== undefined) found.set(reach.id.toLowerCase(), reach);
    }
    return found;
  }

  /** `reaches` of one group. */
  async reach(id: string): Promise<GroupReach | undefined> {
    const [reach] = await this.reachOf([id]);
    return reach;
  }

  /** The same of each of these groups, in their order. */
  async reachOf(ids: readonly string[]): Promise<readonly (GroupReach | undefined)[]> {
    const keys = ids.map((id) => `${MARK}reach${MARK}${id.toLowerCase()}`);
    return (await this.#journal.lookUp(this.#run, keys)).map((values) => firstOf(values, toReach));
  }

  /** It may be another one by now. */
  protected forget(id: string): void {
    this.#groups.delete(id.toLowerCase());
  }

  /** All that are not known yet, in one go. */
  #readGroups(ids: readonly string[]): void {
    const asked = new Set(ids.map((id) => id.toLowerCase()));
    const unknown = [...asked].filter((key) => !this.#groups.has(key));
    if (unknown.length === 0) return;
    const read = this.#journal.lookUp(
      this.#run,
      unknown.map((key) => `${MARK}group${MARK}${key}`),
    );
    for (const [place, key] of unknown.entries()) {
      const group = read.then((found) => firstOf(found[place] ?? [], toGroup));
      this.#groups.set(key, group);
      // What was not read may be in a moment; a failed look must not stay the answer.
      group.then(
        (known) => known === undefined && this.#groups.delete(key),
        () => this.#groups.delete(key),
      );
    }
  }
}

/** What a run writes down, too. What was read before its read of groups was opened again does not count: it may have been days ago. */
export class GroupBook extends GroupPages implements Groups {
  readonly #put: (entries: readonly IndexEntry[]) => Promise<void>;
  readonly #round: number;

  /** @param round how often the read of the groups was opened again */
  constructor(journal: Pick<Journal, "lookUp" | "putIndex">, run: string, round = 0) {
    super(journal, run);
    this.#put = (entries) => journal.putIndex(run, entries);
    this.#round = round;
  }

  override async group(id: string): Promise<KeptGroup | undefined> {
    const known = await super.group(id);
    if (known === undefined || known.round >= this.#round) return known;
    this.forget(id);
    return undefined;
  }

  async keep({ id, displayName, members, gap }: GroupMembers): Promise<void> {
    const group = id.toLowerCase();
    const stamp = randomBytes(6).toString("hex");
    let entries: IndexEntry[] = [];
    for (let from = 0; from < members.length; from += PIECE) {
      const some = members.slice(from, from + PIECE);
      entries.push(
        {
          id: `${MARK}in${MARK}${group}${MARK}${stamp}${MARK}${from}`,
          keys: [`${MARK}in${MARK}${group}`, ...new Set(some.flatMap(addressKey))],
          value: { group, stamp, n: from, members: some.map(fromMember) },
        },
        // By itself: whoever is in hundreds of groups is found without reading who else is.
        {
          id: `${MARK}of${MARK}${group}${MARK}${stamp}${MARK}${from}`,
          keys: [...new Set(some.map(({ id: member }) => `${MARK}of${MARK}${member.toLowerCase()}`))],
          value: { group, stamp },
        },
      );
      if (entries.length < ENTRIES_AT_ONCE) continue;
      await this.#put(entries);
      entries = [];
    }
    // A call is one commit at most: the record goes after its pieces.
    if (entries.length > 0) await this.#put(entries);
    await this.#put([
      {
        id: `${MARK}group${MARK}${group}`,
        keys: [`${MARK}group${MARK}${group}`],
        value: {
          group: id,
          displayName,
          count: members.length,
          stamp,
          gap: gap ?? null,
          readAt: new Date().toISOString(),
          round: this.#round,
        },
      },
    ]);
    this.forget(id);
    crashPoint("group.kept");
  }

  async people(group: string): Promise<readonly ComesIn[]> {
    return (await peopleIn(this, group))?.people ?? [];
  }

  async keepReach(reaches: readonly GroupReach[]): Promise<void> {
    for (let from = 0; from < reaches.length; from += PIECE)
      await this.#put(
        reaches.slice(from, from + PIECE).map(({ id, people, guests, contacts = 0, gap }) => ({
          id: `${MARK}reach${MARK}${id.toLowerCase()}`,
          keys: [`${MARK}reach`, `${MARK}reach${MARK}${id.toLowerCase()}`],
          value: { reach: id, people, guests, contacts, gap: gap ?? null },
        })),
      );
  }
}

function addressKey({ address }: GroupMember): readonly string[] {
  return address === "" ? [] : [`${MARK}at${MARK}${address.toLowerCase()}`];
}

/** The first that is one. */
function firstOf<One>(values: readonly Json[], to: (value: Json) => One | undefined): One | undefined {
  return values.map(to).find((one) => one !== undefined);
}

type Fields = { readonly [key: string]: Json };

function fieldsOf(value: Json): Fields | undefined {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Fields) : undefined;
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function gapOf(value: Json | undefined): { readonly gap?: string } {
  return typeof value === "string" ? { gap: value } : {};
}

function fromMember({ id, displayName, address, type, groupType }: GroupMember): Json {
  return [id, displayName, address, type, ...(groupType === undefined ? [] : [groupType])];
}

function toMember(value: Json): GroupMember | undefined {
  if (!Array.isArray(value)) return undefined;
  const [id, displayName, address, type, groupType] = value.map(textOf);
  if (id === undefined || id === "") return undefined;
  return {
    id,
    displayName: displayName ?? "",
    address: address ?? "",
    // Written by `fromMember`.
    type: (type ?? "other") as PrincipalType,
    ...(groupType === undefined ? {} : { groupType }),
  };
}

/** Undefined for what is no piece: a principal whose name is chosen to look like a key. */
function toPiece(value: Json): Piece | undefined {
  const fields = fieldsOf(value);
  const members = fields?.["members"];
  if (fields === undefined || !Array.isArray(members)) return undefined;
  return {
    group: textOf(fields["group"]),
    stamp: textOf(fields["stamp"]),
    n: Number(fields["n"]),
    members: (members as readonly Json[]).map(toMember).filter((member) => member !== undefined),
  };
}

/** A piece is one, too: older runs put their members under it. */
function toMembership(value: Json): Membership | undefined {
  const fields = fieldsOf(value);
  const stamp = textOf(fields?.["stamp"]);
  return stamp === "" ? undefined : { group: textOf(fields?.["group"]), stamp };
}

function toGroup(value: Json): KeptGroup | undefined {
  const fields = fieldsOf(value);
  const stamp = textOf(fields?.["stamp"]);
  if (fields === undefined || stamp === "") return undefined;
  const { group, displayName, count, gap, readAt, round } = fields;
  return {
    id: textOf(group),
    displayName: textOf(displayName),
    count: Number(count),
    stamp,
    ...gapOf(gap),
    ...(typeof readAt === "string" && { readAt }),
    round: Number(round ?? 0),
  };
}

function toReach(value: Json): GroupReach | undefined {
  const fields = fieldsOf(value);
  const id = textOf(fields?.["reach"]);
  if (fields === undefined || id === "") return undefined;
  // Older runs did not count them.
  const contacts = Number(fields["contacts"] ?? 0);
  return {
    id,
    people: Number(fields["people"]),
    guests: Number(fields["guests"]),
    ...(contacts > 0 && { contacts }),
    ...gapOf(fields["gap"]),
  };
}
