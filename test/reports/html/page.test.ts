import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { Row } from "../../../src/job/index.ts";
import { ownLayout } from "../../../src/reports/columns.ts";
import { htmlWriting } from "../../../src/reports/html/page.ts";
import { judgedRows } from "../../../src/reports/judged-rows.ts";
import { Sink } from "../../../src/reports/sink.ts";
import { summarise } from "../../../src/reports/summary.ts";
import { hostileJob } from "../../support/hostile-run.ts";
import { journalledRun } from "../../support/journalled-run.ts";

const SEVERITIES = ["low", null, "critical", "high", "low"];

/** The page of a run with one row for each of these severities. */
async function page({ mostRows = 100, failed = false, job = hostileJob } = {}): Promise<string> {
  const rows: Row[] = SEVERITIES.map((Severity, n) => ({
    Name: `row ${n}`,
    Finding: Severity === null ? null : `rule-${Severity}: words`,
    Severity,
  }));
  const { journal, run: planned } = await journalledRun(
    job,
    rows.map((row, n) => ({
      label: `${n}@x`,
      outcome: failed && n === 0 ? ("failed" as const) : ("ok" as const),
      rows: [{ noise: undefined, row }],
    })),
  );
  const run = { ...planned, state: failed ? ("complete_with_failures" as const) : ("complete" as const) };
  const source = { journal, run, job: job };
  const parts: string[] = [];
  const sink = new Sink(async (bytes) => void parts.push(Buffer.from(bytes).toString()));
  const layout = ownLayout(job);
  const context = { run, layout, sink, csv: { delimiter: ",", raw: false } };
  const writing = htmlWriting(context, { summary: () => summarise(source), noiseRules: {} }, mostRows);
  await writing.begin();
  for await (const rows of judgedRows(source))
    for (const { row } of rows) await writing.row(layout.cells(row));
  await writing.end();
  await sink.flush();
  return parts.join("");
}

function carried(page: string): readonly (string | undefined)[] {
  return [...page.matchAll(/class="rows">([^<]*)</g)].flatMap(([, json = ""]) => {
    const { texts, rows } = JSON.parse(json) as { readonly texts: string[]; readonly rows: number[][] };
    return rows.map((places) => texts[places[2] ?? -1]);
  });
}

test("says at its top that the run is complete", async () => {
  expect(await page()).toContain('<p class="complete">complete: yes</p>');
});

test("says at its top that the run is not, and why", async () => {
  expect(await page({ failed: true })).toContain(
    '<p class="complete no">complete: no (1 of 5 targets without an answer: failed 1)</p>',
  );
});

test("shows what people look at first, and ids last", async () => {
  const job = { ...hostileJob, columns: ["MailboxId", "Name", "TrusteeSid", "Finding", "Severity", "Share"] };
  const [, about = ""] = /id="about">([^<]*)</.exec(await page({ job })) ?? [];
  const { columns } = JSON.parse(about) as { readonly columns: readonly { readonly name: string }[] };
  expect(columns.map(({ name }) => name)).toEqual([
    "Severity",
    "Finding",
    "Name",
    "Share",
    "MailboxId",
    "TrusteeSid",
  ]);
});

test("draws findings by severity and targets by outcome, and lists the findings", async () => {
  const text = await page();
  expect(text.match(/<svg role="img" aria-label="[^"]+"/g)).toEqual([
    '<svg role="img" aria-label="Rows by severity"',
    '<svg role="img" aria-label="Targets by outcome"',
  ]);
  expect(text).toMatch(/<td>critical<\/td><td>1<\/td><td><button[^>]*>rule-critical</);
  expect(text).toMatch(/<td>low<\/td><td>2<\/td><td><button[^>]*>rule-low</);
});

test.each([
  [5, ["row 0", "row 1", "row 2", "row 3", "row 4"]],
  [4, ["row 0", "row 2", "row 3", "row 4"]],
  [3, ["row 0", "row 2", "row 3"]],
  [1, ["row 2"]],
])("carries the %i most severe rows, in the run's order, and knows of all", async (mostRows, rows) => {
  const text = await page({ mostRows });
  expect(carried(text)).toEqual(rows);
  expect(text).toMatch(/"rows":5\}<\/script>/);
});

test("needs nothing but itself, and its policy names its own script and style by their hashes", async () => {
  const text = await page();
  expect(text).not.toMatch(/https?:|src=|href=|@import|url\(/);
  const hash = (part = ""): string => `'sha256-${createHash("sha256").update(part).digest("base64")}'`;
  const script = hash(/<script>([^]*?)<\/script>/.exec(text)?.[1]);
  const style = hash(/<style>([^]*?)<\/style>/.exec(text)?.[1]);
  expect(text).toContain(
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src ${script}; style-src ${style}; base-uri 'none'; form-action 'none'">`,
  );
});
