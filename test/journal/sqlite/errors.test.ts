import { expect, test } from "vitest";
import { JournalError } from "../../../src/journal/index.ts";
import { explain, isBusy, isStorageFault } from "../../../src/journal/sqlite/errors.ts";

/** An error as `node:sqlite` throws it. */
function sqliteError(errcode: number): Error {
  return Object.assign(new Error("from SQLite"), { code: "ERR_SQLITE_ERROR", errcode });
}

/** An error as `node:fs` throws it. */
function systemError(code: string): Error {
  return Object.assign(new Error(code), { code, syscall: "open" });
}

test.each([
  ["SQLITE_BUSY", sqliteError(5), "another process holds it", true],
  ["SQLITE_BUSY_RECOVERY", sqliteError(261), "another process holds it", true],
  ["SQLITE_LOCKED", sqliteError(6), "another process holds it", true],
  ["SQLITE_PROTOCOL", sqliteError(15), "another process holds it", true],
  ["SQLITE_FULL", sqliteError(13), "the disk is full", false],
  ["SQLITE_IOERR_WRITE", sqliteError(778), "the disk reports an error", false],
  ["SQLITE_READONLY_DBMOVED", sqliteError(1032), "it can be read but not written", false],
  ["SQLITE_CORRUPT", sqliteError(11), "the file is damaged", false],
  ["SQLITE_NOTADB", sqliteError(26), "the file is not a journal", false],
  ["SQLITE_CANTOPEN", sqliteError(14), "the file cannot be opened", false],
  ["ENOSPC", systemError("ENOSPC"), "the disk is full", false],
  ["EROFS", systemError("EROFS"), "it can be read but not written", false],
  ["EACCES", systemError("EACCES"), "access is refused", false],
  ["EISDIR", systemError("EISDIR"), "the file cannot be opened", false],
])("%s is explained, with an advice", (_, error, fact, busy) => {
  const explained = explain(error, "write", "/data/journal.db");
  expect(explained).toBeInstanceOf(JournalError);
  expect(explained).toMatchObject({
    message: `Cannot write the journal "/data/journal.db": ${fact}`,
    advice: expect.stringMatching(/^[A-Z]\w+ /),
    cause: error,
  });
  expect(isBusy(error)).toBe(busy);
  expect(isStorageFault(error)).toBe(true);
});

test.each([
  ["a broken constraint", sqliteError(1555)],
  ["a mistake in the program", new TypeError("x is not a function")],
  ["no error at all", "text"],
])("%s is passed on as it is", (_, error) => {
  expect(explain(error, "write", "/data/journal.db")).toBe(error);
  expect(isStorageFault(error)).toBe(false);
});
