import { describe, expect, test } from "vitest";
import { auditBypassSweep } from "../../jobs/audit-bypass-sweep.ts";
import { RULES as AUDIT } from "../../jobs/audit-bypass-sweep/rules.ts";
import { LAST_COLUMNS, MAILBOX_COLUMNS } from "../../jobs/common/cells.ts";
import type { Rule } from "../../jobs/common/rules.ts";
import { folderPermissionAudit } from "../../jobs/folder-permission-audit.ts";
import { rulesFor as folderRules } from "../../jobs/folder-permission-audit/rules.ts";
import { forwardingSweep } from "../../jobs/forwarding-sweep.ts";
import { rulesFor } from "../../jobs/forwarding-sweep/rules.ts";
import { inboxRuleSweep } from "../../jobs/inbox-rule-sweep.ts";
import { RULES as INBOX_RULES } from "../../jobs/inbox-rules/rules.ts";
import { inventory } from "../../jobs/inventory.ts";
import { mobileDeviceInventory } from "../../jobs/mobile-device-inventory.ts";
import { RULES as DEVICES } from "../../jobs/mobile-device-inventory/rules.ts";
import { protocolsSweep } from "../../jobs/protocols-sweep.ts";
import { PROTOCOLS, rulesFor as protocolRules } from "../../jobs/protocols-sweep/rules.ts";
import { quotaSweep } from "../../jobs/quota-sweep.ts";
import { rulesFor as quotaRules } from "../../jobs/quota-sweep/rules.ts";
import { sharedSignInSweep } from "../../jobs/shared-sign-in-sweep.ts";
import { rulesFor as signInRules } from "../../jobs/shared-sign-in-sweep/rules.ts";
import { smtpAuthSweep } from "../../jobs/smtp-auth-sweep.ts";
import { RULES as SMTP_AUTH } from "../../jobs/smtp-auth-sweep/rules.ts";
import { codeRows, codeWords, page, section } from "./pages.ts";

const guide = page("docs/guides/sweeps.md");
const COMMON: readonly string[] = [...MAILBOX_COLUMNS, ...LAST_COLUMNS];

const SWEEPS: readonly (readonly [
  job: { readonly name: string; readonly columns: readonly string[] },
  rules: readonly Rule[],
])[] = [
  [forwardingSweep, rulesFor({ allowedDomains: [], letOut: true })],
  [inboxRuleSweep, INBOX_RULES],
  [smtpAuthSweep, SMTP_AUTH],
  [protocolsSweep, protocolRules(PROTOCOLS)],
  [sharedSignInSweep, signInRules([])],
  [auditBypassSweep, AUDIT],
  [quotaSweep, quotaRules({ warnPercent: 90, fullPercent: 95 })],
  [mobileDeviceInventory, DEVICES],
  [inventory, []],
  [folderPermissionAudit, folderRules("AvailabilityOnly")],
];

describe.each(SWEEPS)("docs/guides/sweeps.md on $name", (job, rules) => {
  const text = section(guide, `## ${job.name}`);
  const [columns = "", findings = ""] = text.split(/^\| finding \|/m);

  test("explains every column", () => {
    const explained = [...columns.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = ""]) => codeWords(cell));
    expect(explained).toEqual(job.columns.filter((column) => !COMMON.includes(column)));
  });

  test("has rules that can be told apart in a cell", () => {
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    for (const { id, why } of rules) {
      expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(why).toMatch(/^[^;.\n]{15,150}$/);
    }
  });

  test("lists the findings with their severities and reasons", () => {
    expect(codeRows(findings)).toEqual(rules.map(({ id, severity, why }) => [id, severity, why]));
  });
});
