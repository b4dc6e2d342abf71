/** The redis-server process behind the embedded Redis: where its program is, how it is set up, started and found. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { accessSync, constants, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { z } from "zod";
import { RedisError, type Endpoint } from "./endpoint.ts";

const PROGRAMS = ["redis-server", "valkey-server"];
/** Where package managers put servers that are not on everybody's PATH. */
const MORE_PLACES = ["/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/opt/homebrew/bin", "/snap/bin"];
/** `sun_path` holds 108 bytes on Linux and 104 on macOS, one of them the end mark. */
const LONGEST_SOCKET_PATH = process.platform === "linux" ? 107 : 103;
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 10;

const endpointSchema = z.union([
  z.strictObject({ path: z.string().min(1) }),
  z.strictObject({
    host: z.literal("127.0.0.1"),
    port: z.int().min(1).max(65_535),
    password: z.string().min(16),
  }),
]);

/** @returns the program's path, or undefined when neither redis-server nor valkey-server is installed */
export function findRedisServer(path = process.env["PATH"] ?? ""): string | undefined {
  const places = [...path.split(delimiter).filter((place) => place !== ""), ...MORE_PLACES];
  return places.flatMap((place) => PROGRAMS.map((name) => join(place, name))).find(isExecutable);
}

/** Where the server of this directory is said to listen; undefined when there is none yet. */
export function readEndpoint(directory: string): Endpoint | undefined {
  try {
    const parsed = endpointSchema.safeParse(JSON.parse(readFileSync(endpointFile(directory), "utf8")));
    return parsed.success ? { ...parsed.data, tls: false } : undefined;
  } catch {
    // Never written, or half written before a crash: as good as none.
    return undefined;
  }
}

/** True when something listens there. A server that is still loading its file counts. */
export function isListening(endpoint: Endpoint): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket =
    endpoint.path === undefined
      ? connect({ host: endpoint.host ?? "127.0.0.1", port: endpoint.port ?? 0 })
      : connect({ path: endpoint.path });
  socket.setTimeout(1_000, () => resolve(false));
  socket.once("connect", () => resolve(true));
  socket.once("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}

/** True when what listens there is the server we started: a port may have gone to somebody else since, and then our password means nothing. */
export async function isOurs(endpoint: Endpoint): Promise<boolean> {
  if (endpoint.path !== undefined) return await isListening(endpoint);
  const redis = client(endpoint);
  redis.on("error", () => {}); // Told by the ping.
  try {
    await redis.connect();
    return (await redis.ping()) === "PONG";
  } catch (error) {
    return error instanceof Error && error.message.startsWith("LOADING");
  } finally {
    redis.disconnect();
  }
}

/**
 * Starts a server in `directory`, detached: it outlives this process. Keeps the endpoint of the one before, so that others find it again.
 * The caller holds the directory's lock.
 * @param overTcp listen on a loopback port even where a socket would do
 * @throws {RedisError} when it does not come up; the message holds the last line of its log
 */
export async function startServer(
  program: string,
  directory: string,
  overTcp: boolean,
  signal?: AbortSignal,
): Promise<Endpoint> {
  const endpoint = await chooseEndpoint(directory, overTcp);
  writePrivate(join(directory, "redis.conf"), configuration(directory, endpoint));
  if (endpoint.path !== undefined) rmSync(endpoint.path, { force: true });
  // Through a shell for its umask alone: what the server writes is for its owner only.
  const shell = ["-c", 'umask 077; exec "$0" "$1"', program, join(directory, "redis.conf")];
  const child = spawn("/bin/sh", shell, {
    cwd: directory,
    detached: true,
    stdio: "ignore",
  });
  child.unref();
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", () => resolve(lastLogLine(directory)));
  });
  const up = new AbortController();
  const outcome = await Promise.race([
    answers(
      endpoint,
      AbortSignal.any([up.signal, AbortSignal.timeout(START_TIMEOUT_MS), ...(signal ? [signal] : [])]),
    ),
    ended,
  ]).finally(() => up.abort());
  if (outcome !== undefined) {
    child.kill("SIGKILL");
    throw new RedisError(
      `Cannot start ${program} in ${directory}: ${outcome}; see ${join(directory, "redis.log")}, or set REDIS_URL to a Redis of your own`,
    );
  }
  writePrivate(
    endpointFile(directory),
    JSON.stringify(
      endpoint.path === undefined
        ? { host: endpoint.host, port: endpoint.port, password: endpoint.password }
        : { path: endpoint.path },
    ),
  );
  return endpoint;
}

/** Puts the server's data aside, for when it cannot start on it. Redis is transport: the journal knows what is to be done. */
export function setDataAside(directory: string): boolean {
  const data = join(directory, "appendonlydir");
  if (!existsSync(data)) return false;
  rmSync(`${data}.unreadable`, { recursive: true, force: true });
  renameSync(data, `${data}.unreadable`);
  return true;
}

/** Asks the server to write what it has and end; waits until nothing listens any more, at most five seconds. */
export async function stopServer(endpoint: Endpoint): Promise<void> {
  const redis = client(endpoint);
  redis.on("error", () => {}); // It goes away under the connection: that is the point.
  try {
    await redis.connect();
    await redis.shutdown();
  } catch {
    // Gone already, or the connection ended before the reply, as it does on success.
  } finally {
    redis.disconnect();
  }
  for (let waited = 0; waited < 5_000 && (await isListening(endpoint)); waited += POLL_MS)
    await sleep(POLL_MS);
}

/** @returns undefined once it answers, else why it does not */
async function answers(endpoint: Endpoint, signal: AbortSignal): Promise<string | undefined> {
  while (!signal.aborted) {
    const redis = client(endpoint);
    redis.on("error", () => {}); // Refused until it listens, LOADING until it has read its file.
    try {
      await redis.connect();
      if ((await redis.ping()) === "PONG") return undefined;
    } catch {
      // Not yet.
    } finally {
      redis.disconnect();
    }
    await sleep(POLL_MS);
  }
  return `it did not answer within ${START_TIMEOUT_MS / 1_000} s`;
}

function client(endpoint: Endpoint): Redis {
  return new Redis({
    ...(endpoint.path === undefined
      ? { host: endpoint.host ?? "127.0.0.1", port: endpoint.port ?? 0, password: endpoint.password ?? "" }
      : { path: endpoint.path }),
    lazyConnect: true,
    // While the server reads its file, ioredis would look again only once a second.
    enableReadyCheck: false,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: 1_000,
    commandTimeout: 5_000,
  });
}

async function chooseEndpoint(directory: string, overTcp: boolean): Promise<Endpoint> {
  const path = join(directory, "redis.sock");
  if (!overTcp && Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return { path, tls: false };
  const before = readEndpoint(directory);
  if (before?.port !== undefined && (await isFree(before.port))) return before;
  return {
    host: "127.0.0.1",
    port: await freePort(),
    password: randomBytes(24).toString("base64url"),
    tls: false,
  };
}

function configuration(directory: string, endpoint: Endpoint): string {
  return [
    ...(endpoint.path === undefined
      ? [`bind 127.0.0.1`, `port ${endpoint.port}`, `requirepass ${endpoint.password}`]
      : [`port 0`, `unixsocket ${JSON.stringify(endpoint.path)}`, `unixsocketperm 600`]),
    `dir ${JSON.stringify(directory)}`,
    `logfile ${JSON.stringify(join(directory, "redis.log"))}`,
    `appendonly yes`,
    `appendfsync everysec`,
    `save ""`,
    `maxmemory-policy noeviction`,
    // Halves the memory of a task (`queue.md` 3a); the name every version from 6 on knows.
    `hash-max-ziplist-value 1024`,
    `databases 64`,
    "",
  ].join("\n");
}

function endpointFile(directory: string): string {
  return join(directory, "endpoint.json");
}

/** Readable by its owner only, and never half written. */
function writePrivate(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function lastLogLine(directory: string): string {
  try {
    const lines = readFileSync(join(directory, "redis.log"), "utf8").trimEnd().split("\n");
    return lines.at(-1)?.slice(0, 300) ?? "it ended at once";
  } catch {
    // It ended before it could open its log.
    return "it ended at once";
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    // Not there, or not ours to run.
    return false;
  }
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once("error", () => resolve(false));
  server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  return promise;
}

function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once("error", reject);
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    server.close(() => resolve(port));
  });
  return promise;
}
