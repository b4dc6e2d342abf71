/** Redis for tests: a database of the run's server per test file, and servers of one's own to stop and kill. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { inject } from "vitest";
import { connectRedis, ensureRedisServer, type RedisHandle } from "../../src/queue/index.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { freePort } from "./free-port.ts";

/** Databases of a Redis out of the box. */
const DATABASES = 16;

/** The run's Redis with a database that no other test file running now has. Not empty: see `openTestRedis`. */
export function testRedisUrl(): string {
  const url = new URL(inject("redisUrl"));
  url.pathname = `/${(Number(process.env["VITEST_POOL_ID"] ?? 1) - 1) % DATABASES}`;
  return url.href;
}

/** Connects to the file's own database and empties it. Close it when done. */
export async function openTestRedis(telemetry = new Telemetry()): Promise<RedisHandle> {
  const redis = await connectRedis({ url: testRedisUrl(), dataDir: "unused" }, telemetry);
  await redis.patient.flushdb();
  return redis;
}

/** A server of one test's own, for FLUSHALL, SIGKILL and outages. */
export interface OwnRedis extends AsyncDisposable {
  readonly url: string;
  /** Comes back on the same port with the same data. */
  start(): Promise<void>;
  kill(): Promise<void>;
  /** Keeps connections open and answers nothing. */
  freeze(): void;
  thaw(): void;
}

export async function startOwnRedis(): Promise<OwnRedis> {
  const program = await ensureRedisServer((text) => process.stderr.write(`${text}\n`));
  const directory = mkdtempSync(join(tmpdir(), "exosweep-own-redis-"));
  const port = await freePort();
  let server: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory];
    const child = spawn(program, [...args, "--appendonly", "yes", "--save", "", "--databases", "16"], {
      stdio: "ignore",
    });
    server = child;
    const probe = await waitFor(() =>
      connectRedis(
        { url: `redis://127.0.0.1:${port}`, dataDir: "unused", connectTimeoutMs: 500 },
        new Telemetry(),
      ),
    );
    await probe.close();
  };
  const kill = async (): Promise<void> => {
    const child = server;
    server = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  };

  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    kill,
    freeze: () => void server?.kill("SIGSTOP"),
    thaw: () => void server?.kill("SIGCONT"),
    [Symbol.asyncDispose]: async () => {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A Redis Cluster of three servers, each with a third of the slots. */
export interface OwnCluster extends AsyncDisposable {
  /** Of one of them. */
  readonly url: string;
  /** A connection to each server for itself. */
  readonly servers: readonly Redis[];
}

export async function startOwnCluster(): Promise<OwnCluster> {
  const program = await ensureRedisServer((text) => process.stderr.write(`${text}\n`));
  const directory = mkdtempSync(join(tmpdir(), "exosweep-own-cluster-"));
  const ports = [await freePort(), await freePort(), await freePort()];
  const children = ports.map((port) => {
    const home = join(directory, String(port));
    mkdirSync(home);
    const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", home, "--appendonly", "yes"];
    // The bus listens 10,000 above the port unless it is told where, which may be beyond the last port there is.
    const bus = ["--cluster-enabled", "yes", "--cluster-port", String(20_000 + (port % 10_000))];
    return spawn(program, [...args, "--save", "", ...bus], { stdio: "ignore" });
  });
  const servers = ports.map((port) => new Redis({ host: "127.0.0.1", port, maxRetriesPerRequest: null }));
  for (const server of servers) server.on("error", () => undefined); // It is not up yet.
  const slots = [0, 5_461, 10_923, 16_384];
  for (const [place, server] of servers.entries()) {
    await server.call("CLUSTER", "ADDSLOTSRANGE", slots[place] ?? 0, (slots[place + 1] ?? 0) - 1);
    await server.call("CLUSTER", "SET-CONFIG-EPOCH", place + 1);
    if (place > 0)
      await server.call("CLUSTER", "MEET", "127.0.0.1", ports[0] ?? 0, 20_000 + ((ports[0] ?? 0) % 10_000));
  }
  for (const server of servers) {
    await waitFor(async () => {
      const info = String(await server.call("CLUSTER", "INFO"));
      if (!/cluster_state:ok/.test(info) || !/cluster_known_nodes:3/.test(info)) throw new Error(info);
    });
  }
  return {
    url: `redis://127.0.0.1:${ports[0]}`,
    servers,
    [Symbol.asyncDispose]: async () => {
      for (const server of servers) server.disconnect();
      await Promise.all(
        children.map(async (child) => {
          const ended = once(child, "exit");
          child.kill("SIGKILL");
          await ended;
        }),
      );
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Tries until it works, at most ten seconds. @throws what the last try threw */
export async function waitFor<T>(attempt: () => Promise<T> | T): Promise<T> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(10);
    }
  }
}
