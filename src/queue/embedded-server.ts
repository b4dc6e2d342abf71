/** The redis-server process behind the embedded Redis: found, started, asked whether it is there, stopped. */
import { spawn } from "node:child_process";
import { accessSync, constants, rmSync } from "node:fs";
import { connect } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { chooseEndpoint } from "./embedded-address.ts";
import {
  lastLogLine,
  readServerMark,
  writeConfiguration,
  writeEndpoint,
  writeServerMark,
} from "./embedded-files.ts";
import { RedisError, type Endpoint } from "./endpoint.ts";
import { isAlive, markOf } from "./process-mark.ts";

const PROGRAMS = ["redis-server", "valkey-server"];
/** Where package managers put servers that are not on everybody's PATH. */
const MORE_PLACES = ["/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/opt/homebrew/bin", "/snap/bin"];
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 10;

/** @returns the program's path, or undefined when neither redis-server nor valkey-server is installed */
export function findRedisServer(path = process.env["PATH"] ?? ""): string | undefined {
  const places = [...path.split(delimiter).filter((place) => place !== ""), ...MORE_PLACES];
  return places.flatMap((place) => PROGRAMS.map((name) => join(place, name))).find(isExecutable);
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
  endPredecessor(directory);
  const endpoint = await chooseEndpoint(directory, overTcp);
  const configurationFile = writeConfiguration(directory, endpoint);
  if (endpoint.path !== undefined) rmSync(endpoint.path, { force: true });
  // Through a shell for its umask alone: what the server writes is for its owner only.
  const shell = ["-c", 'umask 077; exec "$0" "$1"', program, configurationFile];
  const child = spawn("/bin/sh", shell, {
    cwd: directory,
    detached: true,
    stdio: "ignore",
  });
  child.unref();
  if (child.pid !== undefined) writeServerMark(directory, markOf(child.pid));
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
      `Cannot start ${program} in ${directory}: ${outcome}`,
      `See ${join(directory, "redis.log")}, or name a Redis of your own as \`redis\` in exosweep.yaml`,
    );
  }
  writeEndpoint(directory, endpoint);
  return endpoint;
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

/** A server that nobody can reach any more, but that still runs, would write into the same files. */
function endPredecessor(directory: string): void {
  const mark = readServerMark(directory);
  // Without a start time the number may be somebody else's by now.
  if (mark && mark.started !== "" && isAlive(mark)) process.kill(mark.pid, "SIGKILL");
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

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    // Not there, or not ours to run.
    return false;
  }
}
