/** Who may send on behalf of a recipient when nobody has written anything yet, and the words it keeps of them. */
import type { Kind } from "./kinds.ts";
import type { Plan } from "./plan.ts";
import { happens } from "./random.ts";
import { Recipient } from "./recipient.ts";
import { drawPerson } from "./trustee.ts";

/** A delegate, and the words the recipient keeps of it: an id, a name, a display name (exo-protocol.md 10.2). */
export interface Delegate {
  /** Undefined when the words lead to nobody any more. */
  readonly index: number | undefined;
  readonly words: string;
}

/** How many of 1000 recipients of a kind have delegates. */
const SHARING: Partial<Record<Kind, number>> = {
  user: 40,
  shared: 150,
  room: 40,
  distribution: 40,
  "mail-security": 20,
  dynamic: 50,
  "group-mailbox": 40,
  "soft-deleted": 100,
  inactive: 100,
};

export function delegatesOf(plan: Plan, { index, kind }: Recipient): Delegate[] {
  const draw = (part: number): number => plan.draws.grants(index, part);
  if (!happens(draw(300), SHARING[kind] ?? 0)) return [];
  const found = new Map<number, Delegate>();
  for (let nth = 0; nth <= draw(301) % 3; nth++) {
    const delegate = drawDelegate(plan, index, 310 + 10 * nth);
    if (delegate !== index && !found.has(delegate))
      found.set(delegate, { index: delegate, words: wordsFor(plan, delegate, draw(315 + 10 * nth)) });
  }
  const delegates = [...found.values()];
  // At most one delegate without a SID, so that mailbox, trustee and right stay a key.
  const rare = draw(302) % 100;
  const contact = plan.census.pick(plan.census.range("contact"), draw(303));
  if (rare < 3 && contact !== undefined)
    delegates.push({ index: contact, words: new Recipient(plan, contact).name });
  else if (rare < 6) delegates.push({ index: undefined, words: `Former Delegate ${draw(304) % 10_000}` });
  return delegates;
}

function drawDelegate(plan: Plan, index: number, part: number): number {
  const { census } = plan;
  const hundredth = plan.draws.grants(index, part + 4) % 100;
  const draw = plan.draws.grants(index, part);
  const group = hundredth < 8 ? census.pick(census.range("mail-security"), draw) : undefined;
  const guest = hundredth >= 8 && hundredth < 11 ? census.pick(census.range("guest"), draw) : undefined;
  return group ?? guest ?? drawPerson(plan, index, part);
}

/** The Name for most; what old tenants kept, the display name, only where nobody else has it. */
function wordsFor(plan: Plan, index: number, draw: number): string {
  const delegate = new Recipient(plan, index);
  if (!plan.quirk("delegates-as-names")) return delegate.objectId;
  const hundredth = draw % 100;
  if (hundredth < 20 && delegate.hasUniqueName) return delegate.displayName;
  return hundredth < 40 ? delegate.objectId : delegate.name;
}
