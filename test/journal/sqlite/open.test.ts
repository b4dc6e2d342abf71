import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
  closeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { JournalError, openSqliteJournal } from "../../../src/journal/index.ts";
import type { Journal } from "../../../src/journal/index.ts";
import { openForWriting } from "../../../src/journal/sqlite/open.ts";
import { gather, mailboxes, newRun, rowAbout, settlement, startRun } from "../samples.ts";

let directory: string;
let path: string;
const opened: Journal[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "exosweep-journal-"));
  path = join(directory, "data", "journal.db");
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((journal) => journal.close()));
  rmSync(directory, { recursive: true });
});

async function open(options: Omit<Parameters<typeof openSqliteJournal>[0], "path"> = {}): Promise<Journal> {
  const journal = await openSqliteJournal({ path, ...options });
  opened.push(journal);
  return journal;
}

/** The message of the JournalError this ends with, which has an advice too. */
async function faultOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof JournalError))
    throw new Error("Cannot find a fault: expected a JournalError", { cause: error });
  expect(error.advice).toMatch(/\w+/);
  return error.message;
}

function modeOf(file: string): number {
  return statSync(file).mode & 0o777;
}

describe("at rest", () => {
  test("directory and files belong to this user alone, whatever the umask", async () => {
    const before = process.umask(0);
    try {
      const journal = await open();
      await journal.createRun(newRun("r1"));
      expect(modeOf(dirname(path))).toBe(0o700);
      expect([path, `${path}-wal`, `${path}-shm`].map(modeOf)).toEqual([0o600, 0o600, 0o600]);
    } finally {
      process.umask(before);
    }
  });

  test("a file that others may read is closed to them", async () => {
    await (await openSqliteJournal({ path })).close();
    chmodSync(path, 0o664);
    await open();
    expect(modeOf(path)).toBe(0o600);
  });

  test("a commit is synced before it is answered", () => {
    mkdirSync(dirname(path));
    const db = openForWriting(path, undefined);
    const FULL = 2;
    expect(db.get("PRAGMA synchronous")).toEqual({ synchronous: FULL });
    expect(db.get("PRAGMA journal_mode")).toEqual({ journal_mode: "wal" });
    db.close();
  });

  test("the log stays small under work, and is gone when the journal is closed", async () => {
    const journal = await open();
    await startRun(journal, "r1", mailboxes(4_000));
    const reading = journal.targets("r1")[Symbol.asyncIterator]();
    await reading.next();
    const text = "x".repeat(2_000);
    await Promise.all(
      Array.from({ length: 4_000 }, (_, place) =>
        journal.settle(
          settlement("r1", place + 1, { rows: [1, 2, 3, 4].map(() => rowAbout(place + 1, text)) }),
        ),
      ),
    );
    expect(statSync(path).size).toBeGreaterThan(30_000_000);
    expect(statSync(`${path}-wal`).size).toBeLessThan(24_000_000);
    await journal.close();
    expect(existsSync(`${path}-wal`)).toBe(false);
  });
});

describe("versions", () => {
  test("a journal of a newer version is refused with advice", async () => {
    await (await openSqliteJournal({ path })).close();
    const db = new DatabaseSync(path);
    db.exec("PRAGMA user_version = 999");
    db.close();
    expect(await faultOf(open())).toMatch(/has version 999, this program knows \d+/);
  });

  test("a database of another program is refused and left as it is", async () => {
    mkdirSync(dirname(path));
    const db = new DatabaseSync(path);
    db.exec("CREATE TABLE places (url TEXT)");
    db.close();
    const before = statSync(path).size;
    expect(await faultOf(open())).toMatch(/belongs to another program/);
    expect(statSync(path).size).toBe(before);
  });

  test("an empty file becomes a journal", async () => {
    mkdirSync(dirname(path));
    writeFileSync(path, "");
    const journal = await open();
    expect(await journal.runs()).toEqual([]);
  });
});

describe("faults", () => {
  test("a file that is no database is named", async () => {
    mkdirSync(dirname(path));
    writeFileSync(path, "mailbox,right\n".repeat(1_000));
    expect(await faultOf(open())).toMatch(/is not a journal/);
  });

  test("a path that is a directory, or below a file, is named", async () => {
    mkdirSync(path, { recursive: true });
    expect(await faultOf(openSqliteJournal({ path }))).toMatch(/cannot be opened/);
    writeFileSync(join(directory, "file"), "");
    expect(await faultOf(openSqliteJournal({ path: join(directory, "file", "journal.db") }))).toMatch(
      /cannot be opened/,
    );
  });

  test("a damaged file is named, not read around", async () => {
    const journal = await openSqliteJournal({ path });
    await startRun(journal, "r1", mailboxes(2_000));
    await journal.close();
    const file = openSync(path, "r+");
    const garbage = Buffer.alloc(8_192, 0xa5);
    for (let at = 5 * 8_192; at < statSync(path).size - 8_192; at += 2 * 8_192)
      writeSync(file, garbage, 0, 8_192, at);
    closeSync(file);
    const damaged = await open();
    expect(await faultOf(gather(damaged.targets("r1")))).toMatch(/the file is damaged/);
  });

  test("a full disk is reported, loses nothing that was answered, and work goes on when there is room", async () => {
    const small = await openSqliteJournal({ path, maxBytes: 400_000 });
    await startRun(small, "r1", mailboxes(200));
    const settle = (journal: Journal, line: number): Promise<string> =>
      journal.settle(settlement("r1", line, { rows: [rowAbout(line, "x".repeat(4_000))] }));
    const results = await Promise.allSettled(
      Array.from({ length: 200 }, (_, place) => settle(small, place + 1)),
    );
    const failed = results.filter((result) => result.status === "rejected");
    expect(failed.length).toBeGreaterThan(0);
    expect(await faultOf(Promise.reject(failed[0]?.reason))).toMatch(/the disk is full/);
    expect((await small.verify("r1")).problems).toEqual([]);
    await small.close();

    const journal = await open();
    const pending = new Set(await journal.pending("r1", 0, 1_000));
    const lost = results.flatMap(({ status }, place) =>
      status === "fulfilled" && pending.has(place + 1) ? [place] : [],
    );
    expect(lost).toEqual([]);
    await Promise.all([...pending].map((line) => settle(journal, line)));
    expect(await journal.run("r1")).toMatchObject({ outcomes: { ok: 200 }, rows: 200 });
    expect((await journal.verify("r1")).problems).toEqual([]);
  });

  test("a disk that is really full is reported and survived", async ({ skip }) => {
    skip(!canMount(), "a small disk can only be mounted by root on Linux");
    mkdirSync(dirname(path));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "exosweep-test", dirname(path)]);
    let journal: Journal | undefined;
    try {
      journal = await openSqliteJournal({ path });
      await startRun(journal, "r1", mailboxes(500));
      let answered = 0;
      const fill = async (): Promise<void> => {
        for (let line = 1; line <= 500; line += 1) {
          await journal?.settle(settlement("r1", line, { rows: [rowAbout(line, "x".repeat(20_000))] }));
          answered = line;
        }
      };
      expect(await faultOf(fill())).toMatch(/the disk is full/);
      expect(answered).toBeGreaterThan(0);
      expect(await journal.run("r1")).toMatchObject({ outcomes: { ok: answered }, rows: answered });
      expect((await journal.verify("r1")).problems).toEqual([]);
      execFileSync("mount", ["-o", "remount,size=64m", dirname(path)]);
      expect(await journal.settle(settlement("r1", answered + 1))).toBe("settled");
    } finally {
      await journal?.close();
      execFileSync("umount", [dirname(path)]);
    }
  });

  test("a file or directory that may not be written is named", async () => {
    const journal = await openSqliteJournal({ path });
    await journal.createRun(newRun("r1"));
    await journal.close();
    const copy = join(directory, "copy.db");
    copyFileSync(path, copy);
    chmodSync(copy, 0o400);
    chmodSync(directory, 0o555);
    try {
      await asPlainUser(async () => {
        expect(await faultOf(openSqliteJournal({ path: copy }))).toMatch(
          /it can be read but not written|cannot be opened|access is refused/,
        );
        expect(await faultOf(openSqliteJournal({ path: join(directory, "new", "journal.db") }))).toMatch(
          /access is refused/,
        );
      });
    } finally {
      chmodSync(directory, 0o700);
    }
  });
});

/** Root may write everything; so for once be nobody. */
async function asPlainUser(work: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

/** Whether this user may mount a small disk of memory. */
function canMount(): boolean {
  if (process.platform !== "linux" || process.geteuid?.() !== 0) return false;
  const at = mkdtempSync(join(tmpdir(), "exosweep-mount-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "exosweep-test", at], { stdio: "ignore" });
    execFileSync("umount", [at]);
    return true;
  } catch {
    // Containers may not mount.
    return false;
  } finally {
    rmSync(at, { recursive: true });
  }
}
