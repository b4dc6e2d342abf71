import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSqliteJournal } from "../../../src/journal/index.ts";
import type { Journal } from "../../../src/journal/index.ts";
import { damages, startWriting } from "../damaged-intents.ts";
import { bulk, mailboxes, rowAbout, settlement, startRun } from "../samples.ts";

let directory: string;
let path: string;
let journal: Journal;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "exosweep-journal-"));
  path = join(directory, "journal.db");
  journal = await openSqliteJournal({ path });
  await startRun(journal, "r1", [...mailboxes(3), bulk("send-as")]);
  for (const line of [1, 2, 3]) {
    const rows = [rowAbout(line, "FullAccess"), rowAbout(line, "ReadPermission", "NR1")];
    await journal.settle(settlement("r1", line, { rows, reason: "why", counts: { odd: 1 } }));
  }
  await journal.stageRows("r1", 4, 9, [rowAbout(2, "SendAs")]);
  await journal.settle(settlement("r1", 4, { attempt: 9 }));
  await journal.moveRun("r1", ["running"], "complete");
});

afterEach(async () => {
  await journal.close();
  rmSync(directory, { recursive: true });
});

const SEALED = /^Line \d is not what it was when it was settled$/;

/** Each line: what somebody did to the file, and what is said of it. */
const changes: readonly (readonly [name: string, sql: string, problems: readonly RegExp[]])[] = [
  ["nothing", "SELECT 1", []],
  [
    "a row is edited",
    "UPDATE found SET body = replace(body, 'FullAccess', 'SendAs') WHERE line = 2",
    [SEALED],
  ],
  ["a row is about another mailbox", "UPDATE found SET about = 3 WHERE line = 4", [SEALED]],
  ["a row is hidden", "UPDATE found SET noise = 'NR1' WHERE line = 1", [SEALED, /for noise NR1/]],
  [
    "a row is gone",
    "DELETE FROM found WHERE line = 3 AND n = 2",
    [/settled with 2 rows and has 1/, SEALED, /says 7 for rows, .* 6$/, /noise NR1/],
  ],
  [
    "a row is added",
    "INSERT INTO found SELECT run, line, take, 3, about, noise, shape, body FROM found WHERE line = 1 AND n = 1",
    [/settled with 2 rows and has 3/, SEALED, /for rows/],
  ],
  [
    "a row belongs to no target",
    "INSERT INTO found SELECT run, 5, take, n, about, noise, shape, body FROM found WHERE line = 1 AND n = 1",
    [/^Line 5 has rows and is not in the manifest$/],
  ],
  [
    "an outcome is turned into another",
    "UPDATE targets SET outcome = 'failed' WHERE line = 1",
    [SEALED, /for outcome ok/, /for outcome failed/],
  ],
  [
    "an outcome is forgotten",
    "UPDATE targets SET outcome = NULL WHERE line = 1",
    [
      /complete, but 1 targets have no outcome: line 1$/,
      /place 1 .* missing/,
      /for rows/,
      /for outcome ok/,
      /noise NR1/,
      /count odd/,
    ],
  ],
  ["a reason is edited", "UPDATE targets SET reason = 'because' WHERE line = 1", [SEALED]],
  [
    "a target is gone",
    "DELETE FROM targets WHERE line = 3",
    [
      /Line 3 is missing/,
      /Line 3 has rows/,
      /^The outcome at place 3 of the chain is missing: .* after that of line 2, before that of line 4$/,
      /sealed with 4 lines and has 3/,
      /sealed as \w+ and now hashes to \w+/,
      /for rows/,
      /for outcome ok/,
      /noise NR1/,
      /count odd/,
    ],
  ],
  [
    "a target is another",
    "UPDATE targets SET id = 'somebody' WHERE line = 1",
    [SEALED, /sealed as \w+ and now hashes to \w+/],
  ],
  [
    "a counter is wrong",
    "UPDATE tallies SET value = 5 WHERE name = 'ok'",
    [/^The run says 5 for outcome ok, its lines add up to 4$/],
  ],
  [
    "the row counter is wrong",
    "UPDATE runs SET rows = 8",
    [/^The run says 8 for rows, its lines add up to 7$/],
  ],
];

test.each(changes)("when %s, it says so", async (_, sql, expected) => {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
  const { problems } = await journal.verify("r1");
  expect(problems).toEqual(expected.map((words) => expect.stringMatching(words)));
});

test("what a redriven target had before is checked too", async () => {
  await journal.redrive("r1", { outcome: ["ok"] });
  await journal.moveRun("r1", ["complete"], "running");
  await Promise.all([1, 2, 3, 4].map((line) => journal.settle(settlement("r1", line))));
  expect((await journal.verify("r1")).problems).toEqual([]);
  const db = new DatabaseSync(path);
  db.exec("DELETE FROM found WHERE line = 3 AND n = 2; UPDATE earlier SET reason = 'because' WHERE line = 1");
  db.close();
  expect((await journal.verify("r1")).problems).toEqual([
    expect.stringMatching(SEALED),
    "Line 3 was settled with 2 rows and has 1",
    expect.stringMatching(SEALED),
  ]);
});

describe("intents", () => {
  beforeEach(async () => {
    await journal.close();
    path = join(directory, "writes.db");
    journal = await openSqliteJournal({ path });
    await startWriting(journal);
  });

  test.each(damages)("when %s, it says so, and names the line", async (_, sql, expected) => {
    const db = new DatabaseSync(path);
    db.exec(sql);
    db.close();
    expect((await journal.verify("r1")).problems).toEqual(expected);
  });
});

test("many problems of one kind are counted, not listed without end", async () => {
  await startRun(journal, "r2", mailboxes(60));
  await Promise.all(mailboxes(60).map((_, place) => journal.settle(settlement("r2", place + 1))));
  const db = new DatabaseSync(path);
  db.exec("UPDATE targets SET reason = 'because' WHERE run = 2");
  db.close();
  const { problems } = await journal.verify("r2");
  expect(problems).toHaveLength(21);
  expect(problems.at(-1)).toBe("40 more problems");
});
