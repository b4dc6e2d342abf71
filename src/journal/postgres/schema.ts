/** The tables, as an ordered list of steps: a schema of an older version is brought up to date when it is opened. */
import { asNumber, asText } from "../cells.ts";
import { JournalError } from "../contract/errors.ts";
import type { Session } from "./database.ts";

/**
 * Step n brings version n to version n + 1. A step that was released is never edited: add another one.
 *
 * - Columns are called as in `sqlite/schema.ts`, and mean the same. Objects are whole JSON texts; `jsonb` would refuse some and sort their keys.
 * - Whoever writes about a run locks its line in `runs` first (`run-record.ts`): so counters and takes need no care, and nobody waits in a circle.
 * - Texts are compared by code points (`COLLATE "C"`), as the hash of the manifest sorts them.
 * - Pages of tables that are written over and over are filled half, so that new versions find room beside the old.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE runs (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text COLLATE "C" NOT NULL,
    job text COLLATE "C" NOT NULL,
    tenant text COLLATE "C" NOT NULL,
    tenant_id text COLLATE "C" NOT NULL,
    params text NOT NULL,
    scope text NOT NULL,
    naive_calls double precision NOT NULL,
    state text NOT NULL,
    reason text,
    targets integer NOT NULL DEFAULT 0,
    manifest_changes bigint NOT NULL DEFAULT 0,
    manifest_sha256 text,
    rows bigint NOT NULL DEFAULT 0,
    redrives integer NOT NULL DEFAULT 0,
    numbers bigint NOT NULL DEFAULT 0,
    chain_start bytea NOT NULL,
    chain_sealed bytea,
    chain_sealed_after bigint,
    chain_length bigint NOT NULL,
    chain_head bytea NOT NULL,
    summary text,
    limits text,
    owner text,
    owner_until bigint,
    created_at bigint NOT NULL,
    started_at bigint,
    ended_at bigint
  ) WITH (fillfactor = 50);
  CREATE UNIQUE INDEX run_ids ON runs (id);
  CREATE UNIQUE INDEX open_runs ON runs (tenant_id, job)
    WHERE state NOT IN ('complete', 'complete_with_failures', 'cancelled');

  CREATE TABLE tallies (
    run bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    value bigint NOT NULL,
    PRIMARY KEY (run, kind, name)
  ) WITH (fillfactor = 50);

  CREATE TABLE events (
    run bigint NOT NULL,
    n bigint GENERATED ALWAYS AS IDENTITY,
    at bigint NOT NULL,
    kind text NOT NULL,
    data text NOT NULL,
    PRIMARY KEY (run, n)
  );

  CREATE TABLE targets (
    run bigint NOT NULL,
    line integer NOT NULL,
    kind text NOT NULL,
    id text COLLATE "C" NOT NULL,
    object_id text NOT NULL,
    label text NOT NULL,
    data text NOT NULL,
    takes integer NOT NULL DEFAULT 0,
    intents integer NOT NULL DEFAULT 0,
    intent integer,
    redrive integer NOT NULL DEFAULT 0,
    outcome text,
    reason text,
    request_id text,
    fingerprint text COLLATE "C",
    settled_at bigint,
    take integer,
    rows integer NOT NULL DEFAULT 0,
    noise text,
    counts text,
    seal bytea,
    place bigint,
    link bytea,
    PRIMARY KEY (run, line)
  );
  CREATE UNIQUE INDEX target_ids ON targets (run, id);
  CREATE INDEX other_ids ON targets (run, kind, id) WHERE kind <> 'mailbox';
  CREATE INDEX pending ON targets (run, line) WHERE outcome IS NULL;
  CREATE INDEX open_intents ON targets (run, line) WHERE intent IS NOT NULL;

  CREATE TABLE earlier (
    run bigint NOT NULL,
    line integer NOT NULL,
    redrive integer NOT NULL,
    outcome text NOT NULL,
    reason text,
    request_id text,
    fingerprint text,
    settled_at bigint NOT NULL,
    take integer NOT NULL,
    rows integer NOT NULL,
    noise text,
    counts text,
    seal bytea NOT NULL,
    place bigint NOT NULL,
    link bytea NOT NULL,
    PRIMARY KEY (run, line, redrive)
  );

  CREATE TABLE intents (
    run bigint NOT NULL,
    line integer NOT NULL,
    n integer NOT NULL,
    redrive integer NOT NULL,
    attempt bigint NOT NULL,
    worker text NOT NULL,
    effect text NOT NULL,
    cmdlet text NOT NULL,
    digest text NOT NULL,
    before text NOT NULL,
    at bigint NOT NULL,
    clock text NOT NULL,
    ended text,
    looks text,
    PRIMARY KEY (run, line, n)
  );

  CREATE TABLE found (
    run bigint NOT NULL,
    line integer NOT NULL,
    take integer NOT NULL,
    n integer NOT NULL,
    about integer NOT NULL,
    noise text,
    body text NOT NULL,
    PRIMARY KEY (run, line, take, n)
  );
  CREATE INDEX found_elsewhere ON found (run, about) WHERE about <> line;

  CREATE TABLE staged (
    run bigint NOT NULL,
    line integer NOT NULL,
    attempt bigint NOT NULL,
    take integer NOT NULL,
    rows integer NOT NULL,
    noise text,
    seal bytea NOT NULL,
    PRIMARY KEY (run, line, attempt)
  );

  CREATE TABLE entries (
    run bigint NOT NULL,
    n bigint NOT NULL,
    id text NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (run, n)
  );
  CREATE TABLE entry_keys (
    run bigint NOT NULL,
    hash bytea NOT NULL,
    n bigint NOT NULL,
    PRIMARY KEY (run, hash, n)
  );
  `,
  `
  CREATE TABLE notes (
    about text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (about, name)
  );
  `,
  `
  ALTER TABLE runs ADD COLUMN indexed text;
  CREATE TABLE accesses (
    run bigint NOT NULL,
    hash bigint NOT NULL,
    line integer NOT NULL,
    n integer NOT NULL,
    PRIMARY KEY (run, hash, line, n)
  );
  `,
  `
  CREATE TABLE schedules (
    name text COLLATE "C" PRIMARY KEY,
    job text NOT NULL,
    tenant text NOT NULL,
    cron text NOT NULL,
    zone text NOT NULL,
    params text NOT NULL,
    scope text NOT NULL,
    missed text NOT NULL,
    paused integer NOT NULL,
    decided bigint NOT NULL,
    created_at bigint NOT NULL
  );
  CREATE TABLE ticks (
    schedule text COLLATE "C" NOT NULL,
    due bigint NOT NULL,
    by_hand integer NOT NULL,
    run text NOT NULL,
    state text NOT NULL,
    reason text,
    owner text,
    owner_until bigint,
    PRIMARY KEY (schedule, due)
  );
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
    id text COLLATE "C" PRIMARY KEY,
    sink text COLLATE "C" NOT NULL,
    schedule text COLLATE "C" NOT NULL,
    run text,
    message text NOT NULL,
    state text NOT NULL,
    tries text NOT NULL,
    next_at bigint NOT NULL,
    created_at bigint NOT NULL,
    owner text,
    owner_until bigint
  );
  CREATE INDEX waiting_deliveries ON deliveries (sink, created_at) WHERE state = 'waiting';
  CREATE INDEX deliveries_by_time ON deliveries (created_at, id);
  `,
  "ALTER TABLE runs ADD COLUMN filling bigint NOT NULL DEFAULT 0",
  // Messages have an end, and are removed some time after it.
  `
  ALTER TABLE deliveries ADD COLUMN ended_at bigint;
  ALTER TABLE deliveries ADD COLUMN reason text;
  `,
];

/** Any number, the same for all versions of this program: who brings a schema up to date holds this lock of the database. */
const LOCK = 0x65786f6a;

/** The oldest server that is tried (`test/journal/postgres`): what we say to it is understood by that one and later ones. */
const OLDEST_SERVER = 130_000;

/**
 * Makes the schema or brings it to the newest version, all steps in one transaction.
 * @returns a sentence for each thing that endangers what is kept there
 * @throws {JournalError} when the server cannot keep a journal, or the schema belongs to somebody else or to a newer version
 */
export async function prepare(
  db: Session,
  journal: { readonly name: string; readonly schema: string },
  steps: readonly string[] = MIGRATIONS,
): Promise<readonly string[]> {
  const warnings = await inspectServer(db, journal.name);
  const version = await versionOf(db, journal, steps.length);
  if (version === steps.length) return warnings;
  await db.run("SELECT pg_advisory_xact_lock($1)", LOCK);
  // Asked again: another process may have done it while this one waited for its turn.
  const from = await versionOf(db, journal, steps.length);
  if (from === undefined) {
    if ((await findSchema(db, journal.schema)) === undefined) await db.run(`CREATE SCHEMA ${journal.schema}`);
    await db.run("CREATE TABLE journal (version integer NOT NULL)");
    await db.run("INSERT INTO journal (version) VALUES (0)");
  }
  for (const step of steps.slice(from ?? 0)) await db.run(step);
  await db.run("UPDATE journal SET version = $1", steps.length);
  return warnings;
}

async function inspectServer(db: Session, name: string): Promise<readonly string[]> {
  const cells = await db.get(
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version,
       current_setting('server_encoding') AS encoding, current_setting('fsync') AS fsync,
       current_setting('full_page_writes') AS pages`,
  );
  if (asNumber(cells?.["number"]) < OLDEST_SERVER) {
    throw new JournalError(
      `Cannot keep a journal in ${name}: the server has version ${asText(cells?.["version"])}`,
      `Use Postgres ${OLDEST_SERVER / 10_000} or later`,
    );
  }
  if (cells?.["encoding"] !== "UTF8") {
    throw new JournalError(
      `Cannot keep a journal in ${name}: the encoding of the database is ${asText(cells?.["encoding"])}`,
      "Create a database with createdb --encoding=UTF8 --template=template0, and name it in `journal`",
    );
  }
  return (["fsync", "pages"] as const)
    .filter((setting) => cells[setting] !== "on")
    .map(
      (setting) =>
        `The server of the journal ${name} runs with ${setting === "fsync" ? "fsync" : "full_page_writes"} = off: a power cut may take what was recorded`,
    );
}

/** @returns `undefined` when there is nothing yet */
async function versionOf(
  db: Session,
  { name, schema }: { readonly name: string; readonly schema: string },
  known: number,
): Promise<number | undefined> {
  const tables = await findSchema(db, schema);
  if (tables === undefined || tables.length === 0) return undefined;
  if (!tables.includes("journal") || !tables.includes("runs")) {
    throw new JournalError(
      `Cannot open the journal ${name}: the schema ${schema} belongs to another program`,
      "Name another schema in `journal`: ?schema=name",
    );
  }
  const version = asNumber((await db.get("SELECT version FROM journal"))?.["version"]);
  if (version > known) {
    throw new JournalError(
      `Cannot open the journal ${name}: it has version ${version}, this program knows ${known}`,
      "Update this program, or name another schema in `journal`: ?schema=name",
    );
  }
  return version;
}

/** Names of its tables, `undefined` when there is no such schema. */
async function findSchema(db: Session, schema: string): Promise<readonly string[] | undefined> {
  const cells = await db.get(
    `SELECT ARRAY(SELECT relname::text FROM pg_class WHERE relnamespace = n.oid AND relkind IN ('r', 'p', 'v')) AS tables
     FROM pg_namespace n WHERE nspname = $1`,
    schema,
  );
  const tables = cells?.["tables"];
  return Array.isArray(tables) ? tables.map(asText) : undefined;
}
