import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connectRedis, type RedisHandle } from "../../src/queue/index.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { waitFor } from "../support/redis.ts";

const PROGRAM = join(import.meta.dirname, "..", "support", "embedded-process.ts");

let folder: string;
let dataDir: string;
let warnings: string[];
const handles: RedisHandle[] = [];
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "exosweep-embedded-"));
  dataDir = folder;
  warnings = [];
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => end(child, "SIGKILL")));
  // Takes over what killed processes left running, and stops it.
  handles.push(await connectRedis({ dataDir }, new Telemetry()));
  await Promise.all(handles.splice(0).map((handle) => handle.close()));
  rmSync(folder, { recursive: true, force: true });
});

async function open(): Promise<{ redis: RedisHandle; pid: number }> {
  const telemetry = new Telemetry();
  telemetry.on("warning", ({ text }) => warnings.push(text));
  const redis = await connectRedis({ dataDir }, telemetry);
  handles.push(redis);
  return { redis, pid: await serverPid(redis) };
}

async function serverPid(redis: RedisHandle): Promise<number> {
  return Number(/process_id:(\d+)/.exec(await redis.patient.info("server"))?.[1]);
}

async function start(): Promise<{ child: ChildProcess; pid: number }> {
  const child = spawn(process.execPath, [PROGRAM, dataDir], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const [line] = await once(child.stdout, "data");
  return { child, pid: Number(String(line)) };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}

/** A zombie does not run any more, though it still has its number. */
function runs(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    try {
      return process.platform !== "linux" && process.kill(pid, 0);
    } catch {
      return false;
    }
  }
}

test("the server keeps what it is given, evicts nothing, and is for its owner only", async () => {
  const { redis } = await open();
  const config = async (name: string): Promise<unknown> => await redis.patient.config("GET", name);
  expect(await config("appendonly")).toEqual(["appendonly", "yes"]);
  expect(await config("appendfsync")).toEqual(["appendfsync", "everysec"]);
  expect(await config("maxmemory-policy")).toEqual(["maxmemory-policy", "noeviction"]);
  expect(await config("hash-max-listpack-value")).toEqual(["hash-max-listpack-value", "1024"]);
  expect(await config("port")).toEqual(["port", "0"]);
  const mode = (name: string): string => (statSync(join(dataDir, "redis", name)).mode & 0o777).toString(8);
  expect([".", "appendonlydir", "users"].map(mode)).toEqual(["700", "700", "700"]);
  const files = [
    "endpoint.json",
    "redis.conf",
    "redis.sock",
    "redis.log",
    "appendonlydir/appendonly.aof.manifest",
  ];
  expect(files.map(mode)).toEqual(files.map(() => "600"));
  expect(redis.name).toBe(join(dataDir, "redis", "redis.sock"));
});

test("processes of one data directory share a server, and the last one to leave stops it", async () => {
  const { redis, pid } = await open();
  const one = await start();
  const two = await start();
  expect([one.pid, two.pid]).toEqual([pid, pid]);
  await redis.close();
  await end(one.child, "SIGTERM");
  expect(runs(pid)).toBe(true);
  await end(two.child, "SIGTERM");
  expect(two.child.exitCode).toBe(0);
  expect(runs(pid)).toBe(false);
  expect(readdirSync(join(dataDir, "redis", "users"))).toEqual([]);
});

test("processes that start at the same moment start one server", async () => {
  const started = await Promise.all([start(), start(), open()]);
  expect(new Set(started.map(({ pid }) => pid)).size).toBe(1);
});

test("the server outlives the process that started it, killed or not", async () => {
  const { child, pid } = await start();
  const { redis } = await open();
  await redis.patient.set("kept", "yes");
  await end(child, "SIGKILL");
  expect(await redis.patient.get("kept")).toBe("yes");
  expect(await serverPid(redis)).toBe(pid);
  await redis.close();
  expect(runs(pid)).toBe(false);
});

test("a server whose users were all killed is taken over by the next", async () => {
  const { child, pid } = await start();
  await end(child, "SIGKILL");
  expect(runs(pid)).toBe(true);
  const { pid: found, redis } = await open();
  expect(found).toBe(pid);
  await redis.close();
  expect(runs(pid)).toBe(false);
});

test("a killed server is back within two seconds with what it had, for all of its users", async () => {
  const { child } = await start();
  const { redis, pid } = await open();
  await redis.patient.set("kept", "yes");
  process.kill(pid, "SIGKILL");
  const killedAt = performance.now();
  await waitFor(() => expect(runs(pid)).toBe(false));
  expect(await redis.patient.get("kept")).toBe("yes");
  expect(performance.now() - killedAt).toBeLessThan(2_000);
  await waitFor(() => expect(warnings.at(-1)).toContain("is back"));
  // The other user found the same one.
  const again = await serverPid(redis);
  expect(again).not.toBe(pid);
  await redis.close();
  expect(runs(again)).toBe(true);
  await end(child, "SIGTERM");
  expect(runs(again)).toBe(false);
});

test("where the path is too long for a socket, it listens on loopback with a password, and comes back there", async () => {
  dataDir = join(folder, "d".repeat(100));
  mkdirSync(dataDir);
  const { redis, pid } = await open();
  expect(redis.name).toMatch(/^redis:\/\/127\.0\.0\.1:\d+$/);
  const { password } = JSON.parse(readFileSync(join(dataDir, "redis", "endpoint.json"), "utf8")) as {
    password: string;
  };
  expect(password.length).toBeGreaterThanOrEqual(32);
  await expect(connectRedis({ url: redis.name, dataDir: "unused" }, new Telemetry())).rejects.toThrow(
    "it wants a password",
  );
  process.kill(pid, "SIGKILL");
  await waitFor(() => expect(runs(pid)).toBe(false));
  expect(await redis.patient.ping()).toBe("PONG");
  expect(await serverPid(redis)).not.toBe(pid);
});

test("data it cannot read is put aside, and people are told", async () => {
  const first = await open();
  await first.redis.patient.set("lost", "yes");
  await first.redis.close();
  const data = join(dataDir, "redis", "appendonlydir");
  for (const name of readdirSync(data)) writeFileSync(join(data, name), "garbage\n");
  const { redis } = await open();
  expect(await redis.patient.get("lost")).toBeNull();
  expect(warnings).toEqual([
    `the embedded Redis could not start on its data, which was put aside in ${join(dataDir, "redis")}; runs go on from the journal`,
  ]);
});
