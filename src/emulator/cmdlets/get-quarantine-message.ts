/** `Get-QuarantineMessage`: pages by `Page` and `PageSize`, with an enum that takes the beginning of a member for it (exo-protocol.md 4.5, 6.5). */
import type { WireRow } from "../cmdlet.ts";
import type { Plan } from "../organisation/plan.ts";
import { pick } from "../organisation/random.ts";
import { Recipient } from "../organisation/recipient.ts";
import { type Definition, READERS, rows } from "./define.ts";
import { rowsOf } from "./listing.ts";
import { type EnumType, membersOf, textOf } from "./parameters.ts";
import { date, flag, text, texts } from "./wire-values.ts";

const TYPES: EnumType = {
  type: "Microsoft.Exchange.Management.FfoQuarantine.QuarantineMessageTypeEnum[]",
  members: [
    "Bulk",
    "DataLossPrevention",
    "FileTypeBlock",
    "HighConfPhish",
    "Malware",
    "Phish",
    "SPOMalware",
    "Spam",
    "TransportRule",
  ],
};

/** Types that messages have: nobody's file was ever blocked. */
const FOUND = ["Bulk", "HighConfPhish", "Malware", "Phish", "Spam"] as const;
const MINUTE_MS = 60_000;

export const getQuarantineMessage: Definition = {
  name: "Get-QuarantineMessage",
  roles: READERS,
  about: [],
  parameters: [
    "Identity",
    "EndReceivedDate",
    "EntityType",
    "Page",
    "PageSize",
    "QuarantineTypes",
    "RecipientAddress",
    "SenderAddress",
    "StartReceivedDate",
    "Type",
  ],
  run(model, request) {
    const { plan } = model;
    const wanted = ["QuarantineTypes", "Type"].flatMap(
      (name) => membersOf(model, request, name, TYPES) ?? [],
    );
    const size = wholeNumber(textOf(request, "PageSize"), 100);
    const first = (wholeNumber(textOf(request, "Page"), 1) - 1) * size;
    const all = Array.from({ length: Math.min(500, Math.ceil(plan.options.mailboxes / 20)) }, (_, nth) => nth)
      .filter((nth) => wanted.length === 0 || wanted.includes(typeOf(plan, nth)))
      .slice(first, first + size);
    return rows(rowsOf(all.map((nth) => messageRow(plan, nth, request.nowMs))));
  },
};

function typeOf(plan: Plan, nth: number): string {
  return pick(FOUND, plan.draws.details(nth, 40_000));
}

function messageRow(plan: Plan, nth: number, nowMs: number): WireRow {
  const recipient = new Recipient(plan, plan.draws.details(nth, 40_001) % plan.census.mailboxes.end);
  return [
    ["Identity", text(`${recipient.guid}\\${recipient.exchangeGuid}`)],
    ["ReceivedTime", date(Math.max(0, nowMs - nth * MINUTE_MS))],
    ["Organization", text(plan.options.tenantId)],
    ["MessageId", text(`<${recipient.guid}@spam.example>`)],
    ["SenderAddress", text(`promo${nth}@spam.example`)],
    ["RecipientAddress", texts([recipient.primarySmtp])],
    ["Subject", text(`=WIN() <b>Offer</b> ${nth}`)],
    ["Size", text("12 KB (12,345 bytes)")],
    ["Type", text(typeOf(plan, nth))],
    ["Released", flag(false)],
  ];
}

function wholeNumber(value: string | undefined, otherwise: number): number {
  const number = Number(value);
  return value !== undefined && Number.isInteger(number) && number > 0 ? number : otherwise;
}
