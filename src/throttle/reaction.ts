/** Says to people what the gate did about a refusal: `gate closed for 12 s, window 8 → 4`. Pure. */
import type { BatchResult } from "./gate.ts";
import type { Change } from "./gate-store.ts";

/** @param change undefined when Redis could not be told: the process then keeps to its own share */
export function reactionTo(result: BatchResult, change: Change | undefined): string {
  if (!change) return "Redis is away: this process slows down by itself";
  const parts: string[] = [];
  if (result.refusal?.scope === "tenant") parts.push(`gate closed for ${seconds(change.closedForMs)}`);
  if (result.refusal?.scope === "mailbox") parts.push("only this mailbox waits");
  const [before, after] = [Math.floor(change.windowBefore), Math.floor(change.windowAfter)];
  if (after !== before) parts.push(`window ${before} → ${after}`);
  else if (result.refusal?.scope === "slot") parts.push(`window stays ${after} and does not grow for now`);
  if (change.callsAfter !== change.callsBefore) parts.push(`at most ${change.callsAfter} calls in a batch`);
  return parts.length > 0 ? parts.join(", ") : "nothing to change";
}

function seconds(ms: number): string {
  return ms < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 1_000)} s`;
}
