/** Recipes for writes that make a mailbox or its archive be there or not. */
import { type Given, hasOnly, isOn } from "./given.ts";
import type { Recipe } from "./recipe.ts";
import { flagOf, onlyRow, textOf } from "./rows.ts";

const CMDLET = "Get-Mailbox";

/** `Remove-Mailbox`, and `Disable-Mailbox` without an archive to disable. That it was this write that took the mailbox away, nobody can see. */
export function mailboxGone(given: Given): Recipe | undefined {
  if (given.size > 0) return undefined;
  return {
    looks: [{ cmdlet: CMDLET, parameters: {}, select: ["ExchangeGuid"] }],
    see: ([reply]) => ({ mailbox: reply === "gone" ? "gone" : onlyRow(CMDLET, reply) && "there" }),
    wants: (seen) => JSON.stringify(seen) === '{"mailbox":"gone"}',
  };
}

export function disableMailbox(given: Given): Recipe | undefined {
  return isOn(given, "Archive") && hasOnly(given, ["Archive"]) ? archive(false, false) : mailboxGone(given);
}

/** `Enable-Mailbox` for an archive; for a mailbox nobody can be looked at yet. */
export function enableMailbox(given: Given): Recipe | undefined {
  const [own, expanding] = [isOn(given, "Archive"), isOn(given, "AutoExpandingArchive")];
  if (!hasOnly(given, ["Archive", "AutoExpandingArchive"]) || !(own || expanding)) return undefined;
  return archive(true, expanding);
}

function archive(there: boolean, expanding: boolean): Recipe {
  const wanted = JSON.stringify({ archive: there, ...(expanding && { expanding: true }) });
  return {
    looks: [{ cmdlet: CMDLET, parameters: {}, select: ["ArchiveGuid", "AutoExpandingArchiveEnabled"] }],
    see: ([reply]) => {
      const row = onlyRow(CMDLET, reply);
      return {
        // An id of zeros means that there is none (`exo-protocol.md` 5.3).
        archive: /[1-9a-f]/i.test(textOf(CMDLET, row, "ArchiveGuid")),
        ...(expanding && { expanding: flagOf(CMDLET, row, "AutoExpandingArchiveEnabled") }),
      };
    },
    wants: (seen) => JSON.stringify(seen) === wanted,
  };
}
