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

/** A piece is read whole for each of its members that is asked for. */
const PIECE = 100;
/** Pieces written at once. */
const PIECES_AT_ONCE = 50;

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

interface Piece {
  readonly group: string;
  readonly stamp: string;
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
    const key = id.toLowerCase();
    const known = this.#groups.get(key) ?? this.#readGroup(key);
    this.#groups.set(key, known);
    // What was not read may be in a moment; a failed look must not stay the answer.
    known.then(
      (group) => group === undefined && this.#groups.delete(key),
      () => this.#groups.delete(key),
    );
    return known;
  }

  /** Direct members; undefined for a group that was not read. */
  async members(id: string): Promise<GroupMembers | undefined> {
    const group = await this.group(id);
    if (group === undefined) return undefined;
    const pieces = (await this.#journal.lookUp(this.#run, `${MARK}in${MARK}${id.toLowerCase()}`))
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

  /** Groups that somebody, or a group, is in directly; by id, the same order every time. */
  async groupsWith(member: string): Promise<readonly KeptGroup[]> {
    const key = member.toLowerCase();
    const found = new Map<string, KeptGroup>();
    for (const value of await this.#journal.lookUp(this.#run, `${MARK}of${MARK}${key}`)) {
      const piece = toPiece(value);
      if (piece === undefined) continue;
      const group = await this.group(piece.group);
      if (group?.stamp === piece.stamp) found.set(group.id, group);
    }
    return [...found.values()].toSorted((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** Somebody who is in a group, by address; a small run knows nobody else's name. */
  async memberNamed(address: string): Promise<GroupMember | undefined> {
    const key = address.toLowerCase();
    for (const value of await this.#journal.lookUp(this.#run, `${MARK}at${MARK}${key}`)) {
      const member = toPiece(value)?.members.find((one) => one.address.toLowerCase() === key);
      if (member !== undefined) return member;
    }
    return undefined;
  }

  /** Of each group that held a right when groups were read last. */
  async reaches(): Promise<ReadonlyMap<string, GroupReach>> {
    const found = new Map<string, GroupReach>();
    for (const value of await this.#journal.lookUp(this.#run, `${MARK}reach`)) {
      const reach = toReach(value);
      if (reach !== undefined) found.set(reach.id.toLowerCase(), reach);
    }
    return found;
  }

  /** `reaches` of one group. */
  async reach(id: string): Promise<GroupReach | undefined> {
    const [value] = await this.#journal.lookUp(this.#run, `${MARK}reach${MARK}${id.toLowerCase()}`);
    return value === undefined ? undefined : toReach(value);
  }

  /** It may be another one by now. */
  protected forget(id: string): void {
    this.#groups.delete(id.toLowerCase());
  }

  async #readGroup(key: string): Promise<KeptGroup | undefined> {
    const [value] = await this.#journal.lookUp(this.#run, `${MARK}group${MARK}${key}`);
    return value === undefined ? undefined : toGroup(value);
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
      entries.push({
        id: `${MARK}in${MARK}${group}${MARK}${stamp}${MARK}${from}`,
        keys: [`${MARK}in${MARK}${group}`, ...new Set(some.flatMap(keysOfMember))],
        value: { group, stamp, n: from, members: some.map(fromMember) },
      });
      if (entries.length < PIECES_AT_ONCE) continue;
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

function keysOfMember({ id, address }: GroupMember): readonly string[] {
  const keys = [`${MARK}of${MARK}${id}`, ...(address === "" ? [] : [`${MARK}at${MARK}${address}`])];
  return keys.map((key) => key.toLowerCase());
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
