/** The inbox rules of a mailbox nobody has written to, with ids beyond 2^63 (exo-protocol.md 10.13). */
import type { WireValue } from "../cmdlet.ts";
import { detail, outsideAddressOf } from "./details.ts";
import { happens } from "./random.ts";
import type { Recipient } from "./recipient.ts";

/** Actions of a rule that send mail on, by their names in a row. */
export const SENDING_ACTIONS = ["ForwardTo", "RedirectTo", "ForwardAsAttachmentTo"] as const;
export type SendingAction = (typeof SENDING_ACTIONS)[number];

/** Where a rule sends mail: to somebody of the directory, or to an address. */
export type RuleTarget = { readonly index: number } | { readonly address: string };

export interface InboxRule {
  readonly id: bigint;
  readonly name: string;
  readonly enabled: boolean;
  /** Conditions and actions, by their names in a row; those that are missing are off. */
  readonly parts: ReadonlyMap<string, WireValue>;
  /** What of `parts` sends mail on, before it was put into words. */
  readonly sends: readonly { readonly action: SendingAction; readonly to: RuleTarget }[];
}

const NAMES = ["Newsletter", "Project\r\nmail", "=SUM(1;2)", "Forward to private"];
/** The service's own; only a caller who asks for hidden rules gets them. */
export const SYSTEM_RULES = ["Junk E-mail Rule", "Microsoft.Exchange.OOF.KnownExternalSenders.Global"];
/** Places of rules among a mailbox's ids: those it shows, those it hides; the ids of rules that are written follow. */
const HIDDEN_FROM = 60;

/** In the order they work. */
export function rulesOf(recipient: Recipient): InboxRule[] {
  const draw = detail(recipient, "rules");
  if (!hasOwner(recipient) || !happens(draw, 200)) return [];
  const names = NAMES.slice(0, 1 + ((draw >>> 10) % NAMES.length));
  if (happens(detail(recipient, "rules", 2), 40)) names.push(".");
  return names.map((name, nth) => {
    const parts = new Map<string, WireValue>([["StopProcessingRules", { type: "plain", value: true }]]);
    const sends: InboxRule["sends"] = name.startsWith("Forward") ? [sendingOf(recipient)] : [];
    for (const { action, to } of sends)
      parts.set(action, { type: "strings", value: [targetText(recipient, to)] });
    if (name === ".") parts.set("DeleteMessage", { type: "plain", value: true });
    else if (sends.length === 0) parts.set("SubjectContainsWords", { type: "strings", value: [name] });
    if (name === "Newsletter") {
      const place = happens(detail(recipient, "rules", 3), 100) ? "RSS Feeds" : "Newsletters";
      parts.set("MoveToFolder", { type: "plain", value: place });
      parts.set("DeleteMessage", { type: "plain", value: detail(recipient, "rules", 1) % 8 === 0 });
    }
    return { id: ruleId(recipient, nth), name, enabled: nth !== 1, parts, sends };
  });
}

/** Rules that only show when hidden ones are asked for: the service's own in every mailbox, and somebody else's in a few. */
export function hiddenRulesOf(recipient: Recipient): InboxRule[] {
  const own = SYSTEM_RULES.map((name, nth) => ({
    id: ruleId(recipient, HIDDEN_FROM + nth),
    name,
    enabled: true,
    parts: new Map<string, WireValue>(),
    sends: [],
  }));
  const draw = detail(recipient, "rules", 4);
  if (!hasOwner(recipient) || !happens(draw, 4)) return own;
  // An intruder's: without a name, or under one that nobody looks at twice.
  const to = { address: outsideAddressOf(recipient) };
  const parts = new Map<string, WireValue>([
    ["RedirectTo", { type: "strings", value: [targetText(recipient, to)] }],
    ["DeleteMessage", { type: "plain", value: (draw >>> 11) % 2 === 0 }],
  ]);
  const planted: InboxRule = {
    id: ruleId(recipient, HIDDEN_FROM + own.length),
    name: (draw >>> 12) % 2 === 0 ? "" : "Junk E-mail Rule",
    enabled: true,
    parts,
    sends: [{ action: "RedirectTo", to }],
  };
  return [...own, planted];
}

function hasOwner({ kind }: Recipient): boolean {
  return kind === "user" || kind === "shared";
}

/** A colleague, a contact, a guest or an address elsewhere, by each of the three ways. */
function sendingOf(recipient: Recipient): InboxRule["sends"][number] {
  const { census } = recipient.plan;
  const draw = detail(recipient, "rules", 5);
  const action = SENDING_ACTIONS[draw % SENDING_ACTIONS.length] ?? "ForwardTo";
  const place = [census.mailboxes, census.range("contact"), census.range("guest"), undefined][
    (draw >>> 4) % 4
  ];
  const index = place && census.pick(place, draw >>> 8);
  return { action, to: index === undefined ? { address: outsideAddressOf(recipient) } : { index } };
}

/** A target as a rule names it: somebody of the tenant without an address. */
export function targetText(recipient: Recipient, to: RuleTarget): string {
  if ("address" in to) return `"${to.address}" [SMTP:${to.address}]`;
  const { displayName, legacyExchangeDN } = recipient.sibling(to.index);
  return `"${displayName}" [EX:${legacyExchangeDN}]`;
}

/** An unsigned 64-bit number that belongs to the mailbox and the place; with the quirk off one a double can hold. */
export function ruleId(recipient: Recipient, nth: number): bigint {
  const low = BigInt(detail(recipient, "rules", 10 + nth));
  if (!recipient.plan.quirk("big-rule-identity")) return low;
  const high = BigInt(detail(recipient, "rules", 20 + nth)) | 0x200000n;
  return (high << 32n) | low;
}
