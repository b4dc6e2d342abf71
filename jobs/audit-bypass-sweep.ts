/** What is not recorded: accounts whose doings no mailbox audits, and mailboxes that record less than Microsoft's default; `peers.md` 3c, SW06 and SW07. */
import { z } from "zod";
import { defineJob } from "../src/job/index.ts";
import type { BulkContext, FoundRow, Row } from "../src/job/index.ts";
import { triStateAt } from "./common/answers.ts";
import {
  LAST_COLUMNS,
  MAILBOX_COLUMNS,
  NO_MAILBOX,
  UNKNOWN,
  mailboxWords,
  originCells,
} from "./common/cells.ts";
import { listingRead, ofEveryMailbox, ofThisMailbox } from "./common/mailbox-listing.ts";
import { judgeBy } from "./common/rules.ts";
import { ofTenant } from "./common/tenant-row.ts";
import {
  BYPASS,
  NO_ACCOUNT,
  NO_SETTINGS,
  SETTINGS,
  bypassRows,
  settingRow,
  strangerRow,
} from "./audit-bypass-sweep/row.ts";
import { isTrimmed, RULES } from "./audit-bypass-sweep/rules.ts";

const TENANT = "Get-OrganizationConfig";
const READER = "View-Only Organization Management";

export const auditBypassSweep = defineJob({
  name: "audit-bypass-sweep",
  summary: "Lists accounts that auditing leaves out, and mailboxes that record less than they might",
  writes: false,
  params: z.strictObject({}),
  columns: [
    ...MAILBOX_COLUMNS,
    "Kind",
    "AccountId",
    "AccountName",
    "AccountType",
    "Audit",
    "DefaultAuditSet",
    "AuditAdmin",
    "AuditDelegate",
    "AuditOwner",
    ...LAST_COLUMNS,
  ],
  cmdlets: [
    { cmdlet: BYPASS.cmdlet, role: READER, per: "tenant" },
    { cmdlet: SETTINGS.cmdlet, role: READER, per: "tenant" },
    { cmdlet: TENANT, role: READER, per: "tenant" },
  ],
  naiveCallsPerTarget: 2,
  bulk: [
    {
      name: "audit-bypass",
      cmdlet: BYPASS.cmdlet,
      perform: (context) =>
        ofEveryMailbox(
          context,
          BYPASS,
          (listed) => bypassRows(context, listed),
          (row, answer) => strangerRow(context, row, answer),
        ),
    },
    listingRead({
      name: "audit-settings",
      listing: SETTINGS,
      rowsIn: (context) => async (listed) => [settingRow(context, listed)],
    }),
    { name: "tenant-audit", cmdlet: TENANT, always: true, perform: tenantAudit },
  ],
  async perform(context) {
    const found = await Promise.all([
      ofThisMailbox(context, BYPASS, (listed) => bypassRows(context, listed)),
      ofThisMailbox(context, SETTINGS, async (listed) => [settingRow(context, listed)]),
    ]);
    return found.flat();
  },
  judge: () => judgeBy(RULES),
  rules: RULES,
  principalColumns: ["AccountId"],
  headline,
  comparison: {
    key: ["Kind", "AccountId"],
    facts: ["Audit", "DefaultAuditSet", "AuditAdmin", "AuditDelegate", "AuditOwner"],
    source: "Source",
  },
});

function tenantAudit(context: BulkContext<unknown>): ReturnType<typeof ofTenant> {
  return ofTenant(context, TENANT, ({ row, answer }): FoundRow => {
    const disabled = triStateAt(row, "AuditDisabled", { cmdlet: TENANT, answer });
    return {
      about: context.line,
      row: {
        ...NO_MAILBOX,
        Kind: "tenant",
        ...NO_ACCOUNT,
        ...NO_SETTINGS,
        Audit: disabled === null ? UNKNOWN : disabled ? "off" : "on",
        ...originCells(context, answer, TENANT),
      },
    };
  });
}

function headline(row: Row): string {
  if (row["Kind"] === "bypass")
    return `nothing that ${String(row["AccountName"])} does in any mailbox is recorded`;
  const chosen = row["Kind"] === "settings" && isTrimmed(row) ? ", for actions that somebody has chosen" : "";
  return `auditing of ${mailboxWords(row)} is ${String(row["Audit"])}${chosen}`;
}
