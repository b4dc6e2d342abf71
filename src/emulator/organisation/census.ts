/** Which objects the tenant has: every object is a number, and the number tells its kind without a table. */
import type { Kind } from "./kinds.ts";
import { type Draw, drawsFor } from "./random.ts";

/** Objects from `first` up to, not including, `end`. */
export interface Range {
  readonly first: number;
  readonly end: number;
}

/** Objects with a fixed part in the story; everybody else is drawn. Present when the tenant is large enough. */
export const CAST = {
  executive: 0,
  /** Holds FullAccess on one mailbox of forty. */
  hub: 1,
  /** `gosho` and `Gosho2`, of exo-protocol.md 10.1. */
  twin: 2,
  shared: 4,
  room: 5,
  equipment: 6,
  assistant: 7,
} as const;

const CAST_KINDS: readonly Kind[] = ["user", "user", "user", "user", "shared", "room", "equipment", "user"];

/** Objects beside the mailboxes: how many there are in a tenant of a size. */
const OTHERS: readonly (readonly [kind: Kind, count: (mailboxes: number) => number])[] = [
  ["scheduling", (mailboxes) => Math.ceil(mailboxes / 500)],
  ["discovery", () => 1],
  ["system", () => 6],
  ["group-mailbox", (mailboxes) => Math.ceil(mailboxes / 20)],
  ["soft-deleted", (mailboxes) => Math.ceil(mailboxes / 50)],
  ["inactive", (mailboxes) => Math.ceil(mailboxes / 200)],
  ["guest", (mailboxes) => Math.ceil(mailboxes / 15)],
  ["mail-user", (mailboxes) => Math.ceil(mailboxes / 40)],
  ["contact", (mailboxes) => Math.ceil(mailboxes / 30)],
  ["distribution", (mailboxes) => Math.ceil(mailboxes / 20)],
  ["mail-security", (mailboxes) => Math.ceil(mailboxes / 30)],
  ["dynamic", (mailboxes) => Math.ceil(mailboxes / 200)],
  ["security", (mailboxes) => 8 + Math.ceil(mailboxes / 100)],
  ["account", (mailboxes) => Math.ceil(mailboxes / 20)],
];

export class Census {
  /** User, shared, room and equipment mailboxes, mixed. */
  readonly mailboxes: Range;
  /** Number of all objects. */
  readonly size: number;
  readonly #ranges = new Map<Kind, Range>();
  readonly #ends: { readonly kind: Kind; readonly end: number }[] = [];
  readonly #type: Draw;

  constructor(mailboxes: number, seed: number) {
    this.mailboxes = { first: 0, end: mailboxes };
    this.#type = drawsFor(seed, "mailbox type");
    let first = mailboxes;
    for (const [kind, count] of OTHERS) {
      const end = first + count(mailboxes);
      this.#ranges.set(kind, { first, end });
      this.#ends.push({ kind, end });
      first = end;
    }
    this.size = first;
  }

  kindOf(index: number): Kind {
    if (index < this.mailboxes.end) return CAST_KINDS[index] ?? this.#drawnType(index);
    const place = this.#ends.find(({ end }) => index < end);
    if (place === undefined)
      throw new RangeError(`Cannot name the kind of object ${index}: there are ${this.size}`);
    return place.kind;
  }

  /** Objects of a kind outside the four that are mixed. */
  range(kind: Exclude<Kind, "user" | "shared" | "room" | "equipment">): Range {
    return this.rangeOf(kind);
  }

  /** Where objects of a kind are found: the four kinds that are mixed share one range. */
  rangeOf(kind: Kind): Range {
    return this.#ranges.get(kind) ?? this.mailboxes;
  }

  /** An object of a range, by a draw; `undefined` when the range is empty. */
  pick(range: Range, draw: number): number | undefined {
    return range.end > range.first ? range.first + (draw % (range.end - range.first)) : undefined;
  }

  #drawnType(index: number): Kind {
    const percent = this.#type(index) % 100;
    if (percent < 10) return "shared";
    if (percent < 14) return "room";
    return percent < 16 ? "equipment" : "user";
  }
}
