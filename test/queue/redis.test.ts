import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test, vi } from "vitest";
import { connectRedis, RedisError } from "../../src/queue/index.ts";
import { clockWarning, judge, readFacts } from "../../src/queue/server-check.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { openTestRedis, startOwnRedis, testRedisUrl, waitFor } from "../support/redis.ts";

/** What connecting fails with. */
async function failure(url: string): Promise<string> {
  try {
    const redis = await connectRedis({ url, dataDir: "unused", connectTimeoutMs: 500 }, new Telemetry());
    await redis.close();
    return "none";
  } catch (error) {
    return error instanceof RedisError ? `${error.message}; ${error.advice}` : String(error);
  }
}

test("a Redis that is not there is named without its password, with what to do", async () => {
  expect(await failure("redis://user:hunter2@127.0.0.1:1/2")).toBe(
    "Cannot reach Redis at redis://127.0.0.1:1/2: nothing listens there (ECONNREFUSED); " +
      'Start it, such as "redis-server --port 1 --appendonly yes", correct `redis` in exosweep.yaml, ' +
      "or take `redis` out of exosweep.yaml for a private one of ours",
  );
  expect(await failure("redis://localhost.invalid.:1")).toContain("without a password and TLS");
});

test("a wrong password and a missing one are told apart, and neither is shown", async () => {
  await using own = await startOwnRedis();
  const port = new URL(own.url).port;
  const admin = await connectRedis({ url: own.url, dataDir: "unused" }, new Telemetry());
  await admin.patient.config("SET", "requirepass", "hunter2hunter2");
  expect(await failure(own.url)).toContain(
    "it wants a password; Put user and password into `redis` in exosweep.yaml",
  );
  const wrong = await failure(`redis://:opensesame@127.0.0.1:${port}`);
  expect(wrong).toContain("it refused the user or password");
  expect(wrong).not.toContain("opensesame");
  expect(await failure(`redis://:hunter2hunter2@127.0.0.1:${port}`)).toBe("none");
  await admin.close();
});

test("a Redis that evicts keys is refused, with the command that mends it", async () => {
  await using own = await startOwnRedis();
  const admin = await connectRedis({ url: own.url, dataDir: "unused" }, new Telemetry());
  await admin.patient.config("SET", "maxmemory-policy", "allkeys-lru");
  expect(await failure(own.url)).toContain(
    'it evicts keys (maxmemory-policy allkeys-lru), which loses tasks and limits; Run "CONFIG SET maxmemory-policy noeviction"',
  );
  await admin.close();
});

test("a Redis that keeps nothing is used, with a warning", async () => {
  await using own = await startOwnRedis();
  const telemetry = new Telemetry();
  const warnings: string[] = [];
  telemetry.on("warning", ({ text }) => warnings.push(text));
  const admin = await connectRedis({ url: own.url, dataDir: "unused" }, telemetry);
  expect(warnings).toEqual([]);
  await admin.patient.config("SET", "appendonly", "no");
  await (await connectRedis({ url: own.url, dataDir: "unused" }, telemetry)).close();
  expect(warnings).toEqual([expect.stringContaining("keeps nothing through a restart (appendonly no)")]);
  await admin.close();
});

test("a Redis that got another policy while it was away is named when it is back", async () => {
  await using own = await startOwnRedis();
  const telemetry = new Telemetry();
  const warnings: string[] = [];
  telemetry.on("warning", ({ text }) => warnings.push(text));
  const redis = await connectRedis({ url: own.url, dataDir: "unused" }, telemetry);
  const admin = await connectRedis({ url: own.url, dataDir: "unused" }, new Telemetry());
  await admin.patient.config("SET", "maxmemory-policy", "volatile-lru");
  await admin.patient.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  await waitFor(() =>
    expect(warnings.at(-1)).toMatch(
      /it evicts keys \(maxmemory-policy volatile-lru\).*Run "CONFIG SET maxmemory-policy noeviction"/,
    ),
  );
  await Promise.all([redis.close(), admin.close()]);
});

test.for([
  [3_600_000, "behind"],
  [-3_600_000, "ahead of"],
] as const)("a machine whose clock is off by %i ms is named when it connects", async ([byMs, word]) => {
  const telemetry = new Telemetry();
  const warnings: string[] = [];
  telemetry.on("warning", ({ text }) => warnings.push(text));
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + byMs });
  try {
    await (await connectRedis({ url: testRedisUrl(), dataDir: "unused" }, telemetry)).close();
  } finally {
    vi.useRealTimers();
  }
  expect(warnings).toEqual([
    expect.stringMatching(`has a clock 3(600|599|601) s ${word} this machine's: .* NTP$`),
  ]);
  expect(clockWarning(byMs / 1_000)).toBeUndefined();
});

test.for<[string, boolean]>([
  ["5.0.14", true],
  ["6.0.16", true],
  ["6.2.0", false],
  ["7.0.15", false],
  ["8.2.1", false],
])("version %s is refused: %s", ([version, refused]) => {
  const facts = readFacts(
    `# Server\r\nredis_version:${version}\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\n`,
  );
  expect(judge(facts).refused !== undefined).toBe(refused);
});

test("the hasty connection fails at once while Redis is away, the patient one waits", async () => {
  await using own = await startOwnRedis();
  const redis = await connectRedis({ url: own.url, dataDir: "unused" }, new Telemetry());
  await own.kill();
  await waitFor(() => expect(redis.hasty.status).not.toBe("ready"));
  const patient = redis.patient.set("key", "value");
  await expect(redis.hasty.get("key")).rejects.toThrow("Stream isn't writeable");
  await own.start();
  expect(await patient).toBe("OK");
  await waitFor(async () => expect(await redis.hasty.get("key")).toBe("value"));
  await redis.close();
});

test("messages reach those who listen, again after an outage", async () => {
  await using own = await startOwnRedis();
  const redis = await connectRedis({ url: own.url, dataDir: "unused" }, new Telemetry());
  const heard: string[] = [];
  await redis.subscribe("channel", (message) => heard.push(message));
  await redis.subscribe("channel", (message) => heard.push(`${message} too`));
  await redis.patient.publish("channel", "one");
  await waitFor(() => expect(heard).toEqual(["one", "one too"]));
  await own.kill();
  await own.start();
  await waitFor(async () => {
    await redis.patient.publish("channel", "two");
    expect(heard).toContain("two");
  });
  await redis.close();
});

test("closing twice is closing once, and commands then fail", async () => {
  const redis = await openTestRedis();
  await Promise.all([redis.close(), redis.close()]);
  await expect(redis.patient.get("key")).rejects.toThrow("Connection is closed");
});

test("nothing of a URL's password is in what a failing process prints", async () => {
  const source = `
    import { connectRedis } from "./src/queue/index.ts";
    import { Telemetry } from "./src/telemetry/index.ts";
    await connectRedis({ url: "redis://u:hunter2@127.0.0.1:1", dataDir: "x", connectTimeoutMs: 200 }, new Telemetry());
  `;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", source], { stdio: "pipe" });
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  await once(child, "close");
  expect(printed).toContain(
    "Cannot reach Redis at redis://127.0.0.1:1: nothing listens there (ECONNREFUSED)",
  );
  expect(printed).not.toContain("hunter2");
});
