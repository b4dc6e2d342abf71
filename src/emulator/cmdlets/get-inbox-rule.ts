/** `Get-InboxRule`: the rules of a mailbox, or the one an identity means (exo-protocol.md 10.13). */
import type { CmdletRequest, WireRow } from "../cmdlet.ts";
import { type InboxRule, SYSTEM_RULES, hiddenRulesOf } from "../organisation/inbox-rules.ts";
import type { Model } from "../organisation/model.ts";
import type { Recipient } from "../organisation/recipient.ts";
import { type Definition, READERS, rows } from "./define.ts";
import { namedRules, rulesNow } from "./inbox-rules.ts";
import { rowsOf } from "./listing.ts";
import { aboutMailbox } from "./objects.ts";
import { isOn, textOf } from "./parameters.ts";
import { flag, int32, int64, none, text, texts } from "./wire-values.ts";

/** Lists of a rule, in the order of a row. */
export const RULE_LISTS = [
  "ApplyCategory",
  "BodyContainsWords",
  "From",
  "FromAddressContainsWords",
  "HeaderContainsWords",
  "RecipientAddressContainsWords",
  "SentTo",
  "SubjectContainsWords",
  "SubjectOrBodyContainsWords",
  "ForwardTo",
  "ForwardAsAttachmentTo",
  "RedirectTo",
] as const;
export const RULE_FLAGS = [
  "DeleteMessage",
  "HasAttachment",
  "MarkAsRead",
  "MyNameInToOrCcBox",
  "SentOnlyToMe",
  "StopProcessingRules",
] as const;
export const RULE_TEXTS = ["CopyToFolder", "MarkImportance", "MoveToFolder", "WithImportance"] as const;

export const getInboxRule: Definition = {
  name: "Get-InboxRule",
  roles: READERS,
  about: ["Mailbox", "Identity"],
  parameters: [
    "Identity",
    "Mailbox",
    "BypassScopeCheck",
    "DescriptionTimeFormat",
    "DescriptionTimeZone",
    "IncludeHidden",
    "ResultSize",
    "SkipCount",
    "SweepRules",
    "UseCustomRouting",
  ],
  run(model, request) {
    if (meansRule(model, request)) {
      const { recipient, found, all } = namedRules(model, request, request);
      return rows(rowsOf(found.map((rule) => ruleRow(recipient, rule, all.indexOf(rule)))));
    }
    const withHidden = isOn(request, "IncludeHidden");
    return rows(
      aboutMailbox(model, request, ["Mailbox", "Identity"], ({ recipient }) => {
        const all = rulesNow(model, recipient, request);
        return [...all, ...(withHidden ? hiddenRulesOf(recipient) : [])].map((rule, nth) =>
          ruleRow(recipient, rule, nth),
        );
      }),
    );
  },
};

/** Beside a mailbox, or behind one, an identity means a rule. */
function meansRule(model: Model, request: CmdletRequest): boolean {
  const identity = textOf(request, "Identity") ?? "";
  if (identity === "") return false;
  if ((textOf(request, "Mailbox") ?? "") !== "") return true;
  return identity.includes("\\") && model.directory.find(identity).length === 0;
}

export function ruleRow(recipient: Recipient, rule: InboxRule, nth: number): WireRow {
  const { id, name, enabled, parts } = rule;
  return [
    ["Description", text(`If the message:\r\n\tis received\r\nTake the following actions:\r\n\t${name}\r\n`)],
    ["Enabled", flag(enabled)],
    ["Identity", text(`${recipient.name}\\${id}`)],
    ["InError", flag(false)],
    ["ErrorType", text("None")],
    ["Name", text(name)],
    ["Priority", int32(nth + 1)],
    ["RuleIdentity", int64(id)],
    ["SupportedByTask", flag(!SYSTEM_RULES.includes(name))],
    ["Legacy", flag(false)],
    ...RULE_LISTS.map((part) => [part, parts.get(part) ?? texts([])] as const),
    ...RULE_FLAGS.map((part) => [part, parts.get(part) ?? flag(false)] as const),
    ...RULE_TEXTS.map((part) => [part, parts.get(part) ?? none()] as const),
    ["MailboxOwnerId", text(recipient.name)],
    ["IsValid", flag(true)],
    ["ObjectState", text("Unchanged")],
  ];
}
