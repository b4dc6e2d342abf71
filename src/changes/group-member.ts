/** Recipes for `Add-` and `Remove-DistributionGroupMember` (`exo-protocol.md` 10.16). */
import type { ExoRow, Mailbox } from "../job/index.ts";
import { type Given, hasOnly, textIn } from "./given.ts";
import { lookUp } from "./people.ts";
import type { Look, Recipe } from "./recipe.ts";
import { onlyRow, rowsOf, textOf, unusable } from "./rows.ts";

/** Groups whose members the listing shows; for a Microsoft 365 group it is empty, which proves nothing. */
const LISTED = new Set([
  "mailuniversaldistributiongroup",
  "mailuniversalsecuritygroup",
  "mailnonuniversalgroup",
  "roomlist",
]);

export function groupMember(adds: boolean): (given: Given, mailbox: Mailbox) => Recipe | undefined {
  return (given, mailbox) => {
    const group = textIn(given, "Identity");
    if (group === undefined || !hasOnly(given, ["Identity", "Member", "BypassSecurityGroupManagerCheck"]))
      return undefined;
    const named = textIn(given, "Member");
    if (named === undefined && given.has("member")) return undefined;
    const cmdlet = "Get-DistributionGroupMember";
    const look: Look = {
      cmdlet: "Get-Recipient",
      parameters: { Identity: group },
      select: ["RecipientTypeDetails"],
    };
    return {
      looks: [
        look,
        {
          cmdlet,
          parameters: { Identity: group, ResultSize: "Unlimited" },
          select: ["Guid", "ExternalDirectoryObjectId"],
        },
        ...(named === undefined ? [] : [lookUp(named)]),
      ],
      see: ([found, listed, who]) => {
        const type = textOf(look.cmdlet, onlyRow(look.cmdlet, found), "RecipientTypeDetails").toLowerCase();
        if (!LISTED.has(type)) return unusable(cmdlet, `the members of a ${type} are not listed`);
        const ids =
          named === undefined
            ? idsIn({ Guid: mailbox.guid, ExternalDirectoryObjectId: mailbox.objectId })
            : idsIn(onlyRow(look.cmdlet, who));
        if (ids.length === 0) return unusable(look.cmdlet, "the member has no id");
        const members = new Set(rowsOf(cmdlet, listed).flatMap(idsIn));
        return { member: ids.some((id) => members.has(id)) };
      },
      wants: (seen) => JSON.stringify(seen) === JSON.stringify({ member: adds }),
    };
  };
}

/** What never changes and belongs to one object. */
function idsIn(row: ExoRow): readonly string[] {
  return [row["Guid"], row["ExternalDirectoryObjectId"]]
    .filter((id) => typeof id === "string")
    .filter((id) => /[1-9a-f]/i.test(id))
    .map((id) => id.toLowerCase());
}
