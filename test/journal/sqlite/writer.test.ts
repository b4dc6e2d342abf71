import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Connection } from "../../../src/journal/sqlite/connection.ts";
import { Writer } from "../../../src/journal/sqlite/writer.ts";

/** A connection that counts its commits. */
class Counting extends Connection {
  commits = 0;

  override transaction<T>(work: () => T): T {
    const result = super.transaction(work);
    this.commits += 1;
    return result;
  }
}

let directory: string;
let db: Counting;
let writer: Writer;
let undone = 0;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "exosweep-journal-"));
  const path = join(directory, "journal.db");
  db = new Counting(path, { readOnly: false });
  db.exec("PRAGMA journal_mode = WAL");
  db.exec("CREATE TABLE t (x INTEGER PRIMARY KEY) STRICT");
  undone = 0;
  writer = new Writer(db, { path, busyTimeoutMs: 1_000, onUndone: () => (undone += 1) });
});

afterEach(async () => {
  await writer.close();
  db.close();
  rmSync(directory, { recursive: true });
});

function insert(x: number, records = 1): Promise<number> {
  return writer.write(records, (db) => {
    db.run("INSERT INTO t (x) VALUES (?)", x);
    return x;
  });
}

function stored(): readonly unknown[] {
  return db.all("SELECT x FROM t ORDER BY x").map((cells) => cells["x"]);
}

test("writes made together share a commit and are answered in order", async () => {
  const answered: number[] = [];
  await Promise.all(Array.from({ length: 100 }, async (_, x) => answered.push(await insert(x))));
  expect(db.commits).toBe(1);
  expect(answered).toEqual(Array.from({ length: 100 }, (_, x) => x));
});

test("a commit takes no more than so many writes and records", async () => {
  await Promise.all(Array.from({ length: 1_001 }, (_, x) => insert(x)));
  expect(db.commits).toBe(3);
  await Promise.all([2_000, 2_001, 2_002, 2_003].map((x) => insert(x, 600)));
  expect(db.commits).toBe(7);
  await insert(3_000, 1_000_000);
  expect(stored()).toHaveLength(1_006);
});

test("nobody is answered before the commit", async () => {
  const other = new Connection(join(directory, "journal.db"), { readOnly: true });
  await Promise.all(
    Array.from({ length: 20 }, async (_, x) => {
      await insert(x);
      expect(other.get("SELECT x FROM t WHERE x = ?", x)).toEqual({ x });
    }),
  );
  other.close();
});

test("a write that fails is undone alone; its neighbours are written", async () => {
  await insert(3);
  const results = await Promise.allSettled([1, 2, 3, 4].map((x) => insert(x)));
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
  expect(stored()).toEqual([1, 2, 3, 4]);
  expect(undone).toBeGreaterThan(0);
});

test("what a failed write did before it failed is undone", async () => {
  const failing = writer.write(1, (db) => {
    db.run("INSERT INTO t (x) VALUES (7)");
    throw new Error("Cannot go on");
  });
  const [failed] = await Promise.allSettled([failing, insert(8)]);
  expect(failed).toMatchObject({ status: "rejected", reason: { message: "Cannot go on" } });
  expect(stored()).toEqual([8]);
});

test("closing finishes what was asked for and refuses what comes later", async () => {
  const writes = [1, 2, 3].map((x) => insert(x));
  await writer.close();
  expect(await Promise.all(writes)).toEqual([1, 2, 3]);
  await expect(insert(4)).rejects.toThrow(/it is closed/);
});
