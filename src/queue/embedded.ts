/**
 * The embedded Redis: a private server in the data directory, shared by all processes that use that directory.
 *
 * Every user leaves a file with its process in `users/`. Each of them looks after the server; when it is gone, the first to take the lock
 * starts it again. The last to leave stops it. A server whose users were all killed is taken over by the next.
 */
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Telemetry } from "../telemetry/index.ts";
import { readEndpoint, setDataAside } from "./embedded-files.ts";
import { findRedisServer, isListening, isOurs, startServer, stopServer } from "./embedded-server.ts";
import { RedisError, type Endpoint } from "./endpoint.ts";
import { howToInstall } from "./install.ts";
import { isAlive, markText, markOf, parseMark } from "./process-mark.ts";
import { withLock } from "./ticket-lock.ts";

/** How often each user looks whether the server still listens. */
const WATCH_MS = 500;

export interface EmbeddedRedis {
  /** Where it listens now; may change when it is started again. */
  endpoint(): Endpoint;
  /** Gives up this use of it; stops it when nobody else uses it. */
  leave(): Promise<void>;
}

/**
 * Finds or starts the server of `dataDir` and joins its users.
 * @throws {RedisError} when it cannot run here; the message says what to do instead
 */
export async function joinEmbeddedRedis(
  dataDir: string,
  telemetry: Telemetry,
  options: { readonly overTcp?: boolean } = {},
): Promise<EmbeddedRedis> {
  if (process.platform === "win32") {
    throw new RedisError(
      "Cannot start a Redis of our own: Windows has none",
      "Name a Redis as `redis` in exosweep.yaml, such as a container: docker run -p 6379:6379 redis redis-server --appendonly yes",
    );
  }
  const member = new Member(join(resolve(dataDir), "redis"), telemetry, options.overTcp ?? false);
  try {
    await member.join();
  } catch (error) {
    await member.leave();
    throw error;
  }
  return member;
}

class Member implements EmbeddedRedis {
  readonly #directory: string;
  readonly #telemetry: Telemetry;
  readonly #overTcp: boolean;
  readonly #userFile: string;
  readonly #stopped = new AbortController();
  #endpoint: Endpoint = { path: "", tls: false };
  #watch: NodeJS.Timeout | undefined;
  #restoring: Promise<void> | undefined;
  #leaving: Promise<void> | undefined;

  constructor(directory: string, telemetry: Telemetry, overTcp: boolean) {
    this.#directory = directory;
    this.#telemetry = telemetry;
    this.#overTcp = overTcp;
    this.#userFile = join(directory, "users", `${process.pid}-${Math.random().toString(36).slice(2, 10)}`);
  }

  endpoint(): Endpoint {
    return this.#endpoint;
  }

  async join(): Promise<void> {
    mkdirSync(join(this.#directory, "users"), { recursive: true, mode: 0o700 });
    chmodSync(this.#directory, 0o700);
    // First the mark, then the server: whoever leaves now sees that we need it.
    // Whole or not at all: half a mark would be taken for a dead user's.
    const draft = `${this.#userFile}.new`;
    writeFileSync(draft, markText(markOf(process.pid)), { mode: 0o600 });
    renameSync(draft, this.#userFile);
    await this.#ensure();
    this.#watchNext();
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async #leave(): Promise<void> {
    clearTimeout(this.#watch);
    this.#stopped.abort(new RedisError("Cannot go on: the embedded Redis was left", "Run the command again"));
    // A start that is under way ends by the abort; its error went to whoever waited for it.
    await this.#restoring?.catch(() => {});
    rmSync(this.#userFile, { force: true });
    if (!exists(this.#directory)) return;
    await withLock(this.#directory, async () => {
      const endpoint = readEndpoint(this.#directory);
      if (endpoint && livingUsers(this.#directory) === 0) await stopServer(endpoint);
    });
  }

  /** Makes sure that a server listens; whoever gets the lock first starts it, the others find it. */
  async #ensure(): Promise<void> {
    await withLock(
      this.#directory,
      async () => {
        const known = readEndpoint(this.#directory);
        this.#endpoint = known && (await isOurs(known)) ? known : await this.#start();
      },
      this.#stopped.signal,
    );
  }

  async #start(): Promise<Endpoint> {
    const program = findRedisServer();
    if (program === undefined) {
      throw new RedisError(
        "Cannot start a Redis of our own: neither redis-server nor valkey-server is installed",
        howToInstall(),
      );
    }
    const start = () => startServer(program, this.#directory, this.#overTcp, this.#stopped.signal);
    try {
      return await start();
    } catch (error) {
      if (this.#stopped.signal.aborted || !setDataAside(this.#directory)) throw error;
      this.#telemetry.emit("warning", {
        text: `the embedded Redis could not start on its data, which was put aside in ${this.#directory}; runs go on from the journal`,
      });
      return await start();
    }
  }

  #watchNext(): void {
    this.#watch = setTimeout(() => {
      this.#restoring = this.#restore();
    }, WATCH_MS);
    // Watching alone is no reason to stay alive.
    this.#watch.unref();
  }

  async #restore(): Promise<void> {
    try {
      if (!(await isListening(this.#endpoint))) await this.#ensure();
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      this.#telemetry.emit("warning", { text: error instanceof Error ? error.message : String(error) });
    }
    if (!this.#leaving) this.#watchNext();
  }
}

/** Users whose process lives; the files of dead ones are removed. */
function livingUsers(directory: string): number {
  const folder = join(directory, "users");
  return readdirSync(folder).filter((name) => {
    if (name.endsWith(".new")) return false;
    const file = join(folder, name);
    const mark = parseMark(readMark(file));
    if (mark && isAlive(mark)) return true;
    rmSync(file, { force: true });
    return false;
  }).length;
}

function readMark(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // Left while we looked.
    return "";
  }
}

function exists(directory: string): boolean {
  try {
    return readdirSync(directory).length > 0;
  } catch {
    // Removed by hand: nothing is left to stop.
    return false;
  }
}
