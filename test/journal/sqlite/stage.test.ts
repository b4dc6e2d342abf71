import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSqliteJournal } from "../../../src/journal/index.ts";
import type { Journal, NewRow } from "../../../src/journal/index.ts";
import { bulk, mailboxes, rowAbout, settlement, startRun } from "../samples.ts";

let directory: string;
let path: string;
let journal: Journal;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "exosweep-journal-"));
  path = join(directory, "journal.db");
  journal = await openSqliteJournal({ path });
  await startRun(journal, "r1", [bulk("send-as"), ...mailboxes(3)]);
});

afterEach(async () => {
  await journal.close();
  rmSync(directory, { recursive: true });
});

/** Rows in the file, shown or not, by how often each right occurs. */
function onDisk(): Readonly<Record<string, unknown>> {
  const db = new DatabaseSync(path, { readOnly: true });
  const rows = db
    .prepare("SELECT json_extract(body, '$[0]') AS right, count(*) AS n FROM found GROUP BY 1")
    .all();
  const staged = db.prepare("SELECT count(*) AS n FROM staged").get();
  db.close();
  return { ...Object.fromEntries(rows.map(({ right, n }) => [String(right), n])), staged: staged?.["n"] };
}

function many(right: string): readonly NewRow[] {
  return Array.from({ length: 1_200 }, (_, n) => rowAbout(2 + (n % 3), right));
}

test("rows of attempts that died leave the disk when another attempt settles", async () => {
  await journal.stageRows("r1", 1, 1, many("dead"));
  await journal.stageRows("r1", 1, 2, many("alive"));
  expect(onDisk()).toEqual({ dead: 1_200, alive: 1_200, staged: 2 });
  await journal.settle(settlement("r1", 1, { attempt: 2 }));
  expect(onDisk()).toEqual({ alive: 1_200, staged: 0 });
});

test("rows that come too late leave the disk when their attempt hears of it", async () => {
  await journal.stageRows("r1", 1, 1, many("late"));
  await journal.moveRun("r1", ["running"], "cancelled");
  expect(await journal.settle(settlement("r1", 1, { attempt: 1 }))).toBe("fenced");
  expect(onDisk()).toEqual({ staged: 0 });
});

test("cancelling clears what was staged for the targets it cancels", async () => {
  await journal.stageRows("r1", 1, 1, many("dead"));
  await journal.moveRun("r1", ["running"], "cancelled");
  await journal.cancelPending("r1", "admin", 1);
  expect(onDisk()).toEqual({ staged: 0 });
});

test("rows of an outcome that was redriven stay", async () => {
  await journal.stageRows("r1", 1, 1, many("before"));
  await journal.settle(settlement("r1", 1, { attempt: 1, outcome: "failed" }));
  await journal.redrive("r1", { outcome: ["failed"] });
  await journal.stageRows("r1", 1, 2, many("after"));
  await journal.settle(settlement("r1", 1, { attempt: 2 }));
  expect(onDisk()).toEqual({ before: 1_200, after: 1_200, staged: 0 });
  expect(await journal.run("r1")).toMatchObject({ rows: 1_200 });
});
