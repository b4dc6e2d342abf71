/**
 * One mailbox refused is not the tenant refusing (`throttle.md` finding 7): 0.1 % of busy mailboxes would else bring a tenant to a
 * standstill. Evidence for "this mailbox": a later call of the same batch passed, or it was told before. One refusal without evidence
 * proves nothing: another mailbox is asked at once, and the gate closes only if that one is refused too.
 */
import type { LawResult } from "./types.ts";

/** `doubt`: one call was refused, and nothing tells whether it or the tenant was meant. */
export type Trouble = "none" | "passed-by" | "all" | "doubt";

/** @returns which of the refused calls have trouble of their own; of the others the tenant was meant */
export function troubleOf(result: LawResult): Trouble {
  const open = result.refused - result.passedBy - result.knownBusy;
  if (result.refused > 0 && open <= 0) return "all";
  if (!result.whole && open === 1) return "doubt";
  return result.passedBy > 0 ? "passed-by" : "none";
}
