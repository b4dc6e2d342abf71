/**
 * Who there is in a tenant: every mailbox, and everybody else who can hold a right or receive mail, with every id and address they are known
 * by; `peers.md` 3a, A0.
 */
import { z } from "zod";
import { defineJob } from "../src/job/index.ts";
import type { BulkContext } from "../src/job/index.ts";
import { LAST_COLUMNS, MAILBOX_COLUMNS } from "./common/cells.ts";
import { ofEveryMailbox, ofThisMailbox } from "./common/mailbox-listing.ts";
import { mergedBy } from "./common/merge.ts";
import { GROUPS, withoutMail } from "./inventory/accounts.ts";
import { RECIPIENTS, recipientRow, strangerRow } from "./inventory/recipients.ts";
import { PRINCIPAL_COLUMNS, SYSTEM } from "./inventory/row.ts";
import { USERS, accountRow, userRow } from "./inventory/users.ts";

const READER = "View-Only Organization Management";

export const inventory = defineJob({
  name: "inventory",
  summary: "Lists everybody of a tenant with all their ids and addresses: mailboxes, users, groups, guests",
  writes: false,
  params: z.strictObject({}),
  columns: [
    ...MAILBOX_COLUMNS,
    ...PRINCIPAL_COLUMNS,
    ...LAST_COLUMNS.filter((column) => column !== "Finding" && column !== "Severity"),
  ],
  columnTypes: {
    Guest: "boolean",
    SoftDeleted: "boolean",
    DirSynced: "boolean",
    Hidden: "boolean",
  },
  cmdlets: [
    { cmdlet: RECIPIENTS.cmdlet, role: READER, per: "tenant" },
    { cmdlet: USERS.cmdlet, role: READER, per: "tenant" },
    { cmdlet: GROUPS, role: READER, per: "tenant" },
  ],
  naiveCallsPerTarget: 2,
  bulk: [
    {
      name: "recipients",
      cmdlet: RECIPIENTS.cmdlet,
      perform: (context) =>
        ofEveryMailbox(
          context,
          RECIPIENTS,
          async (listed) => [recipientRow(context, listed)],
          (row, answer) => strangerRow(context, row, answer),
        ),
    },
    {
      name: "users",
      cmdlet: USERS.cmdlet,
      perform: (context) =>
        ofEveryMailbox(
          context,
          USERS,
          async (listed) => [userRow(context, listed)],
          async (row, answer) => accountRow(context, row, answer),
        ),
    },
    { name: "groups", cmdlet: GROUPS, perform: (context: BulkContext<unknown>) => withoutMail(context) },
  ],
  async perform(context) {
    const parts = await Promise.all([
      ofThisMailbox(context, RECIPIENTS, async (listed) => [recipientRow(context, listed)]),
      ofThisMailbox(context, USERS, async (listed) => [userRow(context, listed)]),
    ]);
    return parts.flat();
  },
  judge: () => ({ observe: () => undefined, report: (rows) => mergedBy(rows, "Guid") }),
  noiseRules: { [SYSTEM]: "mailboxes that Exchange keeps for itself" },
  comparison: {
    key: ["Guid"],
    facts: PRINCIPAL_COLUMNS.filter((column) => column !== "Guid" && column !== "WhenCreatedUtc"),
    source: "Source",
  },
});
