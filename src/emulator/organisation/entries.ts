/** The access list of a mailbox when nobody has written anything yet: a pure function of its number. */
import { CAST } from "./census.ts";
import type { Kind } from "./kinds.ts";
import { LEGACY_ENTRIES, type LegacyEntry } from "./legacy-entries.ts";
import type { Plan } from "./plan.ts";
import { happens, pick } from "./random.ts";
import type { Recipient } from "./recipient.ts";
import { SELF, type Trustee, drawPerson, drawTrustee, trusteeKey } from "./trustee.ts";

/** One entry of a mailbox's access list. */
export interface Entry {
  readonly trustee: Trustee;
  readonly rights: readonly string[];
  readonly allow: boolean;
  readonly inherited: boolean;
  /** Noise rule of a permission audit that hides the entry; empty for a real grant. */
  readonly noise: string;
}

/** Rights of a grant, and how many of 100 grants have them. */
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
const SHARING: Partial<Record<Kind, { readonly perCent: number; readonly most: number }>> = {
  user: { perCent: 12, most: 3 },
  shared: { perCent: 90, most: 8 },
  room: { perCent: 30, most: 3 },
  equipment: { perCent: 20, most: 2 },
  // Whoever could open a mailbox keeps the right when it is deleted.
  "soft-deleted": { perCent: 60, most: 3 },
  inactive: { perCent: 60, most: 3 },
};

export function entriesOf(plan: Plan, mailbox: Recipient): Entry[] {
  const entries = [...systemEntries(plan, mailbox)];
  const seen = new Set(entries.map(keyOf));
  for (const found of grantsOn(plan, mailbox)) {
    if (!seen.has(keyOf(found))) entries.push(found);
    seen.add(keyOf(found));
  }
  return entries;
}

/** The entries a service gives a mailbox by itself; two for SELF on shared mailboxes, none of them a double by mistake. */
function* systemEntries(plan: Plan, { index, kind }: Recipient): Iterable<Entry> {
  const { quirk } = plan;
  const isConverted = kind === "shared" || happens(plan.draws.grants(index, 0), 10);
  yield entry(SELF, ["FullAccess", "ReadPermission"], { noise: "NR1" });
  if (isConverted && quirk("doubled-self"))
    yield entry(SELF, ["FullAccess", "ExternalAccount", "ReadPermission"], { noise: "NR1" });
  if (quirk("legacy-entries") && (plan.options.legacy || happens(plan.draws.grants(index, 1), 20)))
    for (const legacy of LEGACY_ENTRIES) yield legacyEntry(plan, legacy);
  if (kind === "discovery")
    yield entry({ kind: "object", index: plan.census.range("security").first }, ["FullAccess"]);
}

function* grantsOn(plan: Plan, { index, kind }: Recipient): Iterable<Entry> {
  const { end } = plan.census.mailboxes;
  const draw = (part: number): number => plan.draws.grants(index, part);
  const object = (found: number): Trustee => ({ kind: "object", index: found });
  if (index < end && index % 40 === 3 && CAST.hub < end) yield entry(object(CAST.hub), ["FullAccess"]);
  if (index === CAST.executive && CAST.assistant < end) yield entry(object(CAST.assistant), ["FullAccess"]);
  if (happens(draw(2), 8)) yield entry(object(index), ["FullAccess"], { noise: "NR11" });
  if (happens(draw(3), 5))
    yield entry(object(drawPerson(plan, index, 4)), ["FullAccess"], { inherited: true, noise: "NR8" });
  for (let nth = 0; nth < grantCount(plan, kind, index); nth++) yield grant(plan, index, 20 + 10 * nth);
}

function grant(plan: Plan, index: number, part: number): Entry {
  const draw = (offset: number): number => plan.draws.grants(index, part + offset);
  const trustee = drawTrustee(plan, index, part + 1);
  if (happens(draw(0), 15) && plan.quirk("deny-entries"))
    return entry(trustee, ["FullAccess"], { allow: false });
  const noise = trusteeKey(trustee) === `#${index}` ? "NR11" : "";
  if (trustee.kind === "object") return entry(trustee, withSendAs(weighted(draw(2)), draw(3)), { noise });
  if (!trustee.sid.startsWith(plan.ids.domainSid)) return entry(trustee, ["FullAccess", "ExternalAccount"]);
  const rights = weighted(draw(2));
  // A deleted account that may only read permissions would look like Microsoft's own entries (noise rule NR7).
  return entry(trustee, rights.length === 1 && rights[0] === "ReadPermission" ? ["FullAccess"] : rights);
}

function grantCount(plan: Plan, kind: Kind, index: number): number {
  if (index === CAST.executive) return 3;
  const sharing = SHARING[kind];
  if (sharing === undefined || plan.draws.grants(index, 5) % 100 >= sharing.perCent) return 0;
  return 1 + (plan.draws.grants(index, 6) % sharing.most);
}

function legacyEntry({ ids, forest }: Plan, legacy: LegacyEntry): Entry {
  const { rights, allow, inherited, noise } = legacy;
  const sid = legacy.sid ?? `${ids.forestSid}-${legacy.rid}`;
  const name = legacy.name?.replace("{forest}", forest) ?? sid;
  return { trustee: { kind: "outside", sid, name }, rights, allow, inherited, noise };
}

function entry(
  trustee: Trustee,
  rights: readonly string[],
  more: { readonly allow?: boolean; readonly inherited?: boolean; readonly noise?: string } = {},
): Entry {
  return { trustee, rights, allow: true, inherited: false, noise: "", ...more };
}

function keyOf({ trustee, allow }: Entry): string {
  return `${trusteeKey(trustee)} ${allow}`;
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
