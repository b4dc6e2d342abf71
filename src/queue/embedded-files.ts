/** What the embedded Redis keeps in its directory: where it listens, its configuration, its log, its data. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { markText, parseMark, type ProcessMark } from "./process-mark.ts";

const endpointSchema = z.union([
  z.strictObject({ path: z.string().min(1) }),
  z.strictObject({
    host: z.literal("127.0.0.1"),
    port: z.int().min(1).max(65_535),
    password: z.string().min(16),
  }),
]);

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

/** For other processes to find the server by; readable by its owner only. */
export function writeEndpoint(directory: string, { path, host, port, password }: Endpoint): void {
  writePrivate(
    endpointFile(directory),
    JSON.stringify(path === undefined ? { host, port, password } : { path }),
  );
}

/** Which process the server is. */
export function writeServerMark(directory: string, mark: ProcessMark): void {
  writePrivate(join(directory, "server"), markText(mark));
}

export function readServerMark(directory: string): ProcessMark | undefined {
  try {
    return parseMark(readFileSync(join(directory, "server"), "utf8"));
  } catch {
    // Never started here.
    return undefined;
  }
}

/** @returns the file's path */
export function writeConfiguration(directory: string, endpoint: Endpoint): string {
  const file = join(directory, "redis.conf");
  const lines = [
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
  ];
  writePrivate(file, lines.join("\n"));
  return file;
}

/** Puts the server's data aside, for when it cannot start on it. Redis is transport: the journal knows what is to be done. */
export function setDataAside(directory: string): boolean {
  const data = join(directory, "appendonlydir");
  if (!existsSync(data)) return false;
  rmSync(`${data}.unreadable`, { recursive: true, force: true });
  renameSync(data, `${data}.unreadable`);
  return true;
}

function endpointFile(directory: string): string {
  return join(directory, "endpoint.json");
}

/** Readable by its owner only, and never half written. */
function writePrivate(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** What the server said last: why it ended, when it did. */
export function lastLogLine(directory: string): string {
  try {
    const lines = readFileSync(join(directory, "redis.log"), "utf8").trimEnd().split("\n");
    return lines.at(-1)?.slice(0, 300) ?? "it ended at once";
  } catch {
    // It ended before it could open its log.
    return "it ended at once";
  }
}
