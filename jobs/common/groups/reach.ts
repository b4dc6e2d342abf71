/** How many people each group brings in, groups in it followed: everybody once, rings and all. Pure; keeps numbers, not names. */
import {
  type GroupMembers,
  type GroupReach,
  hasAccount,
  type PrincipalType,
} from "../../../src/job/index.ts";

interface Node {
  /** Numbers of its members with an account. */
  readonly people: Uint32Array;
  readonly contacts: Uint32Array;
  /** Ids of the groups in it, in lower case. */
  readonly groups: readonly string[];
  readonly gap: string | undefined;
}

export class Reach {
  readonly #groups = new Map<string, Node>();
  readonly #numbers = new Map<string, number>();
  /** By number: whether it is a guest. */
  readonly #guests: boolean[] = [];

  add({ id, members, gap }: GroupMembers): void {
    const numbers = (of: (type: PrincipalType) => boolean): Uint32Array =>
      Uint32Array.from(
        members.filter(({ type }) => of(type)),
        ({ id: person, type }) => this.#number(person, type),
      );
    this.#groups.set(id.toLowerCase(), {
      people: numbers(hasAccount),
      contacts: numbers((type) => type === "contact"),
      groups: members.filter(({ type }) => type === "group").map((group) => group.id.toLowerCase()),
      gap,
    });
  }

  /** Of groups that were added; of one that was not, it is a gap. */
  of(ids: readonly string[]): readonly GroupReach[] {
    // The last group that counted a person: nothing has to be cleared between groups.
    const counted = new Uint32Array(this.#guests.length);
    return ids.map((id, place) => this.#of(id, place + 1, counted));
  }

  #of(id: string, mark: number, counted: Uint32Array): GroupReach {
    const seen = new Set([id.toLowerCase()]);
    let people = 0;
    let guests = 0;
    let contacts = 0;
    const isNew = (member: number): boolean => {
      if (counted[member] === mark) return false;
      counted[member] = mark;
      return true;
    };
    let gap: string | undefined;
    // A set grows while it is walked.
    for (const group of seen) {
      const node = this.#groups.get(group);
      if (node === undefined) {
        gap ??= "a group in it was not read";
        continue;
      }
      gap ??= node.gap;
      for (const person of node.people) {
        if (!isNew(person)) continue;
        people += 1;
        if (this.#guests[person] === true) guests += 1;
      }
      for (const contact of node.contacts) if (isNew(contact)) contacts += 1;
      for (const inner of node.groups) seen.add(inner);
    }
    return { id, people, guests, ...(contacts > 0 && { contacts }), ...(gap === undefined ? {} : { gap }) };
  }

  #number(person: string, type: PrincipalType): number {
    const key = person.toLowerCase();
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#guests.length;
    this.#numbers.set(key, number);
    this.#guests.push(type === "guest");
    return number;
  }
}
