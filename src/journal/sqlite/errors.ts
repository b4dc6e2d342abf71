/** Turns what SQLite and the file system throw into a JournalError that says what to do. */
import { JournalError } from "../journal.ts";

const BUSY = 5;
const LOCKED = 6;
const CANNOT_OPEN = 14;

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html) that a person can do something about. */
const SQLITE: Readonly<Record<number, readonly [fact: string, advice: string]>> = {
  3: ["access is refused", "Give this user the right to read and write the file and its directory"],
  [BUSY]: [
    "another process holds it",
    "Close whatever has the file open (a backup, a database browser), then try again",
  ],
  [LOCKED]: [
    "another process holds it",
    "Close whatever has the file open (a backup, a database browser), then try again",
  ],
  8: [
    "it can be read but not written",
    "Give this user the right to write the file and its directory, or mount the disk writable",
  ],
  10: [
    "the disk reports an error",
    "Check the disk and its connection; network drives are not suited, use a local disk",
  ],
  11: ["the file is damaged", "Keep the file for inspection and put back a copy made before the damage"],
  13: ["the disk is full", "Free space on this disk; runs carry on from where they are once there is room"],
  [CANNOT_OPEN]: [
    "the file cannot be opened",
    "Check that the path is right and that this user may read and write the file and its directory",
  ],
  26: [
    "the file is not a journal",
    "Point the setting `journal` at another file, or put the right file in this place",
  ],
};

/** The codes the file system has for the same; its others mean that the file cannot be opened. */
const FILES: Readonly<Record<string, number>> = {
  EACCES: 3,
  EPERM: 3,
  EROFS: 8,
  EIO: 10,
  ENOSPC: 13,
  EDQUOT: 13,
};

/** SQLite's primary result code of a thrown error, `undefined` for errors of another origin. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  if (error.code === "ERR_SQLITE_ERROR") {
    return "errcode" in error && typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
  }
  return typeof error.code === "string" && "syscall" in error
    ? (FILES[error.code] ?? CANNOT_OPEN)
    : undefined;
}

/** True when the same attempt may succeed a moment later: another process is writing. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === BUSY || code === LOCKED;
}

/** True when the fault lies in the disk or the file, not in what was asked. */
export function isStorageFault(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== undefined && code in SQLITE;
}

/** The error for the caller: a JournalError for a fault of the storage, anything else as it is. */
export function explain(error: unknown, action: string, path: string): unknown {
  const known = SQLITE[sqliteCode(error) ?? -1];
  if (known === undefined) return error;
  const [fact, advice] = known;
  return new JournalError(`Cannot ${action} the journal "${path}": ${fact}`, advice, { cause: error });
}
