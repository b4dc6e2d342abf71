/** Which mailboxes may send by SMTP with a mere password: by their own setting, or because they follow the tenant; `peers.md` 3c, SW03. */
import { z } from "zod";
import { defineJob } from "../src/job/index.ts";
import type { FoundRow, Row } from "../src/job/index.ts";
import { triStateAt } from "./common/answers.ts";
import {
  LAST_COLUMNS,
  MAILBOX_COLUMNS,
  NO_MAILBOX,
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
import { judgeBy } from "./common/rules.ts";
import { type TenantRow, ofTenant, tenantRow } from "./common/tenant-row.ts";
import { RULES } from "./smtp-auth-sweep/rules.ts";

const TENANT = "Get-TransportConfig";
const READER = "View-Only Organization Management";
/** The same in both rows: true switches it off. */
const PROPERTY = "SmtpClientAuthenticationDisabled";

const LISTING: MailboxListing = {
  cmdlet: "Get-CASMailbox",
  select: ["Guid", "Identity", PROPERTY],
  key: "Guid",
  parametersFor: exceptGroups,
};

export const smtpAuthSweep = defineJob({
  name: "smtp-auth-sweep",
  summary: "Lists which mailboxes may send by SMTP AUTH, by their own setting or the tenant's",
  writes: false,
  params: z.strictObject({}),
  columns: [...MAILBOX_COLUMNS, "About", "SmtpAuth", "TenantSmtpAuth", "Effective", ...LAST_COLUMNS],
  cmdlets: [
    { cmdlet: LISTING.cmdlet, role: READER, per: "tenant" },
    { cmdlet: TENANT, role: READER, per: "tenant" },
  ],
  naiveCallsPerTarget: 1,
  bulk: [
    listingRead({
      name: "smtp-auth",
      listing: LISTING,
      rowsIn(context) {
        const tenant = tenantRow(context.exo, TENANT);
        return async (listed) => [rowOf(context, listed, await tenant())];
      },
    }),
    {
      name: "transport-config",
      cmdlet: TENANT,
      always: true,
      perform: (context) =>
        ofTenant(context, TENANT, (told) => {
          const tenant = tenantState(told);
          return {
            about: context.line,
            row: {
              ...NO_MAILBOX,
              About: "tenant",
              SmtpAuth: null,
              TenantSmtpAuth: tenant,
              Effective: tenant,
              ...originCells(context, told.answer, TENANT),
            },
          };
        }),
    },
  ],
  perform(context) {
    const tenant = tenantRow(context.exo, TENANT);
    return ofThisMailbox(context, LISTING, async (listed) => [rowOf(context, listed, await tenant())]);
  },
  judge: () => judgeBy(RULES),
  rules: RULES,
  headline: (row: Row) => `SMTP AUTH is ${String(row["Effective"])} for ${mailboxWords(row)}`,
  comparison: { key: ["About"], facts: ["SmtpAuth", "TenantSmtpAuth", "Effective"], source: "Source" },
});

/** Three states of a mailbox, never folded: on, off, and whatever the tenant says. */
function rowOf(origin: Origin, { line, mailbox, row, answer }: Listed, told: TenantRow): FoundRow {
  const disabled = triStateAt(row, PROPERTY, { cmdlet: LISTING.cmdlet, answer });
  const tenant = tenantState(told);
  const own = disabled === null ? "follows-tenant" : disabled ? "off" : "on";
  return {
    about: line,
    row: {
      ...mailboxCells(mailbox),
      About: "mailbox",
      SmtpAuth: own,
      TenantSmtpAuth: tenant,
      Effective: own === "follows-tenant" ? tenant : own,
      ...originCells(origin, answer, LISTING.cmdlet),
    },
  };
}

function tenantState({ row, answer }: TenantRow): "on" | "off" | typeof UNKNOWN {
  const disabled = triStateAt(row, PROPERTY, { cmdlet: TENANT, answer });
  return disabled === null ? UNKNOWN : disabled ? "off" : "on";
}
