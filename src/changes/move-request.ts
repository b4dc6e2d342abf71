/** The recipe for `New-MoveRequest`: a mailbox has one request at most, and the batch's name tells whose it is (`exo-protocol.md` 10.18). */
import type { Mailbox } from "../job/index.ts";
import { type Given, textIn } from "./given.ts";
import type { Recipe } from "./recipe.ts";
import { rowsOf, textOf } from "./rows.ts";

export function moveRequest(given: Given, mailbox: Mailbox): Recipe | undefined {
  const batch = textIn(given, "BatchName");
  if (batch === undefined) return undefined;
  const cmdlet = "Get-MoveRequest";
  return {
    // The second look shows that it is the request that is missing, and not the mailbox.
    looks: [
      { cmdlet, parameters: { Identity: mailbox.id } },
      { cmdlet: "Get-Recipient", parameters: { Identity: mailbox.id }, select: ["Guid"] },
    ],
    see: ([reply, found]) => {
      rowsOf("Get-Recipient", found);
      const requests = reply === "gone" ? [] : rowsOf(cmdlet, reply);
      return { batches: requests.map((row) => textOf(cmdlet, row, "BatchName").toLowerCase()).sort() };
    },
    wants: (seen) => JSON.stringify(seen) === JSON.stringify({ batches: [batch.toLowerCase()] }),
  };
}
