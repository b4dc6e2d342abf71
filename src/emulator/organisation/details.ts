/** Smaller facts about a mailbox that several cmdlets tell: archive, holds, forwarding, language, sizes. */
import { happens, pick } from "./random.ts";
import type { Recipient } from "./recipient.ts";

/** What a draw is for; each has a number of its own, so that facts do not move together. */
const PURPOSES = [
  "age",
  "archive",
  "archive-growth",
  "audit",
  "auto-reply",
  "cost-centre",
  "database",
  "delay-hold",
  "devices",
  "ews",
  "forward",
  "forward-copy",
  "hidden",
  "hold",
  "hold-time",
  "items",
  "item-size",
  "keep-deleted",
  "label-hold",
  "language",
  "logon",
  "office",
  "picture",
  "protocols",
  "rules",
  "sent-copies",
  "server",
  "smtp-auth",
  "sizes",
  "audit-bypass",
  "resource-delegate",
] as const;

export type Purpose = (typeof PURPOSES)[number];

const PARTS = new Map<string, number>(PURPOSES.map((purpose, part) => [purpose, part]));

/** A draw about a mailbox; `nth` tells several of one purpose apart. */
export function detail({ plan, index }: Recipient, purpose: Purpose, nth = 0): number {
  return plan.draws.details(index, (PARTS.get(purpose) ?? 0) + 100 * nth);
}

export function hasArchive(recipient: Recipient): boolean {
  return recipient.kind === "user" && happens(detail(recipient, "archive"), 120);
}

/** Undefined for a mailbox without an archive. */
export function archiveGuidOf(recipient: Recipient): string | undefined {
  return hasArchive(recipient)
    ? `${recipient.guid.slice(0, 8)}${recipient.exchangeGuid.slice(8)}`
    : undefined;
}

export function isOnHold(recipient: Recipient): boolean {
  return (
    recipient.kind === "inactive" || (recipient.kind === "user" && happens(detail(recipient, "hold"), 30))
  );
}

/** An address of the mailbox's owner that is not the tenant's. */
export function outsideAddressOf({ tag }: Recipient): string {
  return `${tag}@private.example`;
}

/** Where mail is forwarded to: an address outside, a contact, colleague or group by number, or neither. */
export function forwardingOf(recipient: Recipient): { readonly smtp?: string; readonly to?: number } {
  if (recipient.kind !== "user" && recipient.kind !== "shared") return {};
  const draw = detail(recipient, "forward");
  if (happens(draw, 12)) return { smtp: `smtp:${outsideAddressOf(recipient)}` };
  const { census } = recipient.plan;
  const colleagues = draw % 8 === 7 ? census.range("distribution") : census.mailboxes;
  const inside = draw % 2 === 0 ? census.range("contact") : colleagues;
  const to = happens(draw, 20) ? census.pick(inside, draw >>> 10) : undefined;
  return to === undefined || to === recipient.index ? {} : { to };
}

/** Who decides about bookings of a room or of equipment, where somebody does: a mailbox by number. */
export function resourceDelegateOf(recipient: Recipient): number | undefined {
  if (recipient.kind !== "room" && recipient.kind !== "equipment") return undefined;
  const draw = detail(recipient, "resource-delegate");
  const { census } = recipient.plan;
  const delegate = happens(draw, 300) ? census.pick(census.mailboxes, draw >>> 10) : recipient.index;
  return delegate === recipient.index ? undefined : delegate;
}

export type Language = "en-US" | "de-DE" | "fr-FR" | "es-ES" | "pl-PL" | "hu-HU";

/** Each as often as it is named. */
const LANGUAGES: readonly Language[] = [
  "en-US",
  "en-US",
  "de-DE",
  "fr-FR",
  "en-US",
  "es-ES",
  "pl-PL",
  "hu-HU",
];

export function languageOf(recipient: Recipient): Language {
  if (!recipient.plan.quirk("localised-folders")) return "en-US";
  return pick(LANGUAGES, detail(recipient, "language"));
}

/** A mailbox nobody has ever opened has no statistics. */
export function wasOpened(recipient: Recipient): boolean {
  return !happens(detail(recipient, "logon"), 20);
}

export function itemCount(recipient: Recipient): number {
  const draw = detail(recipient, "items");
  return draw % (happens(draw, 20) ? 600_000 : 40_000);
}

export function itemBytes(recipient: Recipient): number {
  return itemCount(recipient) * (20_000 + (detail(recipient, "item-size") % 150_000));
}

/** What is recorded of a mailbox, as long as nobody has written to it. */
export interface Audit {
  readonly enabled: boolean;
  /** Kinds of users whose actions are Microsoft's choice. */
  readonly defaultSet: readonly string[];
}

export function auditOf(recipient: Recipient): Audit {
  const draw = detail(recipient, "audit");
  const chosen = happens(draw >>> 12, 500) ? ["Admin", "Delegate"] : [];
  return {
    enabled: !happens(draw, 20),
    defaultSet: happens(draw, 40) ? chosen : ["Admin", "Delegate", "Owner"],
  };
}

/** Nothing this account does is recorded in any mailbox; a few service accounts, and those with a mailbox rarer still. */
export function bypassesAudit(recipient: Recipient): boolean {
  const { kind } = recipient;
  const perMille = kind === "account" ? 15 : kind === "user" || kind === "mail-user" ? 2 : 0;
  return happens(detail(recipient, "audit-bypass"), perMille);
}

const GB = 2 ** 30;

/** Bytes that a mailbox may hold, as long as nobody has written to it. */
export interface Quotas {
  readonly issueWarning: number;
  readonly prohibitSend: number;
  readonly prohibitSendReceive: number;
  readonly recoverableItems: number;
  readonly recoverableItemsWarning: number;
  readonly archive: number;
}

export function quotasOf(recipient: Recipient): Quotas {
  const isUser = recipient.kind === "user";
  const isHeld = isOnHold(recipient);
  return {
    issueWarning: (isUser ? 98 : 49) * GB,
    prohibitSend: (isUser ? 99 : 49.5) * GB,
    prohibitSendReceive: (isUser ? 100 : 50) * GB,
    recoverableItems: (isHeld ? 100 : 30) * GB,
    recoverableItemsWarning: (isHeld ? 90 : 20) * GB,
    archive: 100 * GB,
  };
}

/** Bytes in the three parts of a mailbox. */
export interface Usage {
  readonly items: number;
  /** Of deleted items that can be recovered. */
  readonly recoverable: number;
  /** Of the archive; it counts where there is one. */
  readonly archive: number;
}

export function usageOf(recipient: Recipient): Usage {
  const items = itemBytes(recipient);
  const recoverable = happens(detail(recipient, "sizes", 40), 10)
    ? 20 * GB + Math.floor(items / 2)
    : Math.floor(items / 25);
  const archive = happens(detail(recipient, "sizes", 41), 30) ? 97 * GB : Math.floor(items * 0.4);
  return { items, recoverable, archive };
}

/** An archive that grows by itself never fills up. */
export function archiveGrows(recipient: Recipient): boolean {
  return hasArchive(recipient) && detail(recipient, "archive-growth") % 10 === 0;
}
