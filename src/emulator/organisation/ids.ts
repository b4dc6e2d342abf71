/** Ids that look random and lead back to their object: the number goes through a keyed permutation into the first digits. */
import { type Draw, type Permutation, drawsFor, hashText, permutation } from "./random.ts";
import { TAG_BITS, tagOf, tagsIn } from "./tag.ts";

/** The three ids of an object that are GUIDs. */
export type GuidUse = "exchange" | "directory" | "object";

const GUID_USES: readonly GuidUse[] = ["exchange", "directory", "object"];
const FIRST_RID = 1_000_000;
/** Relative ids from here on belong to objects that were deleted. */
const FIRST_DELETED_RID = 20_000_000;

export class Ids {
  /** `S-1-5-21-…`, without the last part. */
  readonly domainSid: string;
  /** The domain of Microsoft's own forest, for entries of theirs. */
  readonly forestSid: string;
  readonly #seed: number;
  readonly #size: number;
  readonly #numbers: Readonly<Record<GuidUse, Permutation>>;
  readonly #rest: Readonly<Record<GuidUse, Draw>>;
  readonly #rids: Permutation;
  readonly #tags: Permutation;

  /** @param size number of objects; ids of higher numbers belong to nobody */
  constructor(seed: number, size: number) {
    this.#seed = seed;
    this.#size = size;
    this.domainSid = `S-1-5-21-${hashText("domain 1", seed)}-${hashText("domain 2", seed)}-${hashText("domain 3", seed)}`;
    this.forestSid = `S-1-5-21-${hashText("forest 1", seed)}-${hashText("forest 2", seed)}-${hashText("forest 3", seed)}`;
    const each = <T>(make: (use: GuidUse) => T): Record<GuidUse, T> => ({
      exchange: make("exchange"),
      directory: make("directory"),
      object: make("object"),
    });
    this.#numbers = each((use) => permutation(seed, `guid ${use}`, 32));
    this.#rest = each((use) => drawsFor(seed, `guid ${use}`));
    this.#rids = permutation(seed, "rid", TAG_BITS);
    this.#tags = permutation(seed, "tag", TAG_BITS);
  }

  guid(use: GuidUse, index: number): string {
    return formatGuid(this.#numbers[use].forward(index), (part) => this.#rest[use](index, part));
  }

  /** The object whose GUID of some use this is. */
  byGuid(text: string): { readonly use: GuidUse; readonly index: number } | undefined {
    const guid = text.toLowerCase();
    if (!/^[0-9a-f]{8}-/.test(guid)) return undefined;
    const first = Number.parseInt(guid.slice(0, 8), 16);
    for (const use of GUID_USES) {
      const index = this.#numbers[use].back(first);
      if (index < this.#size && this.guid(use, index) === guid) return { use, index };
    }
    return undefined;
  }

  sid(index: number): string {
    return `${this.domainSid}-${FIRST_RID + this.#rids.forward(index)}`;
  }

  bySid(text: string): number | undefined {
    const [, domain, rid] = /^(S-1-5-21-\d+-\d+-\d+)-(\d+)$/i.exec(text) ?? [];
    if (domain?.toUpperCase() !== this.domainSid || Number(rid) >= FIRST_DELETED_RID) return undefined;
    const index = this.#rids.back(Number(rid) - FIRST_RID);
    return index < this.#size && this.sid(index).endsWith(`-${rid}`) ? index : undefined;
  }

  /** The SID of somebody who was deleted; it leads to no object. */
  deletedSid(draw: number): string {
    return `${this.domainSid}-${FIRST_DELETED_RID + (draw % 10_000_000)}`;
  }

  /** The SID of an account in somebody else's domain. */
  foreignSid(draw: number): string {
    const part = (name: string): number => hashText(name, this.#seed);
    return `S-1-5-21-${part("foreign 1")}-${part("foreign 2")}-${part("foreign 3")}-${1000 + (draw % 1_000_000)}`;
  }

  /** The family name that leads back to the object. */
  tag(index: number): string {
    return tagOf(this.#tags.forward(index));
  }

  /** A family name that leads to no object; one for each object. */
  formerTag(index: number): string {
    return tagOf(this.#tags.forward(2 ** TAG_BITS - 1 - index));
  }

  /** Objects whose family name may stand in the text. */
  byTag(text: string): number[] {
    return tagsIn(text)
      .map((tag) => this.#tags.back(tag))
      .filter((index) => index < this.#size);
  }
}

/** A GUID of version 4 from its first 32 bits and draws for the rest. */
function formatGuid(first: number, rest: (part: number) => number): string {
  const [middle, tail, end] = [(rest(0) & 0xffff0fff) | 0x4000, (rest(1) & 0x3fffffff) | 0x80000000, rest(2)];
  return `${hex(first)}${hex(first << 16)}-${hex(middle)}-${hex(middle << 16)}-${hex(tail)}-${hex(tail << 16)}${hex(end)}${hex(end << 16)}`;
}

/** Two digits for each byte; ids are written so often that this is worth a table. */
const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** The upper 16 bits as four digits. */
function hex(word: number): string {
  return `${BYTES[word >>> 24]}${BYTES[(word >>> 16) & 0xff]}`;
}
