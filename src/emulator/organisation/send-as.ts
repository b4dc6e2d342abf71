/** Who may send as a recipient when nobody has written anything yet. */
import type { Entry } from "./entries.ts";
import type { Plan } from "./plan.ts";
import { happens } from "./random.ts";
import type { Recipient } from "./recipient.ts";
import { NOBODY, SELF, type Trustee, drawTrustee, trusteeKey } from "./trustee.ts";

/** A SendAs right. */
export interface SendAs {
  readonly trustee: Trustee;
  /** Noise rule of a permission audit that hides it; empty for a real grant. */
  readonly noise: string;
}

/** Half of those who may open a mailbox may also send as it; a few may only send. */
export function sendAsOf(plan: Plan, recipient: Recipient, entries: readonly Entry[]): SendAs[] {
  if (!recipient.isRecipient) return [];
  const draw = (part: number): number => plan.draws.grants(recipient.index, part);
  const found = new Map<string, SendAs>();
  const add = (trustee: Trustee, noise = ""): void => {
    const key = trusteeKey(trustee);
    const isSelf = key === `#${recipient.index}`;
    if (!found.has(key)) found.set(key, { trustee, noise: isSelf ? "NR11" : noise });
  };
  if (recipient.hasMailbox) add(SELF, "NR1");
  if (recipient.hasMailbox && happens(draw(10), 6)) add(NOBODY, "NR3");
  for (const [nth, { trustee, noise, allow, rights }] of entries.entries()) {
    const isBoth = noise === "" && allow && happens(draw(200 + nth), 550);
    if (isBoth || rights.includes("SendAs")) add(trustee);
  }
  const isSystem = recipient.kind === "discovery" || recipient.kind === "system";
  if (!isSystem && happens(draw(11), recipient.isGroup ? 100 : 25))
    add(drawTrustee(plan, recipient.index, 12));
  return [...found.values()];
}
