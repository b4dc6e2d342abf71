/** `Get-InboxRule`: rules with ids beyond 2^63, and forwards without an address (exo-protocol.md 10.13). */
import type { WireRow } from "../cmdlet.ts";
import { detail } from "../organisation/details.ts";
import { happens } from "../organisation/random.ts";
import type { Recipient } from "../organisation/recipient.ts";
import { type Definition, READERS, rows } from "./define.ts";
import { aboutMailbox } from "./objects.ts";
import { isOn } from "./parameters.ts";
import { flag, int32, int64, none, text, texts } from "./wire-values.ts";

const HIDDEN = ["Junk E-mail Rule", "Microsoft.Exchange.OOF.KnownExternalSenders.Global"];

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
    const withHidden = isOn(request, "IncludeHidden");
    return rows(
      aboutMailbox(model, request, ["Mailbox", "Identity"], ({ recipient }) => {
        const names = ruleNames(recipient);
        const all = withHidden ? [...names, ...HIDDEN] : names;
        return all.map((name, nth) => ruleRow(recipient, name, nth));
      }),
    );
  },
};

function ruleNames(recipient: Recipient): string[] {
  const draw = detail(recipient, "rules");
  const isRuled = (recipient.kind === "user" || recipient.kind === "shared") && happens(draw, 200);
  const names = ["Newsletter", "Project\r\nmail", "=SUM(1;2)", "Forward to private"];
  return isRuled ? names.slice(0, 1 + ((draw >>> 10) % names.length)) : [];
}

function ruleRow(recipient: Recipient, name: string, nth: number): WireRow {
  const id = ruleId(recipient, nth);
  const isForward = name.startsWith("Forward");
  const isHidden = HIDDEN.includes(name);
  const to = `"${recipient.displayName}" [EX:${recipient.legacyExchangeDN}]`;
  return [
    ["Description", text(`If the message:\r\n\tis received\r\nTake the following actions:\r\n\t${name}\r\n`)],
    ["Enabled", flag(nth !== 1)],
    ["Identity", text(`${recipient.name}\\${id}`)],
    ["InError", flag(false)],
    ["ErrorType", text("None")],
    ["Name", text(name)],
    ["Priority", int32(nth + 1)],
    ["RuleIdentity", int64(id)],
    ["SupportedByTask", flag(!isHidden)],
    ["Legacy", flag(false)],
    ["From", texts([])],
    ["SubjectContainsWords", texts(isForward ? [] : [name])],
    ["ForwardTo", texts(isForward ? [to] : [])],
    ["ForwardAsAttachmentTo", texts([])],
    ["RedirectTo", texts([])],
    ["DeleteMessage", flag(name === "Newsletter" && detail(recipient, "rules", 1) % 8 === 0)],
    ["MoveToFolder", name === "Newsletter" ? text("RSS Feeds") : none()],
    ["StopProcessingRules", flag(true)],
    ["MailboxOwnerId", text(recipient.name)],
    ["IsValid", flag(true)],
    ["ObjectState", text("Unchanged")],
  ];
}

/** An unsigned 64-bit number; with the quirk off one a double can hold. */
function ruleId(recipient: Recipient, nth: number): bigint {
  const low = BigInt(detail(recipient, "rules", 10 + nth));
  if (!recipient.plan.quirk("big-rule-identity")) return low;
  const high = BigInt(detail(recipient, "rules", 20 + nth)) | 0x200000n;
  return (high << 32n) | low;
}
