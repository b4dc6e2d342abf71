/** Says to people what the gate did about a refusal: `gate closed for 12 s, window 8 → 4`. Pure. */
import type { BatchResult } from "./gate.ts";
import type { Reaction } from "./law/index.ts";

/** What was refused: the tenant, a place (too many at once), or mailboxes in trouble of their own. */
export type Scope = "tenant" | "slot" | "mailbox";

/** @returns undefined when nothing was refused */
export function scopeOf(result: BatchResult, reaction: Pick<Reaction, "alone">): Scope | undefined {
  if (result.slotRefused > 0) return "slot";
  if (result.refused === 0) return undefined;
  return reaction.alone === "all" ? "mailbox" : "tenant";
}

export function reactionText(
  result: BatchResult,
  reaction: Reaction,
  nowMs: number,
  degraded: boolean,
): string {
  const parts: string[] = degraded ? ["Redis is away, this process reacts by itself"] : [];
  if (reaction.closed) parts.push(`gate closed for ${seconds(reaction.closedUntilMs - nowMs)}`);
  if (reaction.alone === "all")
    parts.push(result.refused === 1 ? "only this mailbox waits" : "only these mailboxes wait");
  if (reaction.alone === "passed-by") parts.push("mailboxes whose neighbours passed wait by themselves");
  if (reaction.windowFrom !== reaction.windowTo)
    parts.push(`window ${reaction.windowFrom} → ${reaction.windowTo}`);
  else if (result.slotRefused > 0) parts.push(`window stays ${reaction.windowTo}`);
  if (reaction.paceTo !== undefined && reaction.paceFrom !== reaction.paceTo) {
    parts.push(
      `pace ${reaction.paceFrom === undefined ? "" : `${pace(reaction.paceFrom)} → `}${pace(reaction.paceTo)} calls/s`,
    );
  }
  if (reaction.callsFrom !== reaction.callsTo) parts.push(`at most ${reaction.callsTo} calls in a batch`);
  return parts.length > 0 ? parts.join(", ") : "nothing to change";
}

function seconds(ms: number): string {
  return ms < 10_000 ? `${(Math.max(0, ms) / 1_000).toFixed(1)} s` : `${Math.round(ms / 1_000)} s`;
}

function pace(callsPerSecond: number): string {
  return callsPerSecond < 10 ? callsPerSecond.toFixed(1) : String(Math.round(callsPerSecond));
}
