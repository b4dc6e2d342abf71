/** `Get-RecipientPermission`: SendAs, for one recipient or in one sweep over all (exo-protocol.md 10.5). */
import type { WireRow } from "../cmdlet.ts";
import type { Kind } from "../organisation/kinds.ts";
import type { SendAs } from "../organisation/send-as.ts";
import type { Model } from "../organisation/model.ts";
import type { Recipient } from "../organisation/recipient.ts";
import { Columns } from "./columns.ts";
import { type Definition, MANAGERS, rows } from "./define.ts";
import { objectsOf } from "./objects.ts";
import { type EnumType, membersOf, textOf } from "./parameters.ts";
import { shownAs, sidOf } from "./trustees.ts";
import { flag, text, texts } from "./wire-values.ts";

const LISTED: readonly Kind[] = [
  "user",
  "shared",
  "room",
  "equipment",
  "scheduling",
  "discovery",
  "system",
  "group-mailbox",
  "mail-user",
  "distribution",
  "mail-security",
  "dynamic",
];

export const RECIPIENT_RIGHTS: EnumType = {
  type: "Microsoft.Exchange.Management.RecipientTasks.RecipientAccessRight[]",
  members: ["SendAs"],
};

export const getRecipientPermission: Definition = {
  name: "Get-RecipientPermission",
  roles: MANAGERS,
  parameters: [
    "Identity",
    "AccessRights",
    "Trustee",
    "IncludeTrusteeWithPrimarySmtpAddress",
    "ReadFromDomainController",
    "ResultSize",
  ],
  run(model, request) {
    membersOf(model, request, "AccessRights", RECIPIENT_RIGHTS);
    const trustee = textOf(request, "Trustee") ?? "";
    const wanted = trustee === "" ? undefined : new Set(model.directory.find(trustee).map(({ sid }) => sid));
    const isWanted = (held: SendAs): boolean =>
      wanted === undefined ||
      wanted.has(sidOf(model, held.trustee)) ||
      shownAs(model, held.trustee).toLowerCase() === trustee.toLowerCase();
    return rows(
      objectsOf(model, request, {
        kinds: LISTED,
        columns: new Columns([]),
        rows: ({ recipient, state }) =>
          state.sendAs.filter(isWanted).map((held) => permissionRow(model, recipient, held)),
      }),
    );
  },
};

/** There is no `Deny` and no `IsInherited`; `Identity` is the display name, of a renamed recipient the old one. */
export function permissionRow(model: Model, recipient: Recipient, { trustee }: SendAs): WireRow {
  return [
    ["Identity", text(recipient.formerDisplayName ?? recipient.displayName)],
    ["Trustee", text(shownAs(model, trustee))],
    ["TrusteeSidString", text(sidOf(model, trustee))],
    ["TrusteeWithPrimarySmtpAddress", text("")],
    ["AccessControlType", text("Allow")],
    ["AccessRights", texts(["SendAs"])],
    ["IsValid", flag(true)],
    ["ObjectState", text("Unchanged")],
  ];
}
