/** Where a Redis listens, as options for ioredis and as words without secrets. */
import { isIP } from "node:net";

/** A mistake in how Redis is set up or reached, said so that a person can act on it. Never holds a password. */
export class RedisError extends Error {
  override readonly name = "RedisError";
  readonly advice: string;
  constructor(message: string, advice: string, options?: ErrorOptions) {
    super(message, options);
    this.advice = advice;
  }
}

export interface Endpoint {
  /** Unix socket; then host and port are empty. */
  readonly path?: string;
  readonly host?: string;
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
  readonly db?: number;
  readonly tls: boolean;
}

/**
 * Takes a `redis://` or `rediss://` URL apart.
 * @throws {RedisError} when it is not such a URL; the message does not repeat it, for it may hold a password
 */
export function parseRedisUrl(url: string): Endpoint {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || (parsed.protocol !== "redis:" && parsed.protocol !== "rediss:") || parsed.hostname === "") {
    throw new RedisError(
      "Cannot use the Redis URL: expected redis://[user:password@]host[:port][/db] or rediss://…",
      "Correct `redis` in exosweep.yaml",
    );
  }
  const db = parsed.pathname.slice(1);
  if (!/^\d{0,4}$/.test(db)) {
    throw new RedisError(
      `Cannot use the Redis URL of ${parsed.host}: expected a number after the slash (the database), got "${db}"`,
      "Correct `redis` in exosweep.yaml",
    );
  }
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ""),
    port: parsed.port === "" ? 6379 : Number(parsed.port),
    ...(parsed.username === "" ? {} : { username: decodeURIComponent(parsed.username) }),
    ...(parsed.password === "" ? {} : { password: decodeURIComponent(parsed.password) }),
    ...(db === "" ? {} : { db: Number(db) }),
    tls: parsed.protocol === "rediss:",
  };
}

/** The endpoint for people: no user, no password. */
export function endpointName(endpoint: Endpoint): string {
  if (endpoint.path !== undefined) return endpoint.path;
  const host = endpoint.host?.includes(":") ? `[${endpoint.host}]` : (endpoint.host ?? "");
  const db = endpoint.db ? `/${endpoint.db}` : "";
  return `${endpoint.tls ? "rediss" : "redis"}://${host}:${endpoint.port ?? 6379}${db}`;
}

/** True when nobody outside this machine can listen in. */
export function isLocal(endpoint: Endpoint): boolean {
  if (endpoint.path !== undefined) return true;
  const host = endpoint.host ?? "";
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/**
 * Refuses a Redis that strangers on the network could read or write (`reliability-ux-security.md` T24).
 * @param trustedHosts hosts whose network the operator vouches for; they need neither TLS nor a password
 * @throws {RedisError} when it is neither local, nor trusted, nor protected by a password and TLS
 */
export function refuseOpenEndpoint(endpoint: Endpoint, trustedHosts: readonly string[]): void {
  if (isLocal(endpoint) || trustedHosts.includes(endpoint.host ?? "")) return;
  const missing = [
    ...(endpoint.password === undefined ? ["a password"] : []),
    ...(endpoint.tls ? [] : ["TLS (rediss://)"]),
  ];
  if (missing.length === 0) return;
  throw new RedisError(
    `Cannot use Redis at ${endpointName(endpoint)}: it is reached over the network without ${missing.join(" and ")}`,
    "Use rediss://user:password@host, a Redis on this machine, or name the host in insecureHosts if its network is private",
  );
}
