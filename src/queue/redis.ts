/** The one way to Redis: connects, checks what it found, and hands connections to whoever needs them. */
import { rootCertificates } from "node:tls";
import { Cluster, Redis } from "ioredis";
import type { Telemetry } from "../telemetry/index.ts";
import { joinEmbeddedRedis, type EmbeddedRedis } from "./embedded.ts";
import { endpointName, parseRedisUrl, RedisError, refuseOpenEndpoint, type Endpoint } from "./endpoint.ts";
import { checkServer, isCluster } from "./server-check.ts";

export interface RedisSource {
  /** `redis://` or `rediss://`; absent: the private server of `dataDir`. */
  readonly url?: string | undefined;
  readonly dataDir: string;
  /** Hosts, other than this machine, that may be spoken to without TLS and password. */
  readonly trustedHosts?: readonly string[];
  /** PEM certificates of authorities to trust besides the usual ones. */
  readonly certificateAuthorities?: readonly string[];
  readonly connectTimeoutMs?: number;
}

/** A connection to one server, or to all of a Redis Cluster. */
export type RedisClient = Redis | Cluster;

export interface RedisHandle {
  /** For people: where Redis is, without user and password. */
  readonly name: string;
  /** Keeps commands through an outage until Redis is back. */
  readonly patient: RedisClient;
  /** Fails at once while Redis is away. */
  readonly hasty: RedisClient;
  /** Listens to channels; made on first use. */
  subscribe(channel: string, listener: (message: string) => void): Promise<void>;
  /** Ends every connection that came from here; with the embedded server: stops it when nobody else uses it. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** Our own server may be reading a large file first. */
const EMBEDDED_TIMEOUT_MS = 60_000;
const HASTY_COMMAND_MS = 1_000;
const RECONNECT_STEP_MS = 50;
const RECONNECT_MAX_MS = 1_000;

/**
 * Connects to Redis, or starts and joins the embedded one, and checks that work can be trusted to it. A server that turns out to be a node
 * of a Redis Cluster is taken as the way to all of them.
 * @throws {RedisError} when it cannot be reached, is open to the network, evicts keys or is too old
 */
export async function connectRedis(source: RedisSource, telemetry: Telemetry): Promise<RedisHandle> {
  const embedded = source.url === undefined ? await joinEmbeddedRedis(source.dataDir, telemetry) : undefined;
  const endpoint = (): Endpoint => embedded?.endpoint() ?? parseRedisUrl(source.url ?? "");
  const connect = async (clustered: boolean): Promise<Connections> => {
    const connections = new Connections(endpoint, source, embedded, clustered);
    try {
      return await connections.open(telemetry);
    } catch (error) {
      await connections.close();
      throw error;
    }
  };
  const connections = await connect(false);
  if (embedded !== undefined || !(await isCluster(connections.patient))) return connections;
  await connections.close();
  return connect(true);
}

class Connections implements RedisHandle {
  readonly name: string;
  readonly patient: RedisClient;
  readonly hasty: RedisClient;
  readonly #all = new Set<RedisClient>();
  readonly #endpoint: () => Endpoint;
  readonly #embedded: EmbeddedRedis | undefined;
  readonly #connectTimeoutMs: number;
  readonly #listeners = new Map<string, Set<(message: string) => void>>();
  #subscriber: RedisClient | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    endpoint: () => Endpoint,
    source: RedisSource,
    embedded: EmbeddedRedis | undefined,
    clustered: boolean,
  ) {
    const first = endpoint();
    if (!embedded) refuseOpenEndpoint(first, source.trustedHosts ?? []);
    this.#endpoint = endpoint;
    this.#embedded = embedded;
    this.#connectTimeoutMs = source.connectTimeoutMs ?? (embedded ? EMBEDDED_TIMEOUT_MS : CONNECT_TIMEOUT_MS);
    this.name = endpointName(first);
    const options = ioredisOptions(first, source.certificateAuthorities ?? []);
    const make = (own: object, enableOfflineQueue: boolean): RedisClient =>
      clustered
        ? new Cluster([address(first)], {
            redisOptions: { ...options, ...own },
            enableOfflineQueue,
            lazyConnect: true,
            clusterRetryStrategy: (times) => this.#retryMs(times),
            // Certificates are made out to names; the cluster tells addresses.
            ...(first.tls ? { dnsLookup: (host, done) => done(null, host) } : {}),
          })
        : new Redis({
            ...options,
            ...own,
            enableOfflineQueue,
            retryStrategy: (times) => this.#retryMs(times),
          });
    this.patient = this.#track(make({ maxRetriesPerRequest: null }, true));
    this.hasty = this.#track(
      make(
        {
          maxRetriesPerRequest: 0,
          autoResendUnfulfilledCommands: false,
          commandTimeout: HASTY_COMMAND_MS,
        },
        false,
      ),
    );
  }

  async open(telemetry: Telemetry): Promise<this> {
    await Promise.all([this.#ready(this.patient), this.#ready(this.hasty)]);
    await checkServer(this.patient, this.name, telemetry);
    this.#tellOutages(telemetry);
    return this;
  }

  #tellOutages(telemetry: Telemetry): void {
    let away = false;
    this.patient.on("close", () => {
      if (away || this.#closing) return;
      away = true;
      telemetry.emit("warning", { text: `Redis at ${this.name} is away: work goes on when it is back` });
    });
    this.patient.on("ready", () => {
      if (!away) return;
      away = false;
      telemetry.emit("warning", { text: `Redis at ${this.name} is back` });
      // It may be another one, or have got other settings meanwhile; we work on, for the journal is the record.
      checkServer(this.patient, this.name, telemetry).catch((error: unknown) => {
        if (error instanceof RedisError && !this.#closing)
          telemetry.emit("warning", { text: `${error.message}. ${error.advice}` });
      });
    });
  }

  async subscribe(channel: string, listener: (message: string) => void): Promise<void> {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    if (!this.#subscriber) {
      this.#subscriber = this.#track(copyOf(this.patient));
      this.#subscriber.on("message", (from: string, message: string) => {
        for (const each of this.#listeners.get(from) ?? []) each(message);
      });
      this.#subscriber.connect().catch(ignoreReconnect);
    }
    await this.#subscriber.subscribe(channel);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const redis of this.#all) end(redis);
    await this.#embedded?.leave();
  }

  /** How long to wait before the next try to connect; null for never. */
  #retryMs(times: number): number | null {
    return this.#closing ? null : Math.min(RECONNECT_MAX_MS, RECONNECT_STEP_MS * times);
  }

  /** Follows the endpoint of the embedded server, remembers copies (BullMQ makes some), keeps errors from ending the process. */
  #track<Client extends RedisClient>(redis: Client): Client {
    this.#all.add(redis);
    redis.on("error", ignoreReconnect);
    redis.on("end", () => this.#all.delete(redis));
    redis.on("connecting", () => this.#all.add(redis));
    if (redis instanceof Cluster) {
      const duplicate = redis.duplicate.bind(redis);
      redis.duplicate = (nodes, override) => this.#track(duplicate(nodes, override));
      return redis;
    }
    redis.options.retryStrategy = (times) => {
      if (!this.#closing) Object.assign(redis.options, this.#embedded ? address(this.#endpoint()) : {});
      return this.#retryMs(times);
    };
    const duplicate = redis.duplicate.bind(redis);
    redis.duplicate = (override) => this.#track(duplicate(override));
    return redis;
  }

  /** @throws {RedisError} when Redis does not answer in time or turns us away */
  async #ready(redis: RedisClient): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let last = "no answer";
    const onError = (error: Error): void => {
      last = reasonOf(error);
      if (/NOAUTH|WRONGPASS|NOPERM|SSL|TLS|certificate/i.test(error.message)) reject(this.#unreachable(last));
    };
    const timer = setTimeout(() => reject(this.#unreachable(last)), this.#connectTimeoutMs);
    redis.on("error", onError);
    redis.once("ready", resolve);
    try {
      await Promise.all([promise, redis.connect().catch(ignoreReconnect)]);
    } finally {
      clearTimeout(timer);
      redis.off("error", onError);
      redis.off("ready", resolve);
    }
  }

  #unreachable(reason: string): RedisError {
    return new RedisError(
      `Cannot reach Redis at ${this.name}: ${reason}`,
      this.#embedded === undefined ? howToReach(this.#endpoint(), reason) : "Run the command again",
    );
  }
}

function copyOf(redis: RedisClient): RedisClient {
  return redis instanceof Cluster ? redis.duplicate() : redis.duplicate();
}

/** Ends a connection and everything that waits on it. */
function end(redis: RedisClient): void {
  if (redis.status !== "reconnecting") {
    redis.disconnect();
    return;
  }
  // Disconnected between two tries, ioredis would never end what waits; one more try does, whichever way it goes.
  redis.connect().then(() => redis.disconnect(), ignoreReconnect);
}

/** ioredis reconnects by itself and tells of every failed try; what matters is said where a command fails. */
function ignoreReconnect(): void {}

const WANTS_PASSWORD = "it wants a password";
const WRONG_PASSWORD = "it refused the user or password";
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there (ECONNREFUSED)",
  ENOTFOUND: "no such host (ENOTFOUND)",
  EAI_AGAIN: "the name could not be looked up (EAI_AGAIN)",
  ETIMEDOUT: "the connection timed out (ETIMEDOUT)",
  EHOSTUNREACH: "there is no route to it (EHOSTUNREACH)",
};

/** What to type when a Redis that the settings name does not let us in. */
function howToReach({ host, port, tls }: Endpoint, reason: string): string {
  if (reason === WANTS_PASSWORD || reason === WRONG_PASSWORD)
    return "Put user and password into `redis` in exosweep.yaml: redis://user:password@host:port";
  const own = "take `redis` out of exosweep.yaml for a private one of ours";
  const local = host === "localhost" || host === "127.0.0.1" || host === "::1";
  if (!local || tls) return `Look at that server, the network and \`redis\` in exosweep.yaml, or ${own}`;
  return `Start it, such as "redis-server --port ${port ?? 6379} --appendonly yes", correct \`redis\` in exosweep.yaml, or ${own}`;
}

/** Codes and server words only: the library's own text may quote arguments. */
function reasonOf(error: Error): string {
  if ("code" in error && typeof error.code === "string") return REASONS[error.code] ?? error.code;
  const word = /^(NOAUTH|WRONGPASS|NOPERM|LOADING|MASTERDOWN|ERR)\b/.exec(error.message)?.[1];
  switch (word) {
    case "NOAUTH":
      return WANTS_PASSWORD;
    case "WRONGPASS":
      return WRONG_PASSWORD;
    case undefined:
      return "the connection failed";
    default:
      return `it answered ${word}`;
  }
}

type Address = Pick<Endpoint, "path" | "host" | "port" | "password">;

function address({ path, host = "127.0.0.1", port = 6379, password }: Endpoint): Address {
  return path === undefined ? { host, port, ...(password === undefined ? {} : { password }) } : { path };
}

function ioredisOptions(endpoint: Endpoint, authorities: readonly string[]) {
  return {
    ...address(endpoint),
    ...(endpoint.username === undefined ? {} : { username: endpoint.username }),
    ...(endpoint.db === undefined ? {} : { db: endpoint.db }),
    ...(endpoint.tls
      ? { tls: authorities.length > 0 ? { ca: [...rootCertificates, ...authorities] } : {} }
      : {}),
    lazyConnect: true,
    connectionName: `exosweep-${process.pid}`,
    connectTimeout: CONNECT_TIMEOUT_MS,
  };
}
