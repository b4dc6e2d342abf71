/** Turns what SQLite and the file system throw into a JournalError that says what to do. */
import { accessSync, constants, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { JournalError } from "../contract/errors.ts";

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html) that say something about the file or its disk. */
const CODE = {
  perm: 3,
  busy: 5,
  locked: 6,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  /** Too many processes at once for the locks of the write-ahead log. */
  protocol: 15,
  notADatabase: 26,
} as const;

interface Fault {
  readonly fact: string;
  readonly advice: string;
}

const HELD: Fault = {
  fact: "another process holds it",
  advice: "Close whatever has the file open (a backup, a database browser), then try again",
};

const FAULTS: ReadonlyMap<number, Fault> = new Map([
  [CODE.busy, HELD],
  [CODE.locked, HELD],
  [CODE.protocol, HELD],
  [
    CODE.perm,
    {
      fact: "access is refused",
      advice: "Give this user the right to read and write the file and its directory",
    },
  ],
  [
    CODE.readOnly,
    {
      fact: "it can be read but not written",
      advice: "Give this user the right to write the file and its directory, or mount the disk writable",
    },
  ],
  [
    CODE.ioError,
    {
      fact: "the disk reports an error",
      advice: "Check the disk and its connection; network drives are not suited, use a local disk",
    },
  ],
  [
    CODE.corrupt,
    {
      fact: "the file is damaged",
      advice: "Keep the file for inspection and put back a copy made before the damage",
    },
  ],
  [
    CODE.full,
    {
      fact: "the disk is full",
      advice: "Free space on this disk; runs carry on from where they are once there is room",
    },
  ],
  [
    CODE.cannotOpen,
    {
      fact: "the file cannot be opened",
      advice: "Check that the path is right and that this user may read and write the file and its directory",
    },
  ],
  [
    CODE.notADatabase,
    {
      fact: "the file is not a journal",
      advice: "Point the setting `journal` at another file, or put the right file in this place",
    },
  ],
]);

/** What the file system calls the same; its other errors mean that the file cannot be opened. */
const SYSTEM: ReadonlyMap<string, number> = new Map([
  ["EACCES", CODE.perm],
  ["EPERM", CODE.perm],
  ["EROFS", CODE.readOnly],
  ["EIO", CODE.ioError],
  ["ENOSPC", CODE.full],
  ["EDQUOT", CODE.full],
]);

/** The code of an error of SQLite or of the file system, `undefined` for any other. */
function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  // The low byte is the primary code, the rest says more about it.
  if (error.code === "ERR_SQLITE_ERROR") return "errcode" in error ? Number(error.errcode) & 0xff : undefined;
  return "syscall" in error ? (SYSTEM.get(error.code) ?? CODE.cannotOpen) : undefined;
}

/** True when the same attempt may succeed a moment later: another process is at work. */
export function isBusy(error: unknown): boolean {
  return FAULTS.get(codeOf(error) ?? -1) === HELD;
}

/** True when the fault lies in the file or its disk, not in what was asked. */
export function isStorageFault(error: unknown): boolean {
  return FAULTS.has(codeOf(error) ?? -1);
}

/** Below this no side file of SQLite can be made. */
const NO_ROOM_BYTES = 65_536;

/**
 * SQLite says of a disk that is read-only or full, while it opens the file, only that it cannot open or that something is wrong: the disk
 * itself knows more.
 */
function closer(code: number | undefined, path: string): number | undefined {
  if (code !== CODE.cannotOpen && code !== CODE.ioError) return code;
  const directory = dirname(path);
  try {
    accessSync(directory, constants.W_OK);
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize < NO_ROOM_BYTES ? CODE.full : code;
  } catch (error) {
    const why = codeOf(error);
    return why === undefined || why === CODE.cannotOpen ? code : why;
  }
}

/** The error for the caller: a JournalError for a fault of the storage, anything else as it is. */
export function explain(error: unknown, action: string, path: string): unknown {
  const fault = FAULTS.get(closer(codeOf(error), path) ?? -1);
  if (fault === undefined) return error;
  return new JournalError(`Cannot ${action} the journal "${path}": ${fault.fact}`, fault.advice, {
    cause: error,
  });
}
