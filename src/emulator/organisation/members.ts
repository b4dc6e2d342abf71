/** Who is in a group: a pure function of its number. */
import { happens } from "./random.ts";
import type { Recipient } from "./recipient.ts";

export type MemberRole = "member" | "owner";

/** Members of most groups; one group of twenty is large. */
const FEW = 25;
const MANY = 400;
/** Draws for owners lie beyond those for members. */
const FIRST_OWNER_PART = 10_000;

/**
 * Members or owners of a group, each once. Most are people; a security group may hold another, of a higher number,
 * so that nesting never goes round; a Microsoft 365 group has guests.
 */
export function membersOfGroup(group: Recipient, role: MemberRole): Recipient[] {
  const { census, draws } = group.plan;
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
  return [nested, guest].filter((index) => index !== undefined);
}
