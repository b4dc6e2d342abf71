/** What objects are called: names that two share, names that changed, Names that are ids, and two mailboxes whose names begin alike. */
import { CAST } from "./census.ts";
import { capital } from "./display-names.ts";
import { type Kind, hasMailbox } from "./kinds.ts";
import type { Plan } from "./plan.ts";

/** An object before anything else is known of it. */
export interface Numbered {
  readonly index: number;
  readonly kind: Kind;
}

/** The two that give each other's rows (exo-protocol.md 10.1). */
const TWIN_ALIASES = ["gosho", "Gosho2"] as const;
/** More such pairs follow at this distance. */
const TWINS_EVERY = 1000;
const NAMESAKES_EVERY = 97;
const NAMESAKE = 42;
const RENAMED_EVERY = 50;
const RENAMED = 11;
/** Longest Name the directory takes. */
const LONGEST_NAME = 64;

export const DISCOVERY_MANAGEMENT = "Discovery Management";

/** The role group that may open the discovery search mailbox. */
export function isDiscoveryManagement({ census }: Plan, { index, kind }: Numbered): boolean {
  return kind === "security" && index === census.range("security").first;
}

/** 0 for the first of two user mailboxes whose aliases begin alike, 1 for the second. */
export function twinOf({ census, quirk }: Plan, { index, kind }: Numbered): 0 | 1 | undefined {
  const place = (index - CAST.twin) % TWINS_EVERY;
  if (kind !== "user" || (place !== 0 && place !== 1) || !quirk("twin-identities")) return undefined;
  const other = place === 0 ? index + 1 : index - 1;
  return other < census.mailboxes.end && census.kindOf(other) === "user" ? place : undefined;
}

export function twinAlias({ ids }: Plan, index: number, twin: 0 | 1): string {
  if (index - twin === CAST.twin) return TWIN_ALIASES[twin];
  const first = ids.tag(index - twin);
  return twin === 0 ? first : `${capital(first)}2`;
}

export function displayNameOf(plan: Plan, object: Numbered): string {
  if (object.index === CAST.executive) return "Chief Executive Officer";
  if (object.kind === "discovery") return "Discovery Search Mailbox";
  if (isDiscoveryManagement(plan, object)) return DISCOVERY_MANAGEMENT;
  const index = namesakeOf(plan, object) ?? object.index;
  return plan.displayNames.of(index, plan.census.kindOf(index), plan.ids.tag(index));
}

/** The neighbour whose display name a mailbox has too; one mailbox of a hundred. */
export function namesakeOf({ census }: Plan, { index }: Numbered): number | undefined {
  const isOne =
    index > CAST.assistant && index < census.mailboxes.end && index % NAMESAKES_EVERY === NAMESAKE;
  return isOne ? index - 1 : undefined;
}

/** True when no other object has the same display name. */
export function hasUniqueName(plan: Plan, object: Numbered): boolean {
  const next = object.index + 1;
  const isCopied =
    next < plan.census.mailboxes.end && namesakeOf(plan, { ...object, index: next }) !== undefined;
  return namesakeOf(plan, object) === undefined && !isCopied;
}

/** What a mailbox was called before: Get-RecipientPermission has not heard of the new name. */
export function formerDisplayNameOf(
  { ids, displayNames, quirk }: Plan,
  { index, kind }: Numbered,
): string | undefined {
  const isRenamed = index > CAST.assistant && index % RENAMED_EVERY === RENAMED && hasMailbox(kind);
  if (!isRenamed || !quirk("renamed-recipients")) return undefined;
  return `${capital(displayNames.givenName(index))} ${capital(ids.formerTag(index))}`;
}

/** The Name of an object: its object id for half of all, an alias or a display name for the rest, and a few hostile ones. */
export function nameOf(
  plan: Plan,
  object: Numbered,
  own: { readonly alias: string; readonly guid: string; readonly objectId: string },
): string {
  if (object.kind === "discovery" || twinOf(plan, object) !== undefined) return own.alias;
  if (object.kind === "system") return `SystemMailbox{${own.guid}}`;
  if (isDiscoveryManagement(plan, object)) return DISCOVERY_MANAGEMENT;
  const style = plan.draws.name(object.index) % 100;
  if (style < 50 && own.objectId !== "") return own.objectId;
  if (style < 85 || !hasUniqueName(plan, object)) return own.alias;
  if (style < 86 && plan.quirk("hostile-names"))
    return `${capital(plan.ids.tag(object.index))}\nCNF:${own.guid}`;
  if (style < 88 && plan.quirk("hostile-names")) return `${capital(plan.ids.tag(object.index))} | a 'b' & c`;
  return displayNameOf(plan, object).trim().slice(0, LONGEST_NAME);
}
