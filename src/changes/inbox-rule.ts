/** Recipes for inbox rules (`exo-protocol.md` 10.13). A rule is named by its name or by a number beyond what most can count to. */
import type { ExoRow, ExoValue, Mailbox } from "../job/index.ts";
import { type Given, hasOnly, textIn } from "./given.ts";
import type { Look, Recipe } from "./recipe.ts";
import { flagOf, rowsOf, textOf, unusable } from "./rows.ts";

const CMDLET = "Get-InboxRule";

/** The whole list: a rule asked for by its identity alone could not be told from a mailbox that is gone. */
function look(mailbox: Mailbox): Look {
  return {
    cmdlet: CMDLET,
    parameters: { Mailbox: mailbox.id },
    select: ["Name", "RuleIdentity", "Identity", "Enabled"],
    complete: true,
  };
}

/** `New-InboxRule`: the name is the marker. Whether the conditions are the ones wanted is not looked at: nobody else makes a rule of a name that a plan made up. */
export function newInboxRule(given: Given, mailbox: Mailbox): Recipe | undefined {
  const name = textIn(given, "Name");
  if (name === undefined || given.has("frommessageid")) return undefined;
  return {
    looks: [look(mailbox)],
    see: ([reply]) => ({
      rules: rowsOf(CMDLET, reply).filter((row) => isSame(textOf(CMDLET, row, "Name"), name)).length,
    }),
    wants: (seen) => isState(seen, { rules: 1 }),
  };
}

/** `Enable-`, `Disable-` and `Remove-InboxRule`: what the rule is to be afterwards. */
export function inboxRule(
  wanted: "on" | "off" | "gone",
): (given: Given, mailbox: Mailbox) => Recipe | undefined {
  return (given, mailbox) => {
    const rule = textIn(given, "Identity");
    if (rule === undefined || !hasOnly(given, ["Identity", "Mailbox", "AlwaysDeleteOutlookRulesBlob"]))
      return undefined;
    return {
      looks: [look(mailbox)],
      see: ([reply]) => {
        const [found, ...others] = rowsOf(CMDLET, reply).filter((row) => isNamed(row, rule));
        if (others.length > 0) return unusable(CMDLET, "several rules have the name that is meant");
        if (found === undefined) return { rule: "gone" };
        return { rule: flagOf(CMDLET, found, "Enabled") ? "on" : "off" };
      },
      wants: (seen) => isState(seen, { rule: wanted }),
    };
  };
}

/** By its name, its number, or `mailbox\number`. */
function isNamed(row: ExoRow, rule: string): boolean {
  const number = idOf(row["RuleIdentity"]);
  const names = [textOf(CMDLET, row, "Name"), number, idOf(row["Identity"])];
  return names.some((name) => isSame(name, rule)) || (number !== "" && rule.endsWith(`\\${number}`));
}

function idOf(value: ExoValue | undefined): string {
  return typeof value === "bigint" || typeof value === "number" || typeof value === "string"
    ? String(value)
    : "";
}

function isSame(one: string, other: string): boolean {
  return one !== "" && one.trim().toLowerCase() === other.trim().toLowerCase();
}

function isState(seen: ExoValue, wanted: ExoValue): boolean {
  return JSON.stringify(seen) === JSON.stringify(wanted);
}
