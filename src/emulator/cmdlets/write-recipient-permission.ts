/** `Add-RecipientPermission` and `Remove-RecipientPermission`: SendAs (exo-protocol.md 10.7). */
import type { CmdletRequest } from "../cmdlet.ts";
import type { Model } from "../organisation/model.ts";
import type { Recipient } from "../organisation/recipient.ts";
import { SELF, trusteeKey } from "../organisation/trustee.ts";
import { type Definition, MANAGERS, unchanged } from "./define.ts";
import { RECIPIENT_RIGHTS } from "./get-recipient-permission.ts";
import { grantee, trusteeMatcher } from "./trustees.ts";
import { oneObject } from "./objects.ts";
import { membersOf, required, textOf } from "./parameters.ts";

export const addRecipientPermission: Definition = {
  name: "Add-RecipientPermission",
  roles: MANAGERS,
  writes: true,
  parameters: ["Identity", "Trustee", "AccessRights"],
  run(model, request) {
    const recipient = recipientOf(model, request);
    const name = required(request, "Trustee");
    const trustee = grantee(model, name);
    const key = trusteeKey(trustee);
    const isThere = model.overlay
      .state(recipient.index, "latest")
      .sendAs.some((held) => trusteeKey(held.trustee) === key);
    if (isThere)
      return {
        kind: "nothing",
        ...unchanged(
          model,
          `The appropriate access control entry is already present on the object "${recipient.distinguishedName}" for account "${name}".`,
        ),
      };
    const noise = trustee === SELF ? "NR1" : key === `#${recipient.index}` ? "NR11" : "";
    model.overlay.write(recipient.index, request, (state) => ({
      ...state,
      sendAs: [...state.sendAs, { trustee, noise }],
    }));
    return { kind: "nothing" };
  },
};

export const removeRecipientPermission: Definition = {
  name: "Remove-RecipientPermission",
  roles: MANAGERS,
  writes: true,
  parameters: [
    "Identity",
    "Trustee",
    "AccessRights",
    "Deny",
    "MultiTrustees",
    "SkipDomainValidationForMailContact",
    "SkipDomainValidationForMailUser",
    "SkipDomainValidationForSharedMailbox",
  ],
  run(model, request) {
    const recipient = recipientOf(model, request);
    const name = required(request, "Trustee");
    const isMeant = trusteeMatcher(model, name);
    if (!model.overlay.state(recipient.index, "latest").sendAs.some(({ trustee }) => isMeant(trustee)))
      return {
        kind: "nothing",
        ...unchanged(
          model,
          `Can't remove the access control entry on the object "${recipient.distinguishedName}" for account "${name}" because the ACE isn't present.`,
        ),
      };
    model.overlay.write(recipient.index, request, (state) => ({
      ...state,
      sendAs: state.sendAs.filter(({ trustee }) => !isMeant(trustee)),
    }));
    return { kind: "nothing" };
  },
};

function recipientOf(model: Model, request: CmdletRequest): Recipient {
  required(request, "AccessRights");
  membersOf(model, request, "AccessRights", RECIPIENT_RIGHTS);
  return oneObject(
    model,
    textOf(request, "Identity"),
    ({ isRecipient, kind }) => isRecipient && kind !== "soft-deleted",
  );
}
