import { expect, test } from "vitest";
import { inboxRuleSweep } from "../../jobs/inbox-rule-sweep.ts";
import type { Row } from "../../src/job/index.ts";
import { organisation, runEmulated } from "../support/emulated-run.ts";
import { performJob } from "../support/perform-job.ts";
import { findingsOf } from "../support/findings.ts";

test("a run finds exactly the rules that the emulator's mailboxes have, and which of them hide", async () => {
  const emulated = organisation(5_000);
  const { rows, calls } = await runEmulated(inboxRuleSweep, emulated);
  const truth = [...emulated.mailboxFacts()].flatMap(({ mailboxGuid, rules }) =>
    rules.map(({ id, name, enabled, hidden, deletes, movesTo, isConditional }) =>
      JSON.stringify([mailboxGuid, id, name, enabled, hidden, deletes, movesTo, isConditional]),
    ),
  );
  const found = rows
    .filter(({ noise }) => noise === undefined)
    .map(({ row }) =>
      JSON.stringify([
        row["MailboxId"],
        row["RuleId"],
        row["RuleName"] ?? "",
        row["Enabled"],
        row["Hidden"],
        row["Deletes"],
        row["MovesTo"] ?? "",
        row["Conditions"] !== null,
      ]),
    );
  expect(truth.length).toBeGreaterThan(1_000);
  expect(found.toSorted()).toEqual(truth.toSorted());
  expect(rows.filter(({ noise }) => noise === "IR1")).toHaveLength(10_000);
  expect(calls.get("Get-InboxRule")).toBeLessThan(6_300);
});

const RULE = { Name: "A", RuleIdentity: 1, Enabled: true };

test("a rule with the name of one of Exchange's own is noise only as long as it does nothing", async () => {
  const { rows } = await performJob(inboxRuleSweep, {
    answer: ({ parameters }) =>
      parameters["IncludeHidden"] === true
        ? [
            { ...RULE, Name: "Junk E-mail Rule" },
            { ...RULE, Name: "Junk E-mail Rule", RuleIdentity: 2, DeleteMessage: true },
            { ...RULE, Name: "Microsoft.Exchange.OOF.AllExternalSenders.Global", RuleIdentity: 3 },
          ]
        : [],
  });
  expect(rows.map(({ noise, row }) => [row["RuleId"], noise, row["Hidden"]])).toEqual([
    ["1", "IR1", true],
    ["2", undefined, true],
    ["3", "IR1", true],
  ]);
});

test("a row says what a rule asks for and does, without the words it asks for", async () => {
  const { rows } = await performJob(inboxRuleSweep, {
    answer: () => [
      {
        ...RULE,
        SubjectContainsWords: ["salary"],
        HasAttachment: true,
        From: [],
        MyNameInToBox: false,
        MoveToFolder: "Done",
        MarkAsRead: true,
        RedirectTo: ['"x@y.example" [SMTP:x@y.example]'],
      },
    ],
  });
  expect(rows[0]?.row).toMatchObject({
    Conditions: "HasAttachment; SubjectContainsWords",
    Deletes: false,
    MovesTo: "Done",
    MarksRead: true,
    SendsTo: 'redirect: "x@y.example" [SMTP:x@y.example]',
  });
});

const PLAIN: Row = {
  RuleName: "A",
  Enabled: true,
  Hidden: false,
  Conditions: null,
  Deletes: false,
  MovesTo: null,
};

test.each<[Row, string]>([
  [{}, ""],
  [{ Hidden: true }, "critical hidden-rule"],
  [{ Deletes: true }, "critical deletes-all-mail"],
  [{ MovesTo: "Gelöschte Elemente" }, "critical deletes-all-mail"],
  [{ Deletes: true, Enabled: false }, ""],
  [{ Deletes: true, Conditions: "From" }, "low deletes-some-mail"],
  [{ Deletes: true, Conditions: "From", Enabled: false }, ""],
  [{ MovesTo: "RSS-Feeds", Conditions: "From" }, "critical moves-mail-out-of-sight"],
  [{ MovesTo: "Carss", Conditions: "From" }, ""],
  [{ MovesTo: "RSS Feeds", Conditions: "From", Enabled: false }, ""],
  [{ RuleName: null }, "high name-says-nothing"],
  [{ RuleName: " .. " }, "high name-says-nothing"],
  [{ RuleName: "メール" }, ""],
])("%j is judged as %j", (row, finding) => {
  expect(findingsOf(inboxRuleSweep, { ...PLAIN, ...row })).toBe(finding);
});

test("a headline names the mailbox and the rule, and says what it does", () => {
  const row = {
    MailboxPrimarySmtp: "a@x.example",
    RuleName: ".",
    MovesTo: null,
    SendsTo: null,
    Conditions: null,
  };
  expect(inboxRuleSweep.headline?.(row)).toBe('a@x.example has the rule "."');
  expect(inboxRuleSweep.headline?.({ ...row, RuleName: null })).toBe("a@x.example has a rule without a name");
  const does = { ...row, Deletes: true, MovesTo: "RSS Feeds", Conditions: "From" };
  expect(inboxRuleSweep.headline?.(does)).toBe(
    'a@x.example has the rule "." (deletes, moves to RSS Feeds: some mail)',
  );
  expect(inboxRuleSweep.headline?.({ ...row, SendsTo: "forward: x" })).toBe(
    'a@x.example has the rule "." (sends on: all mail)',
  );
});
