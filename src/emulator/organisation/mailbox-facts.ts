/** Tells what sweeps look for, straight from the model: no row is made on the way. */
import type { MailboxFact, MailboxRuleFact, SendingFact } from "../cmdlet.ts";
import {
  archiveGrows,
  auditOf,
  bypassesAudit,
  forwardingOf,
  hasArchive,
  quotasOf,
  resourceDelegateOf,
  usageOf,
  wasOpened,
} from "./details.ts";
import { devicesOf } from "./devices.ts";
import { type InboxRule, type RuleTarget, SYSTEM_RULES, hiddenRulesOf, rulesOf } from "./inbox-rules.ts";
import type { Model } from "./model.ts";
import type { State } from "./overlay.ts";
import { protocolsOf } from "./protocols.ts";
import type { Recipient } from "./recipient.ts";

/** Of user, shared, room and equipment mailboxes, mailbox by mailbox, every write included. */
export function* mailboxFacts(model: Model): Iterable<MailboxFact> {
  const { first, end } = model.plan.census.mailboxes;
  for (let index = first; index < end; index++)
    if (!model.directory.isRemoved(index)) yield factOf(model, model.directory.at(index));
}

type Written = Pick<State, "set" | "rules">;

/** `Guid` of every account whose doings no mailbox records. */
export function* auditBypassed(model: Model): Iterable<string> {
  for (let index = 0; index < model.plan.census.size; index++) {
    const account = model.directory.at(index);
    const written = model.overlay.writtenOn(index, "latest");
    if (flagSet(written, "AuditBypassEnabled") ?? bypassesAudit(account)) yield account.guid;
  }
}

function factOf(model: Model, recipient: Recipient): MailboxFact {
  const written: Written = model.overlay.writtenOn(recipient.index, "latest");
  const protocols = protocolsOf(recipient);
  const audit = auditOf(recipient);
  const usage = usageOf(recipient);
  const quotas = quotasOf(recipient);
  return {
    mailboxGuid: recipient.exchangeGuid,
    mailboxType: textSet(written, "RecipientTypeDetails") ?? recipient.typeDetails,
    sends: [
      ...ownSends(model, recipient, written),
      ...ruleSends(model, recipient, written),
      ...delegateSends(model, recipient, written),
    ],
    rules: allRules(recipient, written)
      .filter(({ rule }) => !SYSTEM_RULES.includes(rule.name) || rule.parts.size > 0)
      .map(({ rule, hidden }) => ruleFact(rule, hidden)),
    smtpAuthDisabled: triStateSet(written, "SmtpClientAuthenticationDisabled", protocols.smtpAuthDisabled),
    activeSync: flagSet(written, "ActiveSyncEnabled") ?? protocols.activeSync,
    pop: flagSet(written, "PopEnabled") ?? protocols.pop,
    imap: flagSet(written, "ImapEnabled") ?? protocols.imap,
    ews: triStateSet(written, "EwsEnabled", protocols.ews),
    auditEnabled: flagSet(written, "AuditEnabled") ?? audit.enabled,
    defaultAuditSet: audit.defaultSet,
    canSignIn: !recipient.accountDisabled,
    opened: wasOpened(recipient),
    devices: devicesOf(recipient).map(({ guid, state }) => ({ guid, state })),
    items: {
      used: usage.items,
      quota: quotaSet(written, "ProhibitSendReceiveQuota", quotas.prohibitSendReceive),
    },
    recoverable: { used: usage.recoverable, quota: quotas.recoverableItems },
    archive: hasArchive(recipient)
      ? { used: usage.archive, quota: quotas.archive, grows: archiveGrows(recipient) }
      : null,
  };
}

function ownSends(model: Model, recipient: Recipient, written: Written): SendingFact[] {
  const original = forwardingOf(recipient);
  const name = textSet(written, "ForwardingAddress");
  const inside = name === undefined ? original.to : model.directory.find(name)[0]?.index;
  const smtp = textSet(written, "ForwardingSmtpAddress") ?? original.smtp ?? "";
  const own = { rule: "", hidden: false };
  return [
    ...(inside === undefined
      ? []
      : [{ by: "ForwardingAddress", ...own, active: true, ...targetFact(model, { index: inside }) }]),
    ...(smtp === ""
      ? []
      : [
          {
            by: "ForwardingSmtpAddress",
            ...own,
            active: inside === undefined,
            ...targetFact(model, { address: smtp.replace(/^smtp:/i, "") }),
          },
        ]),
  ];
}

interface Rule {
  readonly rule: InboxRule;
  readonly hidden: boolean;
}

function allRules(recipient: Recipient, written: Written): Rule[] {
  const shown = (written.rules ?? rulesOf(recipient)).map((rule) => ({ rule, hidden: false }));
  return [...shown, ...hiddenRulesOf(recipient).map((rule) => ({ rule, hidden: true }))];
}

function ruleSends(model: Model, recipient: Recipient, written: Written): SendingFact[] {
  return allRules(recipient, written).flatMap(({ rule, hidden }) =>
    rule.sends.map(({ action, to }) => ({
      by: action,
      rule: String(rule.id),
      hidden,
      active: rule.enabled,
      ...targetFact(model, to),
    })),
  );
}

function delegateSends(model: Model, recipient: Recipient, written: Written): SendingFact[] {
  const original = resourceDelegateOf(recipient);
  const names = written.set.get("resourcedelegates");
  const delegates =
    names?.type === "strings" ? names.value.map((name) => model.directory.find(name)[0]?.index) : [original];
  const active = flagSet(written, "ForwardRequestsToDelegates") ?? true;
  return delegates
    .filter((index) => index !== undefined)
    .map((index) => ({
      by: "ResourceDelegates",
      rule: "",
      hidden: false,
      active,
      ...targetFact(model, { index }),
    }));
}

/** Parts of a rule that do something; all others ask for something. */
const ACTIONS = new Set([
  "ApplyCategory",
  "CopyToFolder",
  "DeleteMessage",
  "ForwardAsAttachmentTo",
  "ForwardTo",
  "MarkAsRead",
  "MarkImportance",
  "MoveToFolder",
  "RedirectTo",
  "StopProcessingRules",
]);

function ruleFact({ id, name, enabled, parts }: InboxRule, hidden: boolean): MailboxRuleFact {
  const movesTo = parts.get("MoveToFolder")?.value;
  return {
    id: String(id),
    name,
    enabled,
    hidden,
    deletes: parts.get("DeleteMessage")?.value === true,
    movesTo: typeof movesTo === "string" ? movesTo : "",
    isConditional: [...parts.keys()].some((part) => !ACTIONS.has(part)),
  };
}

function targetFact(model: Model, to: RuleTarget): Pick<SendingFact, "external" | "objectId" | "address"> {
  if ("index" in to) {
    const { kind, objectId, primarySmtp } = model.directory.at(to.index);
    return { external: kind === "contact" || kind === "guest", objectId, address: primarySmtp.toLowerCase() };
  }
  const address = to.address.toLowerCase();
  const domain = address.slice(address.lastIndexOf("@") + 1);
  const own: readonly string[] = Object.values(model.plan.domains);
  return { external: !own.includes(domain), objectId: "", address };
}

function flagSet({ set }: Pick<State, "set">, name: string): boolean | undefined {
  const value = set.get(name.toLowerCase())?.value;
  return typeof value === "boolean" ? value : undefined;
}

function triStateSet({ set }: Written, name: string, original: boolean | null): boolean | null {
  const written = set.get(name.toLowerCase());
  if (written === undefined) return original;
  return typeof written.value === "boolean" ? written.value : null;
}

/** Quotas are written down as text with the exact bytes in it; null for no limit. */
function quotaSet(written: Written, name: string, original: number): number | null {
  const text = textSet(written, name);
  if (text === undefined) return original;
  const bytes = /\(([\d,]+) bytes\)/.exec(text)?.[1];
  return bytes === undefined ? null : Number(bytes.replaceAll(",", ""));
}

/** A text that was written; empty where it was cleared, undefined where nobody wrote it. */
function textSet({ set }: Written, name: string): string | undefined {
  const written = set.get(name.toLowerCase());
  if (written === undefined) return undefined;
  return typeof written.value === "string" ? written.value : "";
}
