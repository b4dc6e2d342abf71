/** Opens the file: permissions, pragmas, migrations. */
import { chmodSync, closeSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { JournalError } from "../contract/errors.ts";
import type { Journal } from "../journal.ts";
import { Connection, USUAL_CACHE } from "./connection.ts";
import { Ground } from "./ground.ts";
import { Reader, whenFree } from "./reader.ts";
import { migrate } from "./schema.ts";
import { Shapes } from "./shapes.ts";
import { sqliteJournal } from "./sqlite-journal.ts";
import { Writer } from "./writer.ts";

export interface SqliteJournalOptions {
  /** The file; it and its directory are made when they are missing, for this user only. A local disk: WAL does not work over a network. */
  readonly path: string;
  /** How long a call waits for other processes before it fails; 60 s: a process that is frozen in the middle of a commit holds up the others. */
  readonly busyTimeoutMs?: number;
  /** Most bytes of the file; writing more fails like a full disk. Unbounded when absent. */
  readonly maxBytes?: number;
  /** Wall clock, shared by all processes: claims are measured by it. */
  readonly now?: () => number;
}

/** Pages of 8 KiB: a target or a row of usual size fits into a quarter of one, beyond which SQLite adds a page for it alone. */
const PAGE_BYTES = 8_192;

/**
 * Opens the journal in a SQLite file.
 * @throws {JournalError} when the file cannot be opened, is not a journal, or is of a newer version
 */
export async function openSqliteJournal(options: SqliteJournalOptions): Promise<Journal> {
  const { path, busyTimeoutMs = 60_000, now = Date.now } = options;
  const file = { path, busyTimeoutMs };
  await whenFree(file, "open", () => makeFile(path));
  const writing = await whenFree(file, "open", () => openForWriting(path, options.maxBytes));
  const reading = await whenFree(file, "open", () => openForReading(path)).catch((error: unknown) => {
    writing.close();
    throw error;
  });
  const shapes = new Shapes();
  const writer = new Writer(writing, { ...file, onUndone: () => shapes.forget() });
  const reader = new Reader(reading, file);
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await writer.close();
    reader.close();
    await whenFree(file, "close", () => writing.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
    writing.close();
  };
  return sqliteJournal(new Ground({ writer, reader, shapes, now }), () => (closing ??= close()));
}

/**
 * Makes directory and file for this user only. SQLite gives its side files the permissions of the main one.
 * An existing file is not opened here: closing it again would take away the locks this process has on it.
 */
function makeFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    const { mode } = statSync(path);
    if ((mode & 0o077) !== 0) chmodSync(path, mode & 0o700);
  }
}

function openForReading(path: string): Connection {
  const db = new Connection(path, { readOnly: true });
  db.exec(USUAL_CACHE);
  return db;
}

/** Opens the connection that writes, and brings the file up to date. */
export function openForWriting(path: string, maxBytes: number | undefined): Connection {
  const db = new Connection(path, { readOnly: false });
  try {
    db.exec(`PRAGMA page_size = ${PAGE_BYTES}`);
    if (db.get("PRAGMA journal_mode = WAL")?.["journal_mode"] !== "wal") {
      throw new JournalError(
        `Cannot open the journal "${path}": its file system cannot share memory between processes`,
        "Put it on a local disk",
      );
    }
    // A commit is on the disk, not only written, before anybody sees it.
    db.exec("PRAGMA synchronous = FULL");
    // macOS: without these a sync ends in the drive's own cache.
    db.exec("PRAGMA fullfsync = ON");
    db.exec("PRAGMA checkpoint_fullfsync = ON");
    db.exec("PRAGMA journal_size_limit = 67108864");
    db.exec(USUAL_CACHE);
    if (maxBytes !== undefined) db.exec(`PRAGMA max_page_count = ${Math.ceil(maxBytes / PAGE_BYTES)}`);
    migrate(db, path);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
