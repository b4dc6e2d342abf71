import { describe, expect, test } from "vitest";
import { LAST_COLUMNS, MAILBOX_COLUMNS } from "../../jobs/common/cells.ts";
import type { Rule } from "../../jobs/common/rules.ts";
import { forwardingSweep } from "../../jobs/forwarding-sweep.ts";
import { rulesFor } from "../../jobs/forwarding-sweep/rules.ts";
import { inboxRuleSweep } from "../../jobs/inbox-rule-sweep.ts";
import { RULES as INBOX_RULES } from "../../jobs/inbox-rules/rules.ts";
import { codeRows, codeWords, page, section } from "./pages.ts";

const guide = page("docs/guides/sweeps.md");
const COMMON: readonly string[] = [...MAILBOX_COLUMNS, ...LAST_COLUMNS];

const SWEEPS: readonly (readonly [
  job: { readonly name: string; readonly columns: readonly string[] },
  rules: readonly Rule[],
])[] = [
  [forwardingSweep, rulesFor({ allowedDomains: [], letOut: true })],
  [inboxRuleSweep, INBOX_RULES],
];

describe.each(SWEEPS)("docs/guides/sweeps.md on $name", (job, rules) => {
  const text = section(guide, `## ${job.name}`);
  const [columns = "", findings = ""] = text.split(/^\| finding \|/m);

  test("explains every column", () => {
    const explained = [...columns.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = ""]) => codeWords(cell));
    expect(explained).toEqual(job.columns.filter((column) => !COMMON.includes(column)));
  });

  test("lists the findings with their severities and reasons", () => {
    expect(codeRows(findings)).toEqual(rules.map(({ id, severity, why }) => [id, severity, why]));
  });
});
