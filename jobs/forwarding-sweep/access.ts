/** A row of the forwarding sweep as the access it tells of: who is sent a mailbox's mail. Pure. */
import type { Access, AccessReading, Row } from "../../src/job/index.ts";
import { UNKNOWN } from "../common/cells.ts";

/** What the receiver gets: there are no rights of these names in Exchange. */
const MAIL = "ReceivesMail";
const REQUESTS = "ReceivesBookingRequests";

export const forwardingAccess: AccessReading<{ readonly places: readonly string[] }> = {
  of(row): Access | undefined {
    // Rules of the tenant's mail flow are about no mailbox in particular.
    if (row["MailboxId"] === null || row["DestinationScope"] === null || row["Active"] !== true)
      return undefined;
    return {
      holder: {
        id: known(row, "DestinationId").toLowerCase(),
        sid: "",
        text: (known(row, "DestinationAddress") || known(row, "DestinationRaw")).trim().toLowerCase(),
        displayName: known(row, "DestinationName") || known(row, "DestinationRaw"),
        address: known(row, "DestinationAddress"),
        type: known(row, "DestinationType") || UNKNOWN,
      },
      right: row["Kind"] === "resource-delegate" ? REQUESTS : MAIL,
      allow: true,
      inherited: false,
      source: { kind: "forwarding", path: [] },
      readAt: known(row, "ReadAtUtc"),
    };
  },
  seeks: ({ places }, { right }) =>
    right === REQUESTS
      ? places.includes("delegates")
      : places.includes("mailboxes") || places.includes("rules"),
  reachesContacts: true,
};

/** Empty for an empty cell and for one that is not known. */
function known(row: Row, column: string): string {
  const cell = row[column] ?? "";
  return cell === UNKNOWN ? "" : String(cell);
}
