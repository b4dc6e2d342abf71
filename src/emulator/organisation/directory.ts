/** Finds objects by any identity Exchange accepts (exo-protocol.md 10.1), without a table: the identity itself says where to look. */
import { CAST } from "./census.ts";
import type { Plan } from "./plan.ts";
import { Recipient } from "./recipient.ts";

const ADDRESS_PREFIX = /^(smtp|sip|spo|x500):/i;

export class Directory {
  readonly plan: Plan;
  /** Addresses that were written, in folded form: the only ones that cannot be worked out. */
  readonly #written = new Map<string, number>();
  readonly #removed = new Set<number>();

  constructor(plan: Plan) {
    this.plan = plan;
  }

  at(index: number): Recipient {
    return new Recipient(this.plan, index);
  }

  /** Deletes an object: no identity means it any more, and its addresses are free for others. */
  remove(index: number): void {
    this.#removed.add(index);
  }

  isRemoved(index: number): boolean {
    return this.#removed.has(index);
  }

  /** Makes addresses lead to an object they were given to. */
  remember(addresses: readonly string[], index: number): void {
    for (const address of addresses) this.#written.set(fold(bare(address)), index);
  }

  /**
   * All objects an identity may mean. Ids and addresses mean one; a display name may mean several,
   * and the name or alias of a twin means its neighbour too.
   */
  find(identity: string): Recipient[] {
    return this.#meantBy(identity).filter(({ index }) => !this.#removed.has(index));
  }

  #meantBy(identity: string): Recipient[] {
    const text = bare(identity);
    const byGuid = this.plan.ids.byGuid(text);
    if (byGuid !== undefined) {
      const recipient = this.at(byGuid.index);
      const known = byGuid.use !== "object" || recipient.objectId !== "";
      return known ? [recipient] : [];
    }
    const bySid = this.plan.ids.bySid(text);
    if (bySid !== undefined) return this.at(bySid).sid === "" ? [] : [this.at(bySid)];

    const wanted = fold(text);
    const written = this.#written.get(wanted);
    if (written !== undefined) return [this.at(written)];
    const exact: Recipient[] = [];
    const textual: Recipient[] = [];
    for (const index of this.#candidates(text)) {
      const recipient = this.at(index);
      if (uniqueKeys(recipient).has(wanted)) exact.push(recipient);
      else if (fold(recipient.displayName) === wanted) textual.push(recipient);
      if (recipient.twin === 0 && fold(recipient.alias) === wanted) textual.push(this.at(index + 1));
    }
    return [...exact, ...textual];
  }

  /** Objects worth comparing: those named in the text, their neighbours (who may share a name), and the cast. */
  #candidates(text: string): Set<number> {
    const found = new Set<number>();
    const add = (index: number): void => {
      for (const near of [index, index + 1]) if (near < this.plan.census.size) found.add(near);
    };
    for (const index of this.plan.ids.byTag(text)) add(index);
    // A GUID may stand inside a name: CNF objects, SystemMailbox{…}, distinguished names.
    for (const [guid] of text.matchAll(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/gi)) {
      const hit = this.plan.ids.byGuid(guid);
      if (hit !== undefined) found.add(hit.index);
    }
    if (/gosho/i.test(text)) add(CAST.twin);
    if (/^chief exec/i.test(text)) found.add(CAST.executive);
    if (/discovery/i.test(text)) {
      found.add(this.plan.census.range("discovery").first);
      found.add(this.plan.census.range("security").first);
    }
    return found;
  }
}

/** The identity without the prefix of an address or the container of a deleted object. */
function bare(identity: string): string {
  return identity.replace(ADDRESS_PREFIX, "").replace(/^Soft Deleted Objects\\/i, "");
}

/** Upper case first: ß and SS are the same name. */
function fold(text: string): string {
  return text.toUpperCase().toLowerCase();
}

/** Every text that means this object and no other. */
function uniqueKeys(recipient: Recipient): Set<string> {
  const { domain } = recipient.plan.options;
  const keys = [
    recipient.alias,
    recipient.name,
    recipient.userPrincipalName,
    recipient.distinguishedName,
    recipient.canonicalName,
    recipient.legacyExchangeDN,
    recipient.samAccountName,
    recipient.samAccountName && `${domain}\\${recipient.samAccountName}`,
    ...recipient.emailAddresses.map((address) => address.replace(ADDRESS_PREFIX, "")),
  ];
  return new Set(keys.filter((key) => key !== "").map(fold));
}
