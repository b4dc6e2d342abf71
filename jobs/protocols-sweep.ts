/** By which older protocols each mailbox may be reached, and which of them the policy forbids; `peers.md` 3c, SW09. */
import { z } from "zod";
import { defineJob } from "../src/job/index.ts";
import type { FoundRow, Row } from "../src/job/index.ts";
import { flagAt, triStateAt } from "./common/answers.ts";
import {
  LAST_COLUMNS,
  MAILBOX_COLUMNS,
  UNKNOWN,
  mailboxCells,
  mailboxWords,
  originCells,
  type Origin,
} from "./common/cells.ts";
import {
  type Listed,
  type MailboxListing,
  exceptGroups,
  listingRead,
  ofThisMailbox,
} from "./common/mailbox-listing.ts";
import { listOf } from "./common/params.ts";
import { judgeBy } from "./common/rules.ts";
import { type TenantRow, tenantRow } from "./common/tenant-row.ts";
import { PROTOCOLS, rulesFor } from "./protocols-sweep/rules.ts";

const TENANT = "Get-OrganizationConfig";
const READER = "View-Only Organization Management";

const LISTING: MailboxListing = {
  cmdlet: "Get-CASMailbox",
  select: [
    "Guid",
    "Identity",
    "PopEnabled",
    "ImapEnabled",
    "EwsEnabled",
    "ActiveSyncEnabled",
    "OWAEnabled",
    "MAPIEnabled",
  ],
  key: "Guid",
  parametersFor: exceptGroups,
};

const params = z.strictObject({
  forbidden: listOf(z.enum(PROTOCOLS))
    .default(["pop", "imap", "ews"])
    .describe("Protocols that no mailbox is to be reached by: pop, imap, ews, activesync"),
});
type Params = z.output<typeof params>;

export const protocolsSweep = defineJob<Params>({
  name: "protocols-sweep",
  summary: "Lists which protocols are enabled for each mailbox, and which of them are forbidden",
  writes: false,
  params,
  columns: [
    ...MAILBOX_COLUMNS,
    "Pop",
    "Imap",
    "Ews",
    "TenantEws",
    "EwsEffective",
    "ActiveSync",
    "Owa",
    "Mapi",
    ...LAST_COLUMNS,
  ],
  cmdlets: [
    { cmdlet: LISTING.cmdlet, role: READER, per: "tenant" },
    { cmdlet: TENANT, role: READER, per: "tenant" },
  ],
  naiveCallsPerTarget: 1,
  bulk: [
    listingRead({
      name: "protocols",
      listing: LISTING,
      rowsIn(context) {
        const tenant = tenantRow(context.exo, TENANT);
        return async (listed) => [rowOf(context, listed, await tenant())];
      },
    }),
  ],
  perform(context) {
    const tenant = tenantRow(context.exo, TENANT);
    return ofThisMailbox(context, LISTING, async (listed) => [rowOf(context, listed, await tenant())]);
  },
  judge: ({ forbidden }) => judgeBy(rulesFor(forbidden)),
  rules: rulesFor(PROTOCOLS),
  headline,
  comparison: {
    key: [],
    facts: ["Pop", "Imap", "Ews", "TenantEws", "EwsEffective", "ActiveSync", "Owa", "Mapi"],
  },
});

function rowOf(origin: Origin, { line, mailbox, row, answer }: Listed, told: TenantRow): FoundRow {
  const at = { cmdlet: LISTING.cmdlet, answer };
  const onOff = (property: string): string => (flagAt(row, property, at) ? "on" : "off");
  const own = ewsWord(triStateAt(row, "EwsEnabled", at));
  const tenant = ewsWord(triStateAt(told.row, "EwsEnabled", { cmdlet: TENANT, answer: told.answer }));
  return {
    about: line,
    row: {
      ...mailboxCells(mailbox),
      Pop: onOff("PopEnabled"),
      Imap: onOff("ImapEnabled"),
      Ews: own,
      TenantEws: tenant,
      EwsEffective: effectiveEws(own, tenant),
      ActiveSync: onOff("ActiveSyncEnabled"),
      Owa: onOff("OWAEnabled"),
      Mapi: onOff("MAPIEnabled"),
      ...originCells(origin, answer, LISTING.cmdlet),
    },
  };
}

type Ews = "on" | "off" | "unset";

function ewsWord(enabled: boolean | null): Ews {
  return enabled === null ? "unset" : enabled ? "on" : "off";
}

/** Off for the tenant is off for all. Where neither says anything Microsoft's default holds, which became another in 2026. */
function effectiveEws(own: Ews, tenant: Ews): "on" | "off" | typeof UNKNOWN {
  if (own === "off" || tenant === "off") return "off";
  return own === "on" || tenant === "on" ? "on" : UNKNOWN;
}

function headline(row: Row): string {
  const on = ["Pop", "Imap", "EwsEffective", "ActiveSync"].filter((column) => row[column] === "on");
  const names = on.map((column) => column.replace("Effective", "").toUpperCase());
  return `${mailboxWords(row)} can be reached by ${names.join(", ") || "none of the older protocols"}`;
}
