/** The tables, as an ordered list of steps: a file of an older version is brought up to date when it is opened. */
import { JournalError } from "../contract/errors.ts";
import { asNumber } from "../cells.ts";
import type { Connection } from "./connection.ts";

/** Marks a file as ours (`PRAGMA application_id`): "exoj". */
const APPLICATION_ID = 0x65786f6a;

/**
 * Step n brings version n to version n + 1. A step that was released is never edited: add another one.
 *
 * - A row belongs to a *take*: the number, within its target, of the attempt that brought it. A row counts when its take is the one
 *   its target settled with. So settling a bulk read of a million staged rows writes one record, and a redrive erases nothing.
 * - Objects are stored as the JSON array of their values; their keys, always the same few lists, are in `shapes`.
 * - Keys of the principal index lie in the pages of segments (`key-segments.ts`).
 * - A target counts its intents (`intents`) and names the one without an end (`intent`): who settles one without any asks nothing more.
 * - `seal` is the XOR of the SHA-256 of an outcome, of each of its rows and of its intents, 16 bytes of it (`seal.ts`).
 * - Keys of the access index lie likewise in `access_segments` and `access_pages`; `indexed` says how far it goes (`accesses.ts`).
 * - `place` and `link` say where an outcome lies in the chain of its run (`chain.ts`).
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE runs (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    job TEXT NOT NULL,
    tenant TEXT NOT NULL,
    tenant_id TEXT NOT NULL,
    params TEXT NOT NULL,
    scope TEXT NOT NULL,
    naive_calls REAL NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    targets INTEGER NOT NULL DEFAULT 0,
    manifest_changes INTEGER NOT NULL DEFAULT 0,
    manifest_sha256 TEXT,
    rows INTEGER NOT NULL DEFAULT 0,
    redrives INTEGER NOT NULL DEFAULT 0,
    reopened INTEGER NOT NULL DEFAULT 0,
    numbers INTEGER NOT NULL DEFAULT 0,
    chain_start BLOB NOT NULL,
    chain_sealed BLOB,
    chain_sealed_after INTEGER,
    chain_length INTEGER NOT NULL,
    chain_head BLOB NOT NULL,
    summary TEXT,
    limits TEXT,
    owner TEXT,
    owner_until INTEGER,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX open_runs ON runs (tenant_id, job)
    WHERE state NOT IN ('complete', 'complete_with_failures', 'cancelled');
  CREATE INDEX cancelled_runs ON runs (key) WHERE state = 'cancelled';

  CREATE TABLE tallies (
    run INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (run, kind, name)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE events (
    run INTEGER NOT NULL,
    n INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (run, n)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE shapes (key INTEGER PRIMARY KEY, names TEXT NOT NULL UNIQUE) STRICT;

  CREATE TABLE targets (
    run INTEGER NOT NULL,
    line INTEGER NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    object_id TEXT NOT NULL,
    label TEXT NOT NULL,
    shape INTEGER NOT NULL,
    data TEXT NOT NULL,
    takes INTEGER NOT NULL DEFAULT 0,
    intents INTEGER NOT NULL DEFAULT 0,
    intent INTEGER,
    redrive INTEGER NOT NULL DEFAULT 0,
    outcome TEXT,
    reason TEXT,
    request_id TEXT,
    fingerprint TEXT,
    settled_at INTEGER,
    take INTEGER,
    rows INTEGER NOT NULL DEFAULT 0,
    noise TEXT,
    counts TEXT,
    seal BLOB,
    place INTEGER,
    link BLOB,
    PRIMARY KEY (run, line)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX target_ids ON targets (run, id);
  CREATE INDEX other_ids ON targets (run, kind, id) WHERE kind <> 'mailbox';
  CREATE INDEX pending ON targets (run, line) WHERE outcome IS NULL;
  CREATE INDEX open_intents ON targets (run, line) WHERE intent IS NOT NULL;

  CREATE TABLE earlier (
    run INTEGER NOT NULL,
    line INTEGER NOT NULL,
    redrive INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT,
    request_id TEXT,
    fingerprint TEXT,
    settled_at INTEGER NOT NULL,
    take INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    noise TEXT,
    counts TEXT,
    seal BLOB NOT NULL,
    place INTEGER NOT NULL,
    link BLOB NOT NULL,
    PRIMARY KEY (run, line, redrive)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE intents (
    run INTEGER NOT NULL,
    line INTEGER NOT NULL,
    n INTEGER NOT NULL,
    redrive INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    worker TEXT NOT NULL,
    effect TEXT NOT NULL,
    cmdlet TEXT NOT NULL,
    digest TEXT NOT NULL,
    before TEXT NOT NULL,
    at INTEGER NOT NULL,
    clock TEXT NOT NULL,
    ended TEXT,
    looks TEXT,
    PRIMARY KEY (run, line, n)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE found (
    run INTEGER NOT NULL,
    line INTEGER NOT NULL,
    take INTEGER NOT NULL,
    n INTEGER NOT NULL,
    about INTEGER NOT NULL,
    noise TEXT,
    shape INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (run, line, take, n)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX found_elsewhere ON found (run, about) WHERE about <> line;

  CREATE TABLE staged (
    run INTEGER NOT NULL,
    line INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    take INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    noise TEXT NOT NULL,
    seal BLOB NOT NULL,
    PRIMARY KEY (run, line, attempt)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE entries (
    run INTEGER NOT NULL,
    n INTEGER NOT NULL,
    id TEXT NOT NULL,
    shape INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (run, n)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE segments (
    run INTEGER NOT NULL,
    n INTEGER NOT NULL,
    level INTEGER NOT NULL,
    state INTEGER NOT NULL,
    PRIMARY KEY (run, n)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE pages (
    run INTEGER NOT NULL,
    segment INTEGER NOT NULL,
    first BLOB NOT NULL,
    leads BLOB NOT NULL,
    PRIMARY KEY (run, segment, first)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE notes (
    about TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (about, name)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE runs ADD COLUMN indexed TEXT;
  CREATE TABLE access_segments (
    run INTEGER NOT NULL,
    n INTEGER NOT NULL,
    level INTEGER NOT NULL,
    state INTEGER NOT NULL,
    PRIMARY KEY (run, n)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE access_pages (
    run INTEGER NOT NULL,
    segment INTEGER NOT NULL,
    first BLOB NOT NULL,
    leads BLOB NOT NULL,
    PRIMARY KEY (run, segment, first)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE schedules (
    name TEXT PRIMARY KEY,
    job TEXT NOT NULL,
    tenant TEXT NOT NULL,
    cron TEXT NOT NULL,
    zone TEXT NOT NULL,
    params TEXT NOT NULL,
    scope TEXT NOT NULL,
    missed TEXT NOT NULL,
    paused INTEGER NOT NULL,
    decided INTEGER NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE ticks (
    schedule TEXT NOT NULL,
    due INTEGER NOT NULL,
    by_hand INTEGER NOT NULL,
    run TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    owner TEXT,
    owner_until INTEGER,
    PRIMARY KEY (schedule, due)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX open_ticks ON ticks (schedule, due) WHERE state IN ('claimed', 'started');
  `,
  // Runs that are being imported are nobody's to work on, and stand in no other's way.
  `
  DROP INDEX open_runs;
  CREATE UNIQUE INDEX open_runs ON runs (tenant_id, job)
    WHERE state NOT IN ('complete', 'complete_with_failures', 'cancelled', 'importing');
  `,
  `
  CREATE TABLE deliveries (
    id TEXT PRIMARY KEY,
    sink TEXT NOT NULL,
    schedule TEXT NOT NULL,
    run TEXT,
    message TEXT NOT NULL,
    state TEXT NOT NULL,
    tries TEXT NOT NULL,
    next_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    owner TEXT,
    owner_until INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX waiting_deliveries ON deliveries (sink, created_at) WHERE state = 'waiting';
  CREATE INDEX deliveries_by_time ON deliveries (created_at, id);
  `,
  "ALTER TABLE runs ADD COLUMN filling INTEGER NOT NULL DEFAULT 0",
  // Messages have an end, and are removed some time after it.
  `
  ALTER TABLE deliveries ADD COLUMN ended_at INTEGER;
  ALTER TABLE deliveries ADD COLUMN reason TEXT;
  `,
];

/**
 * Brings the file to the newest version, all steps in one transaction.
 * @throws {JournalError} when the file belongs to another program or to a newer version of this one
 */
export function migrate(db: Connection, path: string, steps: readonly string[] = MIGRATIONS): void {
  if (versionOf(db, path, steps.length) === steps.length) return;
  db.transaction(() => {
    // Asked again: another process may have done it while this one waited for its turn.
    for (const step of steps.slice(versionOf(db, path, steps.length))) db.exec(step);
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    db.exec(`PRAGMA user_version = ${steps.length}`);
  });
}

function versionOf(db: Connection, path: string, known: number): number {
  const version = asNumber(db.get("PRAGMA user_version")?.["user_version"]);
  const owner = asNumber(db.get("PRAGMA application_id")?.["application_id"]);
  const tables = asNumber(db.get("SELECT count(*) AS n FROM sqlite_schema")?.["n"]);
  if (owner !== APPLICATION_ID && (tables > 0 || version > 0)) {
    throw new JournalError(
      `Cannot open the journal "${path}": the file belongs to another program`,
      "Point the setting `journal` at another file",
    );
  }
  if (version > known) {
    throw new JournalError(
      `Cannot open the journal "${path}": it has version ${version}, this program knows ${known}`,
      "Update this program, or point the setting `journal` at another file",
    );
  }
  return version;
}
