/** `Add-MailboxPermission` and `Remove-MailboxPermission` (exo-protocol.md 10.6). */
import type { CmdletAnswer, CmdletRequest } from "../cmdlet.ts";
import type { Entry } from "../organisation/entries.ts";
import { isDeleted } from "../organisation/kinds.ts";
import type { Model } from "../organisation/model.ts";
import type { Recipient } from "../organisation/recipient.ts";
import { SELF, type Trustee, trusteeKey } from "../organisation/trustee.ts";
import { type Definition, MANAGERS, rows, unchanged } from "./define.ts";
import { permissionRow } from "./get-mailbox-permission.ts";
import { grantee, trusteeMatcher } from "./trustees.ts";
import { rowsOf } from "./listing.ts";
import { oneObject } from "./objects.ts";
import { type EnumType, isOn, membersOf, required, textOf } from "./parameters.ts";

const RIGHTS: EnumType = {
  type: "Microsoft.Exchange.Management.RecipientTasks.MailboxRights[]",
  members: [
    "ChangeOwner",
    "ChangePermission",
    "DeleteItem",
    "ExternalAccount",
    "FullAccess",
    "ReadPermission",
  ],
};

export const addMailboxPermission: Definition = {
  name: "Add-MailboxPermission",
  roles: MANAGERS,
  writes: true,
  parameters: ["Identity", "User", "AccessRights", "AutoMapping", "Deny", "GroupMailbox", "InheritanceType"],
  run(model, request) {
    const mailbox = mailboxOf(model, request);
    const trustee = grantee(model, required(request, "User"));
    const rights = rightsOf(model, request);
    const allow = !isOn(request, "Deny");
    const isTheirs = matching(trustee, allow);
    const before = model.overlay.state(mailbox.index, "latest").entries.find(isTheirs);
    const missing = rights.filter((right) => before?.rights.includes(right) !== true);
    const after: Entry = {
      trustee,
      allow,
      inherited: false,
      rights: [...(before?.rights ?? []), ...missing],
      noise: noiseOf(mailbox, trustee, allow),
    };
    const row = rowsOf([permissionRow(model, mailbox, after)]);
    if (missing.length === 0)
      return rows(
        row,
        unchanged(
          model,
          `The appropriate access control entry is already present on the object "${mailbox.distinguishedName}" for account "${textOf(request, "User")}".`,
        ),
      );
    model.overlay.write(mailbox.index, request, (state) => ({
      ...state,
      entries: state.entries.some(isTheirs)
        ? state.entries.map((entry) =>
            isTheirs(entry) ? { ...entry, rights: [...new Set([...entry.rights, ...rights])] } : entry,
          )
        : [...state.entries, after],
    }));
    return rows(row);
  },
};

export const removeMailboxPermission: Definition = {
  name: "Remove-MailboxPermission",
  roles: MANAGERS,
  writes: true,
  parameters: [
    "Identity",
    "User",
    "AccessRights",
    "BypassMasterAccountSid",
    "ClearAutoMapping",
    "Deny",
    "GroupMailbox",
    "InheritanceType",
    "ResetDefault",
    "SoftDeletedMailbox",
  ],
  run(model, request) {
    const mailbox = mailboxOf(model, request);
    if (isOn(request, "ClearAutoMapping")) return { kind: "nothing" };
    if (isOn(request, "ResetDefault")) return reset(model, request, mailbox);
    const user = required(request, "User");
    const rights = rightsOf(model, request);
    const isMeant = trusteeMatcher(model, user);
    const allow = !isOn(request, "Deny");
    // Without Deny only what allows is touched: a deny entry stays and wins.
    const isTouched = (entry: Entry): boolean =>
      !entry.inherited &&
      entry.allow === allow &&
      isMeant(entry.trustee) &&
      entry.rights.some((right) => rights.includes(right));
    if (!model.overlay.state(mailbox.index, "latest").entries.some(isTouched))
      return {
        kind: "nothing",
        ...unchanged(
          model,
          `Can't remove the access control entry on the object "${mailbox.distinguishedName}" for account "${user}" because the ACE doesn't exist on the object.`,
        ),
      };
    model.overlay.write(mailbox.index, request, (state) => ({
      ...state,
      entries: state.entries.flatMap((entry) => (isTouched(entry) ? without(entry, rights) : [entry])),
    }));
    return { kind: "nothing" };
  },
};

function reset(model: Model, request: CmdletRequest, mailbox: Recipient): CmdletAnswer {
  model.overlay.write(mailbox.index, request, (state) => ({
    ...state,
    entries: state.entries.filter(({ inherited, trustee }) => inherited || trustee === SELF),
  }));
  return { kind: "nothing" };
}

function mailboxOf(model: Model, request: CmdletRequest): Recipient {
  const among = isOn(request, "SoftDeletedMailbox");
  return oneObject(
    model,
    textOf(request, "Identity"),
    ({ hasMailbox, kind }) => hasMailbox && isDeleted(kind) === among,
  );
}

function rightsOf(model: Model, request: CmdletRequest): readonly string[] {
  required(request, "AccessRights");
  return membersOf(model, request, "AccessRights", RIGHTS) ?? [];
}

function matching(trustee: Trustee, allow: boolean): (entry: Entry) => boolean {
  const key = trusteeKey(trustee);
  return (entry) => !entry.inherited && entry.allow === allow && trusteeKey(entry.trustee) === key;
}

function without(entry: Entry, rights: readonly string[]): Entry[] {
  const left = entry.rights.filter((right) => !rights.includes(right));
  return left.length === 0 ? [] : [{ ...entry, rights: left }];
}

function noiseOf(mailbox: Recipient, trustee: Trustee, allow: boolean): string {
  if (trustee === SELF) return "NR1";
  return allow && trusteeKey(trustee) === `#${mailbox.index}` ? "NR11" : "";
}
