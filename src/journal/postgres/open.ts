/** Opens the journal in a Postgres database: address, password, TLS, tables. */
import { userInfo } from "node:os";
import { getCACertificates } from "node:tls";
import type { PoolConfig } from "pg";
import type { Journal } from "../journal.ts";
import { parseAddress } from "./address.ts";
import type { Address } from "./address.ts";
import { Database } from "./database.ts";
import { Ground } from "./ground.ts";
import { findPassword } from "./password.ts";
import { postgresJournal } from "./postgres-journal.ts";
import { prepare } from "./schema.ts";
import { fromServer } from "./wire.ts";

export interface PostgresJournalOptions {
  /** `postgres://user@host:5432/database`, with `?schema=` (exosweep unless given) and `?sslmode=`. */
  readonly url: string;
  /** Where the password is found: `PGPASSWORD`, `PGPASSFILE`, `HOME`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Hosts whose network the operator vouches for; others that are not this machine are spoken to by TLS. */
  readonly trustedHosts?: readonly string[];
  /** Certificates in PEM of authorities to trust besides the usual ones. */
  readonly certificateAuthorities?: readonly string[];
  /** How long a call waits for a server that restarts before it fails. */
  readonly patienceMs?: number;
  /** Wall clock, shared by all processes: claims are measured by it. */
  readonly now?: () => number;
  /** Hears of what endangers the journal, one sentence a call. */
  readonly onWarning?: (text: string) => void;
}

/** One for the transaction of each of a few runs, and one for looks in between. */
const CONNECTIONS = 4;
const CONNECT_TIMEOUT_MS = 10_000;
/** No step of ours takes as long, on a server that answers. */
const ANSWER_TIMEOUT_MS = 120_000;
/** Longest wait for a run that another process writes about. */
const LOCK_TIMEOUT_MS = 60_000;
/** A process that is frozen within a transaction loses it after this long, and holds up nobody any more. */
const FROZEN_TIMEOUT_MS = 20_000;
const PATIENCE_MS = 15_000;

/**
 * A commit is on stable storage before it is answered, whatever the server's own default. And each statement of ours takes a small step along
 * an index, so there is one right plan, and nothing to gain from workers or compiling. A server that has not counted a table, because it
 * was just filled or restored, would choose another: to read all that is left of a run in each step, and sort it.
 */
const SESSION = {
  synchronous_commit: "on",
  enable_bitmapscan: "off",
  enable_hashjoin: "off",
  enable_mergejoin: "off",
  max_parallel_workers_per_gather: "0",
  jit: "off",
} as const;

/**
 * Opens the journal; the schema and its tables are made when they are missing.
 * @throws {JournalError} when the URL is none, the server is not reached or refuses, or the schema is of a newer version
 */
export async function openPostgresJournal(options: PostgresJournalOptions): Promise<Journal> {
  const { url, trustedHosts = [], patienceMs = PATIENCE_MS, now = Date.now, onWarning } = options;
  const address = parseAddress(url, trustedHosts);
  const db = new Database(configOf(address, options), address.name, patienceMs);
  try {
    await db.open(async (session) => {
      for (const text of await prepare(session, address)) onWarning?.(text);
    });
  } catch (error) {
    await db.close();
    throw error;
  }
  if (address.password !== undefined) {
    onWarning?.(
      `The URL of the journal ${address.name} holds a password: keep it in PGPASSWORD or ~/.pgpass instead, so that it is not copied with the settings`,
    );
  }
  return postgresJournal(new Ground(db, address.name, now));
}

function configOf(address: Address, options: PostgresJournalOptions): PoolConfig {
  const { environment, certificateAuthorities = [] } = options;
  const user = address.user ?? environment["PGUSER"] ?? userInfo().username;
  return {
    host: address.host,
    port: address.port,
    user,
    password: () => findPassword(address, user, environment),
    database: address.database,
    ssl: address.tls && { ca: [...getCACertificates("default"), ...certificateAuthorities] },
    application_name: "exosweep",
    options: Object.entries({ search_path: address.schema, ...SESSION })
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(" "),
    max: CONNECTIONS,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: FROZEN_TIMEOUT_MS,
    types: fromServer(),
  };
}
