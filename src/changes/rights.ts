/** Recipes for rights on a mailbox and the right to send as it: asked of the server by trustee, so that it is the server who knows who is meant. */
import type { ExoRow, ExoValue, Mailbox, Parameters } from "../job/index.ts";
import { splitList } from "../values.ts";
import { type Given, hasOnly, isOn, textIn, wordsIn } from "./given.ts";
import type { Recipe, Seeing } from "./recipe.ts";
import { flagOf, listOf, rowsOf, textOf, unusable } from "./rows.ts";

/** `exo-protocol.md` 10.4. */
const MAILBOX_RIGHTS = [
  "ChangeOwner",
  "ChangePermission",
  "DeleteItem",
  "ExternalAccount",
  "FullAccess",
  "ReadPermission",
];

/**
 * `Add-` and `Remove-MailboxPermission`. `AutoMapping` cannot be read back (`peers.md` 3d, W1): what is looked at is the right alone, so a plan
 * that only changes the mapping has to remove the right and add it again.
 */
export function mailboxRight(adds: boolean): (given: Given, mailbox: Mailbox) => Recipe | undefined {
  return (given, mailbox) => {
    const user = textIn(given, "User");
    const rights = wordsIn(given, "AccessRights", MAILBOX_RIGHTS);
    const known = ["User", "AccessRights", "Deny", "InheritanceType", "GroupMailbox"];
    if (!hasOnly(given, [...known, ...(adds ? ["AutoMapping"] : ["SoftDeletedMailbox"])])) return undefined;
    if (user === undefined || rights === undefined || !isInheritedByAll(given)) return undefined;
    const cmdlet = "Get-MailboxPermission";
    const deny = isOn(given, "Deny");
    return {
      looks: [
        {
          cmdlet,
          parameters: {
            User: user,
            ResultSize: "Unlimited",
            ...(isSid(user) && { IncludeUnresolvedPermissions: true }),
            ...kindOf(given, mailbox),
          },
        },
      ],
      see: ([reply]) => {
        const rows = rowsAbout(cmdlet, reply, "UserSid");
        // An allowing and a denying entry of one trustee stand side by side, and an inherited one cannot be written to.
        const own = rows.filter(
          (row) => flagOf(cmdlet, row, "Deny") === deny && !flagOf(cmdlet, row, "IsInherited"),
        );
        const held = new Set(own.flatMap((row) => splitList(listOf(cmdlet, row, "AccessRights"))));
        return heldOf(rights, held);
      },
      wants: (seen) => wantsOf(seen, rights, adds),
    };
  };
}

/** `Add-` and `Remove-RecipientPermission`. */
export function sendAs(adds: boolean): (given: Given) => Recipe | undefined {
  return (given) => {
    const trustee = textIn(given, "Trustee");
    const rights = wordsIn(given, "AccessRights", ["SendAs"]);
    const skips = ["MailContact", "MailUser", "SharedMailbox"].map(
      (kind) => `SkipDomainValidationFor${kind}`,
    );
    if (!hasOnly(given, ["Trustee", "AccessRights", ...(adds ? [] : ["Deny", ...skips])])) return undefined;
    if (trustee === undefined || rights === undefined) return undefined;
    const cmdlet = "Get-RecipientPermission";
    const type = isOn(given, "Deny") ? "deny" : "allow";
    return {
      looks: [{ cmdlet, parameters: { Trustee: trustee, ResultSize: "Unlimited" } }],
      see: ([reply]) => {
        const rows = rowsAbout(cmdlet, reply, "TrusteeSidString");
        // There is no `Deny` and no `IsInherited` here (`exo-protocol.md` 10.5).
        const own = rows.filter((row) => textOf(cmdlet, row, "AccessControlType").toLowerCase() === type);
        const held = new Set(own.flatMap((row) => splitList(listOf(cmdlet, row, "AccessRights"))));
        return heldOf(rights, held);
      },
      wants: (seen) => wantsOf(seen, rights, adds),
    };
  };
}

/** @throws {UnusableReply} when the server let other trustees through its filter */
function rowsAbout(cmdlet: string, reply: Seeing | undefined, sid: string): readonly ExoRow[] {
  const rows = rowsOf(cmdlet, reply);
  const trustees = new Set(rows.map((row) => textOf(cmdlet, row, sid).toLowerCase()));
  return trustees.size > 1 ? unusable(cmdlet, "it was asked about one trustee and tells of several") : rows;
}

function heldOf(rights: readonly string[], held: ReadonlySet<string>): ExoValue {
  const folded = new Set([...held].map((right) => right.toLowerCase()));
  return { held: rights.filter((right) => folded.has(right.toLowerCase())) };
}

function wantsOf(seen: ExoValue, rights: readonly string[], adds: boolean): boolean {
  const wanted = heldOf(rights, new Set(adds ? rights : []));
  return JSON.stringify(seen) === JSON.stringify(wanted);
}

/** How far down an entry reaches is not reliably shown: only the default is understood. */
function isInheritedByAll(given: Given): boolean {
  return !given.has("inheritancetype") || textIn(given, "InheritanceType")?.toLowerCase() === "all";
}

/** A trustee who is gone is named by a SID, and shown only on request. */
function isSid(user: string): boolean {
  return /^s-1-/i.test(user);
}

function kindOf(given: Given, mailbox: Mailbox): Parameters {
  return {
    ...((isOn(given, "GroupMailbox") || mailbox.type === "group") && { GroupMailbox: true }),
    ...(isOn(given, "SoftDeletedMailbox") && { SoftDeletedMailbox: true }),
  };
}
