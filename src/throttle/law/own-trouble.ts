/**
 * One mailbox refused is not the tenant refusing (`throttle.md` finding 7): 0.1 % of busy mailboxes would else bring a tenant to a
 * standstill. Evidence for "this mailbox": a later call of the same batch passed; or it is the only refusal of its batch and such lone
 * refusals are rare; or it was told before. A refused batch of one proves nothing.
 */
import type { LawState } from "./state.ts";
import type { Alone, LawResult } from "./types.ts";

/** Answers without a lone refusal that make one rare. */
const RARE = 20;

/** @returns which of the refused calls wait alone; the rest was the tenant */
export function troubleOf(state: LawState, result: LawResult): Alone {
  const open = result.refused - result.passedBy - result.knownBusy;
  const rare = state.sinceLone >= RARE;
  if (result.refused === 0 || result.whole) {
    state.sinceLone += 1;
    return result.refused > 0 && result.knownBusy === result.refused ? "all" : "none";
  }
  if (result.refused === 1 && result.calls > 1) {
    state.sinceLone = 0;
    if (open <= 0 || rare) return "all";
    return "none";
  }
  state.sinceLone += 1;
  if (open <= 0) return "all";
  return result.passedBy > 0 ? "passed-by" : "none";
}
