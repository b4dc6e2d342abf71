/** Which inbox rules a mailbox has now, and which of them a caller means. */
import type { CmdletRequest } from "../cmdlet.ts";
import { type InboxRule, rulesOf } from "../organisation/inbox-rules.ts";
import { LIVE_MAILBOXES } from "../organisation/kinds.ts";
import type { Model } from "../organisation/model.ts";
import type { View } from "../organisation/overlay.ts";
import type { Recipient } from "../organisation/recipient.ts";
import { oneObject } from "./objects.ts";
import { Refusal, textOf } from "./parameters.ts";

export interface NamedRules {
  readonly recipient: Recipient;
  /** Never empty; several when they share the name. */
  readonly found: readonly InboxRule[];
  /** Every rule of the mailbox. */
  readonly all: readonly InboxRule[];
}

export function rulesNow(model: Model, recipient: Recipient, view: View | "latest"): readonly InboxRule[] {
  return model.overlay.writtenOn(recipient.index, view).rules ?? rulesOf(recipient);
}

/**
 * The rules `Identity` means: `mailbox\\id`, `mailbox\\name`, or without the mailbox where `Mailbox` names it.
 * @throws {Refusal} when the mailbox or the rule is not there
 */
export function namedRules(model: Model, request: CmdletRequest, view: View | "latest"): NamedRules {
  const identity = textOf(request, "Identity") ?? "";
  if (identity === "") throw new Refusal({ kind: "missing-identity", subject: "Identity" });
  const mailbox = textOf(request, "Mailbox") ?? "";
  const split = splitRule(model, identity);
  const recipient = mailboxOf(model, mailbox || split?.mailbox || identity);
  const all = rulesNow(model, recipient, view);
  const isMeant = (words: string) => (rule: InboxRule) =>
    String(rule.id) === words || rule.name.toLowerCase() === words.toLowerCase();
  const whole = mailbox === "" ? [] : all.filter(isMeant(identity));
  const found = whole.length > 0 || split === undefined ? whole : all.filter(isMeant(split.rule));
  if (found.length === 0) throw new Refusal({ kind: "not-found", subject: identity });
  return { recipient, found, all };
}

/** The mailbox whose rules a caller may write. */
export function mailboxOf(model: Model, identity: string): Recipient {
  return oneObject(model, identity, ({ kind }) => LIVE_MAILBOXES.includes(kind));
}

/** ExchangeGuid of the mailbox a rule belongs to. */
export function ownerOf(model: Model, request: CmdletRequest): string | undefined {
  const identity = textOf(request, "Identity") ?? "";
  const owner = textOf(request, "Mailbox") || splitRule(model, identity)?.mailbox || identity;
  const [mailbox, ...others] = owner === "" ? [] : model.directory.find(owner);
  return mailbox?.hasMailbox && others.length === 0 ? mailbox.exchangeGuid : undefined;
}

/** Names of mailboxes and of rules may hold a backslash themselves: the first split that leads to a mailbox counts. */
function splitRule(
  model: Model,
  identity: string,
): { readonly mailbox: string; readonly rule: string } | undefined {
  for (let at = identity.indexOf("\\"); at >= 0; at = identity.indexOf("\\", at + 1)) {
    const mailbox = identity.slice(0, at);
    if (model.directory.find(mailbox).some((recipient) => recipient.hasMailbox))
      return { mailbox, rule: identity.slice(at + 1) };
  }
  return undefined;
}
