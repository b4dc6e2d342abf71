/** The inbox rules of a mailbox nobody has written to, with ids beyond 2^63 (exo-protocol.md 10.13). */
import type { WireValue } from "../cmdlet.ts";
import { detail } from "./details.ts";
import { happens } from "./random.ts";
import type { Recipient } from "./recipient.ts";

export interface InboxRule {
  readonly id: bigint;
  readonly name: string;
  readonly enabled: boolean;
  /** Conditions and actions, by their names in a row; those that are missing are off. */
  readonly parts: ReadonlyMap<string, WireValue>;
}

const NAMES = ["Newsletter", "Project\r\nmail", "=SUM(1;2)", "Forward to private"];

/** In the order they work. */
export function rulesOf(recipient: Recipient): InboxRule[] {
  const draw = detail(recipient, "rules");
  const isRuled = (recipient.kind === "user" || recipient.kind === "shared") && happens(draw, 200);
  const names = isRuled ? NAMES.slice(0, 1 + ((draw >>> 10) % NAMES.length)) : [];
  return names.map((name, nth) => {
    const parts = new Map<string, WireValue>([["StopProcessingRules", { type: "plain", value: true }]]);
    if (name.startsWith("Forward")) parts.set("ForwardTo", { type: "strings", value: [asTarget(recipient)] });
    else parts.set("SubjectContainsWords", { type: "strings", value: [name] });
    if (name === "Newsletter") {
      parts.set("MoveToFolder", { type: "plain", value: "RSS Feeds" });
      parts.set("DeleteMessage", { type: "plain", value: detail(recipient, "rules", 1) % 8 === 0 });
    }
    return { id: ruleId(recipient, nth), name, enabled: nth !== 1, parts };
  });
}

/** Somebody of the tenant as a rule names them: without an address. */
export function asTarget(recipient: Recipient): string {
  return `"${recipient.displayName}" [EX:${recipient.legacyExchangeDN}]`;
}

/** An unsigned 64-bit number that belongs to the mailbox and the place; with the quirk off one a double can hold. */
export function ruleId(recipient: Recipient, nth: number): bigint {
  const low = BigInt(detail(recipient, "rules", 10 + nth));
  if (!recipient.plan.quirk("big-rule-identity")) return low;
  const high = BigInt(detail(recipient, "rules", 20 + nth)) | 0x200000n;
  return (high << 32n) | low;
}
