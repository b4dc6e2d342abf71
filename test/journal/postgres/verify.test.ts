import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { openPostgresJournal } from "../../../src/journal/index.ts";
import type { Journal } from "../../../src/journal/index.ts";
import { findPostgres } from "../../support/postgres.ts";
import { damages, startWriting } from "../damaged-intents.ts";
import { bulk, mailboxes, manifestHash, rowAbout, settlement, startRun } from "../samples.ts";

const postgres = await findPostgres();
afterAll(() => postgres?.[Symbol.asyncDispose]());

const SEALED = /^Line \d is not what it was when it was settled$/;

/** Each line: what somebody did to the tables, and what is said of it. */
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
    "a row is doubled",
    "INSERT INTO found SELECT run, line, take, 3, about, noise, body FROM found WHERE line = 1 AND n = 1",
    [/settled with 2 rows and has 3/, SEALED, /for rows/],
  ],
  [
    "rows trade places",
    "UPDATE found SET n = 3 - n + 10 WHERE line = 1; UPDATE found SET n = n - 10 WHERE line = 1",
    [SEALED],
  ],
  [
    "a row belongs to no target",
    "INSERT INTO found SELECT run, 5, take, n, about, noise, body FROM found WHERE line = 1 AND n = 1",
    [/^Line 5 has rows and is not in the manifest$/],
  ],
  [
    "an outcome is turned into another",
    "UPDATE targets SET outcome = 'failed' WHERE line = 1",
    [SEALED, /for outcome ok/, /for outcome failed/],
  ],
  ["a reason is edited", "UPDATE targets SET reason = 'because' WHERE line = 1", [SEALED]],
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
];

describe.skipIf(postgres === undefined)("verifying a run in Postgres", () => {
  if (postgres === undefined) return;
  let url: string;
  let journal: Journal;

  beforeEach(async () => {
    url = postgres.freshUrl();
    const { environment, trustedHosts } = postgres;
    journal = await openPostgresJournal({ url, environment, trustedHosts });
    await startRun(journal, "r1", [...mailboxes(3), bulk("send-as")]);
    for (const line of [1, 2, 3]) {
      const rows = [rowAbout(line, "FullAccess"), rowAbout(line, "ReadPermission", "NR1")];
      await journal.settle(settlement("r1", line, { rows, reason: "why", counts: { odd: 1 } }));
    }
    await journal.stageRows("r1", 4, 9, [rowAbout(2, "SendAs")]);
    await journal.settle(settlement("r1", 4, { attempt: 9 }));
    await journal.moveRun("r1", ["running"], "complete");
  });

  afterEach(() => journal.close());

  test.each(changes)("when %s, it says so", async (_, sql, expected) => {
    await postgres.sql(url, sql);
    const { problems } = await journal.verify("r1");
    expect(problems).toEqual(expected.map((words) => expect.stringMatching(words)));
  });

  test("a manifest has the hash it has in any journal", async () => {
    const { sha256 } = await journal.verify("r1");
    expect(sha256).toBe(manifestHash([...mailboxes(3), bulk("send-as")]));
  });

  test("what a redriven target had before is checked too", async () => {
    await journal.redrive("r1", { outcome: ["ok"] });
    await journal.moveRun("r1", ["complete"], "running");
    await Promise.all([1, 2, 3, 4].map((line) => journal.settle(settlement("r1", line))));
    expect((await journal.verify("r1")).problems).toEqual([]);
    await postgres.sql(
      url,
      "DELETE FROM found WHERE line = 3 AND n = 2; UPDATE earlier SET reason = 'because' WHERE line = 1",
    );
    expect((await journal.verify("r1")).problems).toEqual([
      expect.stringMatching(SEALED),
      "Line 3 was settled with 2 rows and has 1",
      expect.stringMatching(SEALED),
    ]);
  });

  describe("intents", () => {
    beforeEach(async () => {
      await journal.close();
      url = postgres.freshUrl();
      const { environment, trustedHosts } = postgres;
      journal = await openPostgresJournal({ url, environment, trustedHosts });
      await startWriting(journal);
    });

    test.each(damages)("when %s, it says so, and names the line", async (_, sql, expected) => {
      await postgres.sql(url, sql);
      expect((await journal.verify("r1")).problems).toEqual(expected);
    });
  });
});
