import { expect, test } from "vitest";
import { z } from "zod";
import { defineJob, type Row } from "../../src/job/index.ts";
import { hasFindings, plain, renderSummary, summarise, summariseUnjudged } from "../../src/reports/index.ts";
import { type JournalledTarget, journalledRun } from "../support/journalled-run.ts";

const inspect = defineJob({
  name: "inspect",
  summary: "Passes on what it finds",
  writes: false,
  params: z.strictObject({}),
  columns: ["Who", "Finding", "Severity"],
  cmdlets: [],
  naiveCallsPerTarget: 3,
  bulk: [],
  perform: async () => [],
  judge: () => ({ observe: () => undefined, report: (rows) => rows }),
  headline: (row) => `${String(row["Who"])} did it`,
});

const RULES = { NR1: "the mailbox's own entry", NR10: "system mailboxes" };

function found(who: string, severity: Row[string], finding: Row[string], noise?: string) {
  return {
    noise,
    row: {
      Who: who,
      Severity: severity,
      Finding: finding,
      ReadAtUtc: `2026-05-04T03:02:0${Math.min(who.length, 9)}.000Z`,
    },
  };
}

const TARGETS: readonly JournalledTarget[] = [
  {
    label: "a@x",
    rows: [
      found("anna", "medium", "deny: x; other: y"),
      found("bo", "critical", "guest: x"),
      found("cem", null, null),
    ],
  },
  {
    label: "b@x",
    rows: [
      found("dora", "medium", "deny: x"),
      found("self", null, null, "NR10"),
      found("self", null, null, "NR1"),
    ],
  },
  { label: "c@x", outcome: "gone" },
  {
    label: "d@x",
    rows: [found("evil\u001b]0;owned\u0007\u202egnp", "medium", "deny: x"), found("self", null, null, "NR1")],
  },
  { label: "e@x", rows: [found("fay", "unknown", "group: x"), found("gus", "medium", "deny: x")] },
];

async function setup() {
  const { journal, run } = await journalledRun(inspect, TARGETS, { bulk: ["send-as"] });
  return { run, summary: await summarise({ journal, run, job: inspect }) };
}

test("summarise counts rows, hidden rows by rule, and findings by severity with a few examples", async () => {
  const { summary } = await setup();
  expect(summary).toEqual({
    schemaVersion: 1,
    mailboxes: 5,
    rows: { shown: 7, hidden: 3, hiddenBy: { NR1: 2, NR10: 1 } },
    findings: {
      bySeverity: { critical: 1, high: 0, medium: 4, unknown: 1, low: 0, info: 0 },
      groups: [
        { id: "guest", severity: "critical", rows: 1, examples: ["bo did it"] },
        {
          id: "deny",
          severity: "medium",
          rows: 4,
          examples: ["anna did it", "dora did it", "evil\u001b]0;owned\u0007\u202egnp did it"],
        },
        { id: "group", severity: "unknown", rows: 1, examples: ["fay did it"] },
      ],
    },
    naiveCalls: 15,
    oldestReadAt: "2026-05-04T03:02:02.000Z",
  });
  expect(Object.keys(summary.rows.hiddenBy)).toEqual(["NR1", "NR10"]);
});

test("hasFindings counts worse severities, and not what is unknown", async () => {
  const { summary } = await setup();
  expect(hasFindings(summary, "critical")).toBe(true);
  const milder = {
    ...summary,
    findings: { ...summary.findings, bySeverity: { medium: 1, unknown: 9, low: 0 } },
  };
  expect(hasFindings(milder, "high")).toBe(false);
  expect(hasFindings(milder, "medium")).toBe(true);
  expect(hasFindings(milder, "info")).toBe(true);
});

test("renderSummary tells the run in one block", async () => {
  const { run, summary } = await setup();
  const told = renderSummary(
    {
      ...run,
      state: "complete",
      startedAtMs: 0,
      endedAtMs: 125_000,
      calls: {
        ...run.calls,
        batches: 2,
        items: 9,
        throttledItems: 3,
        throttledBatches: 1,
        retries: 4,
        busyBatches: 2,
        busyItems: 19,
      },
      counts: { "wrong-identity": 2, "outside-scope": 1_234 },
    },
    summary,
    RULES,
  );
  expect(told.replace(run.chain.head, "HEAD")).toBe(`inspect on contoso: complete in 2 min 5 s
  run         rtest
  targets     5 mailboxes and 1 bulk read: ok 5, gone 1
  rows        7 shown, 3 hidden as noise
              NR1           2   the mailbox's own entry
              NR10          1   system mailboxes
  findings    critical 1, medium 4, unknown 1
              critical         1  guest  bo did it
              medium           4  deny   anna did it
              unknown          1  group  fay did it
  calls       9 calls in 2 requests; the usual script makes 15: 40 % saved
  throttle    3 calls and 1 request refused, 4 repeats, 9.5 calls per request while the gate was busy
  counted     outside-scope 1,234, wrong-identity 2
  data since  2026-05-04T03:02:02.000Z
  chain       6 outcomes, head HEAD
`);
});

test("renderSummary says so when nothing was found, throttled or settled yet", async () => {
  const { journal, run } = await journalledRun(inspect, []);
  const summary = await summarise({ journal, run, job: inspect });
  const told = renderSummary(
    { ...run, state: "paused", reason: "no role for Get-Mailbox", manifest: { count: 3, sha256: "" } },
    { ...summary, mailboxes: 3 },
  );
  expect(told).toBe(`inspect on contoso: paused (no role for Get-Mailbox)
  run         rtest
  targets     3 mailboxes: not yet 3
  rows        0 shown, 0 hidden as noise
  findings    none
  calls       0 calls in 0 requests; the usual script makes 0
  throttle    never
`);
});

test("summarise says which job's rules threw, without what they threw", async () => {
  const broken = defineJob({
    ...inspect,
    judge: () => ({
      observe: () => undefined,
      report: () => {
        throw new TypeError("anna@x has no such thing");
      },
    }),
  });
  const { journal, run } = await journalledRun(broken, TARGETS);
  await expect(summarise({ journal, run, job: broken })).rejects.toMatchObject({
    name: "ReportError",
    message: 'Cannot report run rtest: the rules of the job "inspect" threw TypeError',
  });
});

test("summariseUnjudged counts rows as they were read, and the summary tells why there are no findings", async () => {
  const { journal, run } = await journalledRun(inspect, TARGETS);
  const summary = await summariseUnjudged({ journal, run }, "its rules threw TypeError");
  expect(summary).toMatchObject({
    mailboxes: 5,
    rows: { shown: 7, hidden: 3, hiddenBy: { NR1: 2, NR10: 1 } },
    findings: { groups: [] },
    naiveCalls: 15,
  });
  expect(renderSummary({ ...run, state: "complete" }, summary)).toContain(
    "  findings    could not be judged: its rules threw TypeError; the rows are kept\n",
  );
});

test("renderSummary shows no character that a terminal would act on", async () => {
  const { run, summary } = await setup();
  const groups = summary.findings.groups.map((group) => ({ ...group, examples: group.examples.slice(-1) }));
  const told = renderSummary(run, { ...summary, findings: { ...summary.findings, groups } });
  expect(told).toContain("evil\\u{1b}]0;owned\\u{7}\\u{202e}gnp did it");
  expect(told.replaceAll("\n", "")).toMatch(/^\P{C}*$/u);
});

test.each([
  ["Zoë 李 👩‍👩‍👧 العربية", "Zoë 李 👩‍👩‍👧 العربية"],
  ["a\nb\r\tc", "a\\u{a}b\\u{d}\\u{9}c"],
  ["\u001b[31mred\u009b0m", "\\u{1b}[31mred\\u{9b}0m"],
  ["\u2066x\u2069\u200e\u2028", "\\u{2066}x\\u{2069}\\u{200e}\\u{2028}"],
  ["\ud800", "\\u{d800}"],
  ["\u{e0041}", "\\u{e0041}"],
])("plain(%j) is %j", (text, safe) => {
  expect(plain(text)).toBe(safe);
});
