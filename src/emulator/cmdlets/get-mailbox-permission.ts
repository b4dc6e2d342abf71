/** `Get-MailboxPermission` (exo-protocol.md 10.4). */
import type { CmdletRequest, WireRow, WireValue } from "../cmdlet.ts";
import { DELETED_MAILBOXES, type Kind, LISTED_MAILBOXES } from "../organisation/kinds.ts";
import type { Entry } from "../organisation/entries.ts";
import type { Model } from "../organisation/model.ts";
import type { Recipient } from "../organisation/recipient.ts";
import { Columns, type Seen } from "./columns.ts";
import { type Definition, READERS, rows } from "./define.ts";
import { objectsOf } from "./objects.ts";
import { Refusal, isOn, textOf } from "./parameters.ts";
import { shownAs, sidOf } from "./trustees.ts";
import { flag, text, texts } from "./wire-values.ts";

export const getMailboxPermission: Definition = {
  name: "Get-MailboxPermission",
  roles: READERS,
  parameters: [
    "Identity",
    "User",
    "Owner",
    "SoftDeletedMailbox",
    "GroupMailbox",
    "IncludeUnresolvedPermissions",
    "IncludeSoftDeletedUserPermissions",
    "IncludeUserWithDisplayName",
    "ReadFromDomainController",
    "ResultSize",
    "UseCustomRouting",
  ],
  run(model, request) {
    const identity = textOf(request, "Identity");
    if (identity === undefined || (identity === "" && !model.plan.quirk("empty-identity-is-all")))
      throw new Refusal({ kind: "missing-identity", subject: "Identity" });
    const user = textOf(request, "User") ?? "";
    const source = objectsOf(model, request, {
      kinds: kindsOf(request),
      columns: new Columns([]),
      rows: (seen) => rowsOf(seen, isOn(request, "Owner"), user),
    });
    const swept = identity.includes("*") && model.plan.quirk("wildcard-errors");
    return rows(source, swept ? { errors: [backEndError(model)] } : {});
  },
};

function kindsOf(request: CmdletRequest): readonly Kind[] {
  if (isOn(request, "GroupMailbox")) return ["group-mailbox"];
  if (isOn(request, "SoftDeletedMailbox")) return DELETED_MAILBOXES;
  return [...LISTED_MAILBOXES, "system"];
}

function rowsOf({ model, recipient, state }: Seen, owner: boolean, user: string): WireRow[] {
  if (owner) return [ownerRow(recipient)];
  const wanted = user === "" ? undefined : new Set(model.directory.find(user).map(({ sid }) => sid));
  return state.entries
    .filter(
      (entry) =>
        wanted === undefined ||
        wanted.has(sidOf(model, entry.trustee)) ||
        shownAs(model, entry.trustee).toLowerCase() === user.toLowerCase(),
    )
    .map((entry) => permissionRow(model, recipient, entry));
}

export function permissionRow(model: Model, mailbox: Recipient, entry: Entry): WireRow {
  return [
    ["AccessRights", texts(elementsOf(mailbox, entry))],
    ["Deny", denyOf(mailbox, entry)],
    ["InheritanceType", text("All")],
    ["User", text(shownAs(model, entry.trustee))],
    ["UserSid", text(sidOf(model, entry.trustee))],
    ["PrimarySmtpAddress", text("")],
    ["Identity", text(mailbox.identity)],
    ["IsInherited", flag(entry.inherited)],
    ["IsValid", flag(true)],
    ["ObjectState", text("Unchanged")],
  ];
}

/** All rights in one element with commas; on some mailboxes the last one stands alone (exo-protocol.md 5.3). */
function elementsOf(mailbox: Recipient, { rights }: Entry): readonly string[] {
  if (!mailbox.plan.quirk("comma-joined-rights")) return rights;
  if (rights.length > 2 && mailbox.index % 3 === 0)
    return [rights.slice(0, -1).join(", "), rights.at(-1) ?? ""];
  return [rights.join(", ")];
}

/** A boolean, or on one mailbox of four the word for it: both were seen (exo-protocol.md 5.3). */
function denyOf(mailbox: Recipient, { allow }: Entry): WireValue {
  const worded = mailbox.index % 4 === 1 && mailbox.plan.quirk("string-booleans");
  return worded ? text(allow ? "False" : "True") : flag(!allow);
}

function ownerRow(mailbox: Recipient): WireRow {
  return [
    ["Owner", text("NT AUTHORITY\\SELF")],
    ["Identity", text(mailbox.identity)],
    ["IsValid", flag(true)],
    ["ObjectState", text("Unchanged")],
  ];
}

function backEndError({ plan }: Model): string {
  const guid = plan.ids.guid("exchange", plan.census.range("system").first);
  return `Microsoft.Exchange.Data.ApplicationLogic.Cafe.BackEndLocatorException: The mailbox '${guid}' could not be located on any back end.`;
}
