/** Where a journal in Postgres lies: its URL taken apart, and what may be done with it. Pure; none of its words hold a password. */
import { isIP } from "node:net";
import { JournalError } from "../contract/errors.ts";

export interface Address {
  /** A host, or the directory of a unix socket: that one begins with a slash. */
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string;
  readonly schema: string;
  readonly tls: boolean;
  /** For people: no user, no password. */
  readonly name: string;
}

const DEFAULT_PORT = 5_432;
const DEFAULT_SCHEMA = "exosweep";
/** A name that needs no quotes, within what Postgres keeps of a name. */
const SCHEMA = /^[a-z_][a-z0-9_]{0,62}$/;
const KNOWN_PARAMETERS = ["host", "schema", "sslmode", "user"];
/** Each of them asks for TLS; we check the certificate and its name whichever it is. */
const TLS_MODES = ["require", "verify-ca", "verify-full"];

/**
 * @param trustedHosts hosts whose network the operator vouches for; they need no TLS
 * @throws {JournalError} when it is not such a URL, or would send what is in the journal over a network unprotected
 */
export function parseAddress(url: string, trustedHosts: readonly string[]): Address {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^postgres(ql)?:$/.test(parsed.protocol)) throw refused("it is none");
  const { searchParams: parameters } = parsed;
  for (const name of parameters.keys()) {
    if (!KNOWN_PARAMETERS.includes(name))
      throw refused(`"${name}" is not among ${KNOWN_PARAMETERS.join(", ")}`);
  }
  const host = decode(parameters.get("host") ?? parsed.hostname).replace(/^\[|\]$/g, "");
  const database = decode(parsed.pathname.slice(1));
  if (host === "") throw refused("it names no host");
  if (database === "" || database.includes("/")) throw refused("it names no database");
  const schema = parameters.get("schema") ?? DEFAULT_SCHEMA;
  if (!SCHEMA.test(schema)) throw refused("a schema is named by small letters, digits and underscores");
  const user = decode(parsed.username) || parameters.get("user") || undefined;
  const port = parsed.port === "" ? DEFAULT_PORT : Number(parsed.port);
  return {
    host,
    port,
    user,
    password: decode(parsed.password) || undefined,
    database,
    schema,
    tls: needsTls(host, parameters.get("sslmode"), trustedHosts),
    name: `postgres://${host.includes(":") ? `[${host}]` : encodeHost(host)}:${port}/${database}`,
  };
}

function needsTls(host: string, mode: string | null, trustedHosts: readonly string[]): boolean {
  if (mode !== null && TLS_MODES.includes(mode)) return true;
  if (mode !== null && mode !== "disable") {
    throw refused(`sslmode=${mode} may go without TLS: it is one of disable, ${TLS_MODES.join(", ")}`);
  }
  if (isLocal(host) || trustedHosts.includes(host)) return false;
  if (mode === null) return true;
  throw refused(
    `${host} is reached over the network without TLS`,
    "Leave sslmode out, or name the host in insecureHosts if its network is private",
  );
}

/** True when nobody outside this machine can listen in. */
function isLocal(host: string): boolean {
  return (
    host.startsWith("/") ||
    host === "localhost" ||
    host === "::1" ||
    (isIP(host) === 4 && host.startsWith("127."))
  );
}

/** The message does not repeat the URL, for it may hold a password. */
function refused(
  fact: string,
  advice = "Write `journal` in exosweep.yaml as postgres://user@host:5432/database, with ?schema=name for a schema other than exosweep",
): JournalError {
  return new JournalError(`Cannot use the URL of the journal: ${fact}`, advice);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw refused("a percent sign in it begins no character: write it as %25");
  }
}

function encodeHost(host: string): string {
  return host.startsWith("/") ? encodeURIComponent(host) : host;
}
