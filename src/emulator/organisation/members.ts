/** Who is in a group: a pure function of its number, until somebody writes. */
import type { Model } from "./model.ts";
import type { View } from "./overlay.ts";
import { happens } from "./random.ts";
import type { Recipient } from "./recipient.ts";

export type MemberRole = "member" | "owner";

/** Members of most groups; one group of twenty is large. */
const FEW = 25;
const MANY = 400;
/** Draws for owners lie beyond those for members. */
const FIRST_OWNER_PART = 10_000;

/** Numbers of a group's members as a view shows them. */
export function membersNow(
  { overlay, directory }: Model,
  group: Recipient,
  view: View | "latest",
): readonly number[] {
  const members =
    overlay.writtenOn(group.index, view).members ?? membersOfGroup(group, "member").map(({ index }) => index);
  return members.filter((index) => !directory.isRemoved(index));
}

/**
 * Members or owners of a group, each once. Most are people; a security group may hold another, of a higher number,
 * so that nesting never goes round; many kinds have guests. In a dynamic group is everybody its filter means.
 */
export function membersOfGroup(group: Recipient, role: MemberRole): Recipient[] {
  const { census, draws } = group.plan;
  if (group.kind === "dynamic" && role === "member") return usersOf(group);
  const draw = (part: number): number => draws.details(group.index, 20_000 + part);
  const found = new Set<number>();
  const first = role === "owner" ? FIRST_OWNER_PART : 1;
  const count = role === "owner" ? 1 + (draw(0) % 2) : draw(0) % (happens(draw(0) >>> 8, 50) ? MANY : FEW);
  for (let part = first; part < first + count; part++) {
    const index = census.pick(census.mailboxes, draw(part));
    if (index !== undefined) found.add(index);
  }
  if (role === "member") for (const index of othersIn(group, draw(0) >>> 4)) found.add(index);
  return [...found].map((index) => group.sibling(index));
}

function othersIn(group: Recipient, draw: number): number[] {
  const { census } = group.plan;
  const inner = { first: group.index + 1, end: census.range("mail-security").end };
  const isNesting = group.kind === "mail-security" && happens(draw, 200);
  const nested = isNesting ? census.pick(inner, draw) : undefined;
  const hasGuest = (group.kind === "group-mailbox" || group.kind === "distribution") && happens(draw, 300);
  const guest = hasGuest ? census.pick(census.range("guest"), draw) : undefined;
  return [nested, guest, ...othersInSecurity(group)].filter((index) => index !== undefined);
}

/** Guests of security groups, and groups with mail in those without. */
function othersInSecurity({ kind, index, plan: { census, draws } }: Recipient): (number | undefined)[] {
  if (kind !== "mail-security" && kind !== "security") return [];
  const draw = (part: number): number => draws.details(index, 40_000 + part);
  const hasGuest = happens(draw(0), kind === "security" ? 200 : 100);
  const isNesting = kind === "security" && happens(draw(1), 300);
  return [
    hasGuest ? census.pick(census.range("guest"), draw(2)) : undefined,
    isNesting ? census.pick(census.range("mail-security"), draw(3)) : undefined,
  ];
}

function usersOf(group: Recipient): Recipient[] {
  const { first, end } = group.plan.census.mailboxes;
  return Array.from({ length: end - first }, (_, place) => group.sibling(first + place)).filter(
    ({ kind }) => kind === "user",
  );
}
