/** `New-`, `Remove-`, `Enable-` and `Disable-InboxRule`: a name is no key, so making a rule twice makes two (exo-protocol.md 10.13). */
import type { CmdletRequest, WireValue } from "../cmdlet.ts";
import {
  type InboxRule,
  type RuleTarget,
  SENDING_ACTIONS,
  ruleId,
  targetText,
} from "../organisation/inbox-rules.ts";
import type { Model } from "../organisation/model.ts";
import type { Recipient } from "../organisation/recipient.ts";
import { type Definition, MANAGERS, rows } from "./define.ts";
import { RULE_FLAGS, RULE_LISTS, RULE_TEXTS, ruleRow } from "./get-inbox-rule.ts";
import { mailboxOf, namedRules, ownerOf, rulesNow } from "./inbox-rules.ts";
import { rowsOf } from "./listing.ts";
import { Refusal, isOn, listOf, required, textOf } from "./parameters.ts";
import { flag, text, texts } from "./wire-values.ts";

const TARGETS: ReadonlySet<string> = new Set([
  "ForwardTo",
  "ForwardAsAttachmentTo",
  "RedirectTo",
  "From",
  "SentTo",
]);

export const newInboxRule: Definition = {
  name: "New-InboxRule",
  roles: MANAGERS,
  writes: true,
  parameters: ["Name", "Mailbox", "Force", "Priority", ...RULE_LISTS, ...RULE_FLAGS, ...RULE_TEXTS],
  subject: ownerOf,
  run(model, request) {
    const name = required(request, "Name");
    const recipient = mailboxOf(model, required(request, "Mailbox"));
    const { parts, sends } = partsOf(model, request, recipient);
    const before = rulesNow(model, recipient, "latest");
    const rule: InboxRule = { id: freeId(recipient, before), name, enabled: true, parts, sends };
    const wanted = Number(textOf(request, "Priority") ?? before.length + 1);
    const place = Number.isInteger(wanted) ? Math.min(Math.max(wanted - 1, 0), before.length) : before.length;
    write(model, request, recipient, (rules) => rules.toSpliced(place, 0, rule));
    return rows(rowsOf([ruleRow(recipient, rule, place)]));
  },
};

export const removeInboxRule = onOneRule("Remove-InboxRule", (rules, { id }) =>
  rules.filter((rule) => rule.id !== id),
);
export const enableInboxRule = onOneRule("Enable-InboxRule", (rules, { id }) => switched(rules, id, true));
export const disableInboxRule = onOneRule("Disable-InboxRule", (rules, { id }) => switched(rules, id, false));

function onOneRule(
  name: string,
  change: (rules: readonly InboxRule[], rule: InboxRule) => readonly InboxRule[],
): Definition {
  return {
    name,
    roles: MANAGERS,
    writes: true,
    parameters: ["Identity", "Mailbox", "AlwaysDeleteOutlookRulesBlob", "Force"],
    subject: ownerOf,
    run(model, request) {
      const { recipient, found } = namedRules(model, request, "latest");
      const [rule, ...others] = found;
      if (rule === undefined || others.length > 0)
        throw new Refusal({ kind: "ambiguous", subject: textOf(request, "Identity") ?? "" });
      write(model, request, recipient, (rules) => change(rules, rule));
      return { kind: "nothing" };
    },
  };
}

function switched(rules: readonly InboxRule[], id: bigint, enabled: boolean): readonly InboxRule[] {
  return rules.map((rule) => (rule.id === id ? { ...rule, enabled } : rule));
}

function write(
  model: Model,
  request: CmdletRequest,
  recipient: Recipient,
  change: (rules: readonly InboxRule[]) => readonly InboxRule[],
): void {
  const original = rulesNow(model, recipient, "latest");
  model.overlay.write(recipient.index, request, (state) => ({
    ...state,
    rules: change(state.rules ?? original),
  }));
}

/** An id no rule of the mailbox has. */
function freeId(recipient: Recipient, rules: readonly InboxRule[]): bigint {
  const taken = new Set(rules.map(({ id }) => id));
  let nth = 100 + rules.length;
  while (taken.has(ruleId(recipient, nth))) nth += 1;
  return ruleId(recipient, nth);
}

function partsOf(
  model: Model,
  request: CmdletRequest,
  recipient: Recipient,
): { readonly parts: ReadonlyMap<string, WireValue>; readonly sends: InboxRule["sends"] } {
  const parts = new Map<string, WireValue>();
  const sends: InboxRule["sends"][number][] = [];
  for (const part of RULE_LISTS) {
    const list = listOf(request, part);
    if (list === undefined) continue;
    if (!TARGETS.has(part)) parts.set(part, texts(list));
    else {
      const targets = list.map((words) => targetOf(model, words));
      const action = SENDING_ACTIONS.find((name) => name === part);
      if (action !== undefined) sends.push(...targets.map((to) => ({ action, to })));
      parts.set(part, texts(targets.map((to) => targetText(recipient, to))));
    }
  }
  for (const part of RULE_FLAGS) if (isOn(request, part)) parts.set(part, flag(true));
  for (const part of RULE_TEXTS) {
    const words = textOf(request, part) ?? "";
    if (words !== "") parts.set(part, text(words));
  }
  return { parts, sends };
}

/** Somebody of the tenant, or an address elsewhere. @throws {Refusal} for neither */
function targetOf(model: Model, words: string): RuleTarget {
  const [recipient] = model.directory.find(words).filter(({ isRecipient }) => isRecipient);
  if (recipient !== undefined) return { index: recipient.index };
  const address = words.replace(/^smtp:/i, "");
  if (/^[^\s@]+@[^\s@]+$/.test(address)) return { address };
  throw new Refusal({ kind: "argument-not-found", subject: words });
}
