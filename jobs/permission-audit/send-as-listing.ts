/** What the tenant-wide SendAs listing said, by line of the manifest. Kept to the listing's end: only then is it known what each name stands for. */
import { type BulkContext, type ExoRow, isList, type Page } from "../../src/job/index.ts";
import { complete } from "../common/answers.ts";
import { type Grant, SEND_AS, sendAsGrants } from "./grant.ts";
import { wellKnown } from "./well-known.ts";

export class SendAsListing {
  readonly #grants = new Map<number, readonly Grant[]>();

  /** Places a page's rows; those that have no place here are counted by reason. */
  async take(context: BulkContext<unknown>, page: Page): Promise<void> {
    const whole = complete(SEND_AS, page);
    const known = new Map<string, Grant>();
    const lists = new Map<Grant, readonly Grant[]>();
    for (const [identity, rows] of byIdentity(whole.rows)) {
      const place = await context.mailboxOf(identity);
      if (place === undefined || place.mailbox.type === "soft-deleted") {
        context.count(await whyNowhere(context, identity), rows.length);
        continue;
      }
      // Nothing tells the rows of a group from those of a mailbox that was called so: it has no SELF row, and is read by GUID.
      if (isList(place.mailbox.type)) continue;
      const grants = rows.flatMap((row) => sendAsGrants(row, whole)).map((grant) => shared(known, grant));
      const before = this.#grants.get(place.line);
      this.#grants.set(place.line, before === undefined ? alike(lists, grants) : [...before, ...grants]);
    }
  }

  /** Lines that exactly one SELF row stands for. */
  sure(): ReadonlySet<number> {
    const lines = new Set<number>();
    for (const [line, grants] of this.#grants) if (grants.filter(isSelf).length === 1) lines.add(line);
    return lines;
  }

  has(line: number): boolean {
    return this.#grants.has(line);
  }

  grants(line: number): readonly Grant[] {
    return this.#grants.get(line) ?? [];
  }
}

/** Rows by the name they carry; a row without one is under the empty name, which nobody has. */
export function byIdentity(rows: readonly ExoRow[]): ReadonlyMap<string, readonly ExoRow[]> {
  return Map.groupBy(rows, ({ Identity }) => (typeof Identity === "string" ? Identity.trim() : ""));
}

function isSelf(grant: Grant): boolean {
  return grant.allow && wellKnown(grant.sid, grant.trustee) === "self";
}

/** The listing has every recipient of the tenant, so most rows without a mailbox of ours are simply somebody else's. */
async function whyNowhere(context: BulkContext<unknown>, identity: string): Promise<string> {
  const owners = await context.directory.find(identity);
  if (owners.length === 1) return "outside-scope";
  return owners.length === 0 ? "unknown-name" : "shared-name";
}

/** One list for all mailboxes of a page that have but one grant, the same one: most of them have SELF and nothing else. */
function alike(lists: Map<Grant, readonly Grant[]>, grants: readonly Grant[]): readonly Grant[] {
  const [only] = grants;
  if (only === undefined || grants.length > 1) return grants;
  const list = lists.get(only) ?? grants;
  lists.set(only, list);
  return list;
}

/** One object for equal grants of a page: the SELF rows of a million mailboxes are alike. */
function shared(known: Map<string, Grant>, grant: Grant): Grant {
  const key = JSON.stringify(grant);
  const same = known.get(key);
  if (same !== undefined) return same;
  known.set(key, grant);
  return grant;
}
