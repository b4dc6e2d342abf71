/** Turns what the server and the network report into a JournalError that says what to do. */
import { DatabaseError } from "pg";
import { JournalError } from "../contract/errors.ts";

/** Something the driver threw. What our own code throws is none. */
export class Fault extends Error {
  override readonly name = "Fault";
  override readonly cause: unknown;
  /** It happened while a transaction was being committed: nobody knows whether it was. */
  readonly inCommit: boolean;

  constructor(cause: unknown, inCommit: boolean) {
    super("the driver reports a fault", { cause });
    this.cause = cause;
    this.inCommit = inCommit;
  }
}

interface Meaning {
  readonly fact: string;
  readonly advice: string;
  /** The same attempt may succeed a moment later. */
  readonly passes?: boolean;
}

const RESTARTING: Meaning = {
  fact: "the server is stopping, starting or gone for a moment",
  advice: "Start the server again; runs carry on from where they are",
  passes: true,
};
const UNREACHABLE: Meaning = {
  fact: "the server cannot be reached",
  advice: "Check that it runs, that host and port in `journal` are right, and that no firewall is in between",
  passes: true,
};
const NO_ENTRY: Meaning = {
  fact: "the server refuses user or password",
  advice: "Put the password of this user into PGPASSWORD or ~/.pgpass, and check the server's pg_hba.conf",
};
const FULL: Meaning = {
  fact: "the server's disk is full",
  advice: "Free space there; runs carry on from where they are once there is room",
};
const HELD: Meaning = {
  fact: "another process holds what is to be written",
  advice: "Look for a transaction that stays open (pg_stat_activity), end it, then try again",
};
const COLLIDED: Meaning = { ...HELD, passes: true };
const NOT_TRUSTED: Meaning = {
  fact: "the server's certificate is not trusted",
  advice:
    "Name the authority that signed it in certificateAuthorities; its host name must be the one in `journal`",
};
const DAMAGED: Meaning = {
  fact: "the server reports damaged data",
  advice: "Keep it for inspection and put back a copy made before the damage",
};

/** By SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html), or its first two characters. */
const BY_STATE: Readonly<Record<string, Meaning>> = {
  "08": RESTARTING,
  "25006": {
    fact: "the server can be read but not written",
    advice: "It may be a standby: name the primary in `journal`",
  },
  "25P03": RESTARTING,
  "28": NO_ENTRY,
  "3D000": {
    fact: "there is no such database",
    advice: "Create it with createdb, owned by the user in `journal`",
  },
  "40001": COLLIDED,
  "40P01": COLLIDED,
  "42501": {
    fact: "this user may not do it",
    advice:
      "Let the user own the database, or create the schema for it: CREATE SCHEMA exosweep AUTHORIZATION name",
  },
  "53100": FULL,
  "53300": {
    fact: "the server has no connection left",
    advice: "Raise max_connections there: a process of ours uses up to four",
    passes: true,
  },
  "55P03": HELD,
  "57P01": RESTARTING,
  "57P02": RESTARTING,
  "57P03": RESTARTING,
  "58": { fact: "the server's disk reports an error", advice: "Check the disk of the server" },
  XX001: DAMAGED,
  XX002: DAMAGED,
};

/** By the code of an error of the network. */
const BY_CODE: Readonly<Record<string, Meaning>> = {
  EACCES: { fact: "access to its socket is refused", advice: "Give this user the right to its directory" },
  EAI_AGAIN: UNREACHABLE,
  ECONNREFUSED: UNREACHABLE,
  ECONNRESET: RESTARTING,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  ENOENT: UNREACHABLE,
  ENOTFOUND: UNREACHABLE,
  EPIPE: RESTARTING,
  ETIMEDOUT: UNREACHABLE,
};

/** Where the driver gives words only. */
const BY_WORDS: readonly (readonly [words: RegExp, meaning: Meaning])[] = [
  [/client password must be|Password must be/, NO_ENTRY],
  [
    /does not support SSL|establishing an SSL/,
    {
      fact: "the server offers no TLS",
      advice: "Switch it on there (ssl = on), or name the host in insecureHosts if its network is private",
    },
  ],
  [/certificate|altnames|self.signed/i, NOT_TRUSTED],
  [/connection timeout/, UNREACHABLE],
  [
    /trying to connect/,
    {
      fact: "all connections of this process are at work",
      advice: "Look for a transaction that stays open (pg_stat_activity)",
      passes: true,
    },
  ],
  [/terminated|not queryable|Connection ended|was closed/, RESTARTING],
  [/Query read timeout/, { ...UNREACHABLE, fact: "the server does not answer" }],
];

/** SQLSTATE, or the code of an error of the network. */
function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** True when the index of something there is one of at a time refused another. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof JournalError && codeOf(error.cause) === "23505";
}

/** True when the server took offence at a value, not at its own state. */
export function isAboutValues(error: unknown): boolean {
  return error instanceof JournalError && /^(22|23|54)/.test(codeOf(error.cause) ?? "");
}

/** True for a fault after which the same attempt may succeed, and that has certainly recorded nothing. */
export function isPassing(error: unknown): boolean {
  return error instanceof Fault && !error.inCommit && meaningOf(error).passes === true;
}

/** The error for the caller: a JournalError for a fault, anything else as it is. */
export function explain(error: unknown, action: string, name: string): unknown {
  if (!(error instanceof Fault)) return error;
  // The way to the password told it already.
  if (error.cause instanceof JournalError) return error.cause;
  const { fact, advice } = meaningOf(error);
  return error.inCommit
    ? new JournalError(
        `Cannot tell whether the journal ${name} has what was written: ${fact}`,
        `${advice}; what is asked for again is recorded once`,
        { cause: error.cause },
      )
    : new JournalError(`Cannot ${action} the journal ${name}: ${fact}`, advice, { cause: error.cause });
}

function meaningOf(fault: Fault): Meaning {
  const error = firstOf(fault.cause);
  const code = codeOf(error) ?? "";
  const words = error instanceof Error ? error.message : String(error);
  const known =
    error instanceof DatabaseError
      ? (BY_STATE[code] ?? BY_STATE[code.slice(0, 2)])
      : (BY_CODE[code] ?? BY_WORDS.find(([pattern]) => pattern.test(`${code} ${words}`))?.[1]);
  return (
    known ?? {
      fact: error instanceof DatabaseError ? `the server reports ${code}, "${words}"` : `"${words}"`,
      advice: "Look into the server's log; if nobody changed its tables, please report it",
    }
  );
}

/** A host with several addresses fails with all of them at once. */
function firstOf(error: unknown): unknown {
  return error instanceof AggregateError ? (error.errors[0] ?? error) : error;
}
