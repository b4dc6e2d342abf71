/** Who holds which right on a mailbox when nobody has written anything yet: a pure function of the mailbox's number. */
import { CAST } from "./census.ts";
import { LEGACY_ENTRIES } from "./legacy-entries.ts";
import type { Plan } from "./plan.ts";
import { happens, pick } from "./random.ts";
import { Recipient } from "./recipient.ts";

/** Somebody named in an entry. Accounts outside the directory carry the name a reader sees. */
export type Trustee =
  | { readonly kind: "object"; readonly index: number }
  | { readonly kind: "outside"; readonly sid: string; readonly name: string };

/** One entry of a mailbox's access list. */
export interface Entry {
  readonly trustee: Trustee;
  readonly rights: readonly string[];
  readonly allow: boolean;
  readonly inherited: boolean;
  /** Noise rule of the permission audit that hides the entry; empty for a real grant. */
  readonly noise: string;
}

/** A SendAs right; `noise` as above. */
export interface SendAs {
  readonly trustee: Trustee;
  readonly noise: string;
}

/** A delegate, and the words the mailbox keeps of it: an id, a name, a display name. */
export interface Delegate {
  /** Undefined when the words lead to nobody any more. */
  readonly index: number | undefined;
  readonly words: string;
}

/** Everything held on one mailbox. */
export interface Held {
  readonly entries: readonly Entry[];
  readonly sendAs: readonly SendAs[];
  readonly delegates: readonly Delegate[];
}

export const SELF: Trustee = { kind: "outside", sid: "S-1-5-10", name: "NT AUTHORITY\\SELF" };
const NOBODY: Trustee = { kind: "outside", sid: "S-1-0-0", name: "NULL SID" };
/** One name for the same account, whatever its kind: entries of one list are told apart by it. */
export function trusteeKey(trustee: Trustee): string {
  return trustee.kind === "object" ? `#${trustee.index}` : trustee.sid;
}

const RIGHTS: readonly (readonly [weight: number, rights: readonly string[]])[] = [
  [80, ["FullAccess"]],
  [8, ["FullAccess", "ReadPermission"]],
  [3, ["ReadPermission"]],
  [2, ["ChangePermission"]],
  [2, ["DeleteItem", "ReadPermission"]],
  [3, ["FullAccess", "DeleteItem", "ReadPermission", "ChangePermission", "ChangeOwner"]],
  [2, ["ChangeOwner"]],
];

/** How many of 100 mailboxes of a kind have grants, and how many at most. */
const SHARING = {
  user: { perCent: 12, most: 3 },
  shared: { perCent: 90, most: 8 },
  room: { perCent: 30, most: 3 },
  equipment: { perCent: 20, most: 2 },
} as const;

/** Works out grants; holds nothing but the plan. */
export class Grants {
  readonly #plan: Plan;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  of(index: number): Held {
    const recipient = new Recipient(this.#plan, index);
    const entries = recipient.hasMailbox ? this.#entries(recipient) : [];
    return {
      entries,
      sendAs: recipient.isRecipient ? this.#sendAs(recipient, entries) : [],
      delegates: this.#delegates(recipient),
    };
  }

  #entries(recipient: Recipient): Entry[] {
    const { index, kind } = recipient;
    const { quirk } = this.#plan;
    const entries = [entry(SELF, ["FullAccess", "ReadPermission"], { noise: "NR1" })];
    const converted = kind === "shared" || happens(this.#draw(index, 0), 10);
    if (converted && quirk("doubled-self"))
      entries.push(entry(SELF, ["FullAccess", "ExternalAccount", "ReadPermission"], { noise: "NR1" }));
    if (quirk("legacy-entries") && (this.#plan.options.legacy || happens(this.#draw(index, 1), 20)))
      for (const legacy of LEGACY_ENTRIES) entries.push(this.#legacy(legacy));
    if (kind === "discovery")
      entries.push(
        entry(
          outside("Discovery Management", this.#plan.ids.sid(this.#plan.census.range("security").first)),
          ["FullAccess"],
        ),
      );

    const seen = new Set(entries.map(({ trustee, allow }) => `${trusteeKey(trustee)} ${allow}`));
    for (const found of this.#granted(recipient)) {
      const key = `${trusteeKey(found.trustee)} ${found.allow}`;
      if (!seen.has(key)) entries.push(found);
      seen.add(key);
    }
    return entries;
  }

  *#granted(recipient: Recipient): Iterable<Entry> {
    const { index, kind } = recipient;
    const { census, ids } = this.#plan;
    if (index % 40 === 3 && CAST.hub < census.mailboxes.end && index < census.mailboxes.end)
      yield entry({ kind: "object", index: CAST.hub }, ["FullAccess"]);
    if (index === CAST.executive && CAST.assistant < census.mailboxes.end)
      yield entry({ kind: "object", index: CAST.assistant }, ["FullAccess"]);
    if (happens(this.#draw(index, 2), 8))
      yield entry({ kind: "object", index }, ["FullAccess"], { noise: "NR11" });
    if (happens(this.#draw(index, 3), 5))
      yield entry(this.#person(index, 4), ["FullAccess"], { inherited: true, noise: "NR8" });

    for (let nth = 0; nth < this.#count(kind, index); nth++) {
      const part = 20 + 10 * nth;
      const denied = happens(this.#draw(index, part), 15) && this.#plan.quirk("deny-entries");
      const trustee = this.#trustee(index, part + 1);
      const external = trustee.kind === "outside" && !trustee.sid.startsWith(ids.domainSid);
      const rights = external ? ["FullAccess", "ExternalAccount"] : weighted(this.#draw(index, part + 2));
      // A deleted account that may only read permissions would look like Microsoft's own entries (noise rule NR7).
      const orphan = trustee.kind === "outside" && rights.length === 1 && rights[0] === "ReadPermission";
      yield entry(
        trustee,
        orphan || denied ? ["FullAccess"] : withSendAs(rights, this.#draw(index, part + 3)),
        {
          allow: !denied,
        },
      );
    }
  }

  #sendAs(recipient: Recipient, entries: readonly Entry[]): SendAs[] {
    const { index } = recipient;
    const found: SendAs[] = recipient.hasMailbox ? [{ trustee: SELF, noise: "NR1" }] : [];
    if (recipient.hasMailbox && happens(this.#draw(index, 10), 3))
      found.push({ trustee: NOBODY, noise: "NR3" });
    const seen = new Set<string>();
    const add = (trustee: Trustee): void => {
      const key = trusteeKey(trustee);
      if (!seen.has(key)) found.push({ trustee, noise: key === `#${index}` ? "NR11" : "" });
      seen.add(key);
    };
    for (const [nth, held] of entries.entries()) {
      const both = held.noise === "" && held.allow && happens(this.#draw(index, 200 + nth), 550);
      if (both || held.rights.includes("SendAs")) add(held.trustee);
    }
    const alone = recipient.isGroup ? 100 : 25;
    if (
      recipient.kind !== "discovery" &&
      recipient.kind !== "system" &&
      happens(this.#draw(index, 11), alone)
    )
      add(this.#trustee(index, 12));
    return found;
  }

  #delegates(recipient: Recipient): Delegate[] {
    const { index, kind } = recipient;
    const shares =
      kind === "user" ||
      kind === "shared" ||
      kind === "room" ||
      kind === "distribution" ||
      kind === "group-mailbox";
    if (!shares || !happens(this.#draw(index, 300), kind === "shared" ? 150 : 40)) return [];
    const found = new Map<number, Delegate>();
    for (let nth = 0; nth <= this.#draw(index, 301) % 3; nth++) {
      const part = 310 + 10 * nth;
      const delegate = this.#delegate(index, part);
      if (delegate !== index && !found.has(delegate))
        found.set(delegate, { index: delegate, words: this.#words(delegate, this.#draw(index, part + 5)) });
    }
    const { contact } = {
      contact: this.#plan.census.pick(this.#plan.census.range("contact"), this.#draw(index, 303)),
    };
    const rare = this.#draw(index, 302) % 100;
    if (rare < 3 && contact !== undefined)
      found.set(contact, { index: contact, words: new Recipient(this.#plan, contact).name });
    const delegates = [...found.values()];
    // At most one delegate without a SID, so that (mailbox, trustee, right) stays a key.
    if (rare >= 3 && rare < 6)
      delegates.push({ index: undefined, words: `Former Delegate ${this.#draw(index, 304) % 10_000}` });
    return delegates;
  }

  #delegate(index: number, part: number): number {
    const { census } = this.#plan;
    const hundredth = this.#draw(index, part + 4) % 100;
    const group =
      hundredth < 8 ? census.pick(census.range("mail-security"), this.#draw(index, part)) : undefined;
    const guest =
      hundredth >= 8 && hundredth < 11
        ? census.pick(census.range("guest"), this.#draw(index, part))
        : undefined;
    const person = this.#person(index, part);
    return group ?? guest ?? (person.kind === "object" ? person.index : index);
  }

  /** Name for most; old tenants kept the display name, which is used only where it is unique. */
  #words(index: number, draw: number): string {
    const delegate = new Recipient(this.#plan, index);
    if (!this.#plan.quirk("delegates-as-names")) return delegate.objectId;
    const hundredth = draw % 100;
    if (hundredth < 20 && delegate.hasUniqueName) return delegate.displayName;
    return hundredth < 40 ? delegate.objectId : delegate.name;
  }

  #count(kind: string, index: number): number {
    if (index === CAST.executive) return 3;
    const share = SHARING[kind as keyof typeof SHARING];
    if (share === undefined || this.#draw(index, 5) % 100 >= share.perCent) return 0;
    return 1 + (this.#draw(index, 6) % share.most);
  }

  #trustee(index: number, part: number): Trustee {
    const { census, ids, quirk } = this.#plan;
    const hundredth = this.#draw(index, part) % 100;
    const draw = this.#draw(index, part + 6);
    const object = (found: number | undefined): Trustee =>
      found === undefined ? this.#person(index, part) : { kind: "object", index: found };
    if (hundredth < 5 && quirk("orphaned-sids")) return orphan(ids.deletedSid(draw));
    if (hundredth < 6) return outside(`FABRIKAM\\svc${draw % 1000}`, ids.foreignSid(draw));
    if (hundredth < 8) return object(census.pick(census.range("soft-deleted"), draw));
    if (hundredth < 11) return object(census.pick(census.range("guest"), draw));
    if (hundredth < 18) return object(census.pick(census.range("mail-security"), draw));
    if (hundredth < 19) return object(census.pick(census.range("mail-user"), draw));
    if (hundredth < 20) return object(census.pick(census.range("security"), draw));
    if (hundredth < 23) return this.#person(index, part, true);
    if (hundredth < 24) return object(census.pick(census.mailboxes, draw));
    return this.#person(index, part);
  }

  /** A user mailbox other than the mailbox itself: one that can sign in, or one that cannot. */
  #person(index: number, part: number, disabled = false): Trustee {
    const { census } = this.#plan;
    const start = census.pick(census.mailboxes, this.#draw(index, part + 7)) ?? 0;
    for (let step = 0; step < 200; step++) {
      const at = (start + step) % census.mailboxes.end;
      if (at === index || census.kindOf(at) !== "user") continue;
      if (new Recipient(this.#plan, at).accountDisabled === disabled) return { kind: "object", index: at };
    }
    return { kind: "object", index: start };
  }

  #legacy(legacy: (typeof LEGACY_ENTRIES)[number]): Entry {
    const { forest, ids } = this.#plan;
    const sid = legacy.sid ?? `${ids.forestSid}-${legacy.rid}`;
    const name = legacy.name === undefined ? sid : legacy.name.replace("{forest}", forest);
    return {
      trustee: { kind: "outside", sid, name },
      rights: legacy.rights,
      allow: legacy.allow,
      inherited: legacy.inherited,
      noise: legacy.noise,
    };
  }

  #draw(index: number, part: number): number {
    return this.#plan.draws.grants(index, part);
  }
}

function entry(
  trustee: Trustee,
  rights: readonly string[],
  {
    allow = true,
    inherited = false,
    noise = "",
  }: { allow?: boolean; inherited?: boolean; noise?: string } = {},
): Entry {
  return { trustee, rights, allow, inherited, noise };
}

function outside(name: string, sid: string): Trustee {
  return { kind: "outside", sid, name };
}

/** An account that is gone shows as its bare SID. */
function orphan(sid: string): Trustee {
  return outside(sid, sid);
}

function weighted(draw: number): readonly string[] {
  let rest = draw % 100;
  for (const [weight, rights] of RIGHTS) {
    if (rest < weight) return rights;
    rest -= weight;
  }
  return pick(RIGHTS, 0)[1];
}

/** SendAs has been seen among mailbox rights; a reader counts it once. */
function withSendAs(rights: readonly string[], draw: number): readonly string[] {
  return happens(draw, 15) ? [...rights, "SendAs"] : rights;
}
