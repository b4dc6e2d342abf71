/** Which shared, room and equipment mailboxes somebody can sign in to directly; `peers.md` 3c, SW08. */
import { z } from "zod";
import { defineJob } from "../src/job/index.ts";
import type { FoundRow, Row } from "../src/job/index.ts";
import { textAt, triStateAt } from "./common/answers.ts";
import {
  LAST_COLUMNS,
  MAILBOX_COLUMNS,
  UNKNOWN,
  mailboxCells,
  mailboxWords,
  originCells,
  type Origin,
} from "./common/cells.ts";
import { type Listed, type MailboxListing, ofEveryMailbox, ofThisMailbox } from "./common/mailbox-listing.ts";
import { listOf } from "./common/params.ts";
import { judgeBy } from "./common/rules.ts";
import { rulesFor } from "./shared-sign-in-sweep/rules.ts";

/** Mailboxes whose account is there for the directory only: nobody is to sign in to it. */
const TYPES = ["SharedMailbox", "RoomMailbox", "EquipmentMailbox", "SchedulingMailbox"];
const WITHOUT_PERSON: ReadonlySet<string> = new Set(["shared", "room", "equipment", "scheduling", "other"]);

const LISTING: MailboxListing = {
  cmdlet: "Get-Mailbox",
  parameters: { RecipientTypeDetails: TYPES },
  select: ["ExchangeGuid", "Identity", "RecipientTypeDetails", "AccountDisabled", "SKUAssigned"],
  key: "ExchangeGuid",
  parametersFor: ({ type }) => (WITHOUT_PERSON.has(type) ? {} : undefined),
};

const params = z.strictObject({
  expected: listOf(z.string().min(1).toLowerCase())
    .default([])
    .describe(
      "Addresses of mailboxes that are signed in to on purpose, such as those of Teams Rooms devices",
    ),
});
type Params = z.output<typeof params>;

export const sharedSignInSweep = defineJob<Params>({
  name: "shared-sign-in-sweep",
  summary: "Lists shared, room and equipment mailboxes, and whether somebody can sign in to them",
  writes: false,
  params,
  columns: [...MAILBOX_COLUMNS, "SignIn", "Licensed", ...LAST_COLUMNS],
  columnTypes: { Licensed: "boolean" },
  cmdlets: [{ cmdlet: LISTING.cmdlet, role: "View-Only Organization Management", per: "tenant" }],
  naiveCallsPerTarget: 2,
  bulk: [
    {
      name: "shared-mailboxes",
      cmdlet: LISTING.cmdlet,
      perform: (context) => ofEveryMailbox(context, LISTING, async (listed) => rowsOf(context, listed)),
    },
  ],
  perform: (context) => ofThisMailbox(context, LISTING, async (listed) => rowsOf(context, listed)),
  judge: ({ expected }) => judgeBy(rulesFor(expected)),
  rules: rulesFor([]),
  headline: (row: Row) => `sign-in to ${mailboxWords(row)} is ${String(row["SignIn"])}`,
  comparison: { key: [], facts: ["SignIn", "Licensed"] },
});

function rowsOf(origin: Origin, { line, mailbox, row, answer }: Listed): readonly FoundRow[] {
  // Converted to a person's since the manifest was made.
  if (!TYPES.includes(textAt(row, "RecipientTypeDetails"))) return [];
  const told = { cmdlet: LISTING.cmdlet, answer };
  const disabled = triStateAt(row, "AccountDisabled", told);
  return [
    {
      about: line,
      row: {
        ...mailboxCells(mailbox),
        SignIn: disabled === null ? UNKNOWN : disabled ? "blocked" : "allowed",
        // Null where no licence was ever given (`exo-protocol.md` 5.3).
        Licensed: triStateAt(row, "SKUAssigned", told) ?? false,
        ...originCells(origin, answer, LISTING.cmdlet),
      },
    },
  ];
}
