import { describe, expect, test } from "vitest";
import type { Rule } from "../../jobs/common/rules.ts";
import { LAST_COLUMNS, MAILBOX_COLUMNS } from "../../jobs/common/cells.ts";
import { forwardingSweep } from "../../jobs/forwarding-sweep.ts";
import { rulesFor } from "../../jobs/forwarding-sweep/rules.ts";
import { codeRows, codeWords, page, section } from "./pages.ts";

const guide = page("docs/guides/sweeps.md");
const COMMON: readonly string[] = [...MAILBOX_COLUMNS, ...LAST_COLUMNS];

describe.each([[forwardingSweep, rulesFor({ allowedDomains: [], letOut: true })]] as const)(
  "docs/guides/sweeps.md on $name",
  (job, rules: readonly Rule[]) => {
    const text = section(guide, `## ${job.name}`);
    const [columns = "", findings = ""] = text.split(/^\| finding \|/m);

    test("explains every column", () => {
      const explained = [...columns.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = ""]) =>
        codeWords(cell),
      );
      expect(explained).toEqual(job.columns.filter((column) => !COMMON.includes(column)));
    });

    test("lists the findings with their severities and reasons", () => {
      expect(codeRows(findings)).toEqual(rules.map(({ id, severity, why }) => [id, severity, why]));
    });
  },
);
