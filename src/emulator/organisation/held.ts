/** Everything held on one object, worked out from its number. */
import { type Delegate, delegatesOf } from "./delegates.ts";
import { type Entry, entriesOf } from "./entries.ts";
import type { Plan } from "./plan.ts";
import { Recipient } from "./recipient.ts";
import { type SendAs, sendAsOf } from "./send-as.ts";

export interface Held {
  readonly entries: readonly Entry[];
  readonly sendAs: readonly SendAs[];
  readonly delegates: readonly Delegate[];
}

export function heldOn(plan: Plan, index: number): Held {
  const recipient = new Recipient(plan, index);
  const entries = recipient.hasMailbox ? entriesOf(plan, recipient) : [];
  return {
    entries,
    sendAs: sendAsOf(plan, recipient, entries),
    delegates: delegatesOf(plan, recipient),
  };
}
