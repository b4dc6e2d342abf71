import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSqliteJournal } from "../../../src/journal/index.ts";
import type { Journal } from "../../../src/journal/index.ts";
import { Connection } from "../../../src/journal/sqlite/connection.ts";
import { MIGRATIONS, migrate } from "../../../src/journal/sqlite/schema.ts";
import { mailboxes, rightsOf, rowAbout, settlement, startRun } from "../samples.ts";

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "exosweep-journal-"));
  path = join(directory, "journal.db");
});

afterEach(() => rmSync(directory, { recursive: true }));

function withConnection<T>(work: (db: Connection) => T): T {
  const db = new Connection(path, { readOnly: false });
  try {
    return work(db);
  } finally {
    db.close();
  }
}

function versionOf(db: Connection): unknown {
  return db.get("PRAGMA user_version")?.["user_version"];
}

test("a file of an older version gets the steps it lacks, in order, and keeps what it holds", async () => {
  const journal = await openSqliteJournal({ path });
  await startRun(journal, "r1", mailboxes(2));
  await journal.settle(settlement("r1", 1, { rows: [rowAbout(1, "FullAccess")] }));
  await journal.close();
  const later = [
    ...MIGRATIONS,
    "ALTER TABLE runs ADD COLUMN note TEXT NOT NULL DEFAULT 'first'",
    "UPDATE runs SET note = note || ', then second'",
  ];
  withConnection((db) => {
    migrate(db, path, later);
    migrate(db, path, later);
    expect(versionOf(db)).toBe(MIGRATIONS.length + 2);
    expect(db.get("SELECT id, note FROM runs")).toEqual({ id: "r1", note: "first, then second" });
    db.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
  });
  const again = await openSqliteJournal({ path });
  expect(await rightsOf(again, "r1")).toEqual(["1<1 FullAccess"]);
  expect((await again.verify("r1")).problems).toEqual([]);
  await again.close();
});

test("a step that fails leaves the file as it was", () => {
  withConnection((db) => {
    migrate(db, path, ["CREATE TABLE one (x INTEGER) STRICT"]);
    const broken = ["", "CREATE TABLE two (x INTEGER) STRICT", "INSERT INTO nowhere VALUES (1)"];
    expect(() => migrate(db, path, broken)).toThrow(/nowhere/);
    expect(versionOf(db)).toBe(1);
    expect(db.all("SELECT name FROM sqlite_schema")).toEqual([{ name: "one" }]);
  });
});

test("processes that open a new file at once make one journal of it", async () => {
  const open = (): Promise<Journal> => openSqliteJournal({ path });
  const [first, second, third] = await Promise.all([open(), open(), open()]);
  await startRun(first, "r1", mailboxes(1));
  expect(await second.countPending("r1")).toBe(1);
  expect(await third.countPending("r1")).toBe(1);
  await Promise.all([first, second, third].map((journal) => journal.close()));
});
