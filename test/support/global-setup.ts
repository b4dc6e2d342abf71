/** Finds the Redis of a test run: REDIS_URL, else a container where a Docker engine answers, else a server of our own; and says which. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GenericContainer } from "testcontainers";
import type { TestProject } from "vitest/node";
import { ensureRedisServer, joinEmbeddedRedis, RedisError } from "../../src/queue/index.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { dockerAnswers } from "./docker.ts";
import { preparePostgres } from "./postgres.ts";

declare module "vitest" {
  interface ProvidedContext {
    redisUrl: string;
  }
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const redis = await findRedis().catch((error: unknown) => {
    // The one thing a person has to do before tests run here.
    if (error instanceof RedisError) say(`${error.message}\n  next: ${error.advice}`);
    throw error;
  });
  say(`tests use Redis ${redis.name}`);
  await preparePostgres();
  project.provide("redisUrl", redis.url);
  return redis.stop;
}

interface TestRedis {
  readonly name: string;
  readonly url: string;
  readonly stop: () => Promise<void>;
}

async function findRedis(): Promise<TestRedis> {
  const url = process.env["REDIS_URL"];
  if (url !== undefined && url !== "") return { name: "of REDIS_URL", url, stop: async () => {} };
  return (await inContainer()) ?? (await ofOurOwn());
}

async function inContainer(): Promise<TestRedis | undefined> {
  if (!(await dockerAnswers())) return undefined;
  try {
    const container = await new GenericContainer("redis:7-alpine")
      .withCommand(["redis-server", "--appendonly", "yes", "--databases", "64"])
      .withExposedPorts(6379)
      .start();
    const where = `${container.getHost()}:${container.getMappedPort(6379)}`;
    return {
      name: `in a container (${where})`,
      url: `redis://${where}`,
      stop: async () => void (await container.stop()),
    };
  } catch (error) {
    say(
      `Docker answers, but no container came up (${error instanceof Error ? error.message : String(error)})`,
    );
    return undefined;
  }
}

async function ofOurOwn(): Promise<TestRedis> {
  const program = await ensureRedisServer(say);
  const dataDir = mkdtempSync(join(tmpdir(), "exosweep-test-redis-"));
  const redis = await joinEmbeddedRedis(dataDir, new Telemetry(), { overTcp: true });
  const { port, password } = redis.endpoint();
  return {
    name: `of our own (${program} on port ${port})`,
    url: `redis://:${password}@127.0.0.1:${port}`,
    stop: async () => {
      await redis.leave();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
