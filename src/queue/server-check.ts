/** Looks at a Redis before work is trusted to it. */
import { Cluster, type Redis } from "ioredis";
import type { Telemetry } from "../telemetry/index.ts";
import { RedisError } from "./endpoint.ts";

/** What `INFO` says that matters here. */
export interface ServerFacts {
  readonly version: string;
  readonly policy: string;
  readonly appendOnly: boolean;
  /** Megabytes it may use, 0 for all there is. */
  readonly maxMemory: number;
}

const OLDEST = [6, 2] as const;
/** Clocks that differ by less are clocks that agree. */
const SAME_CLOCK_MS = 30_000;

export function readFacts(info: string): ServerFacts {
  const fields = new Map(
    info.split(/\r?\n/).flatMap((line): [string, string][] => {
      const colon = line.indexOf(":");
      return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 1)]] : [];
    }),
  );
  return {
    version: fields.get("redis_version") ?? "0",
    policy: fields.get("maxmemory_policy") ?? "noeviction",
    appendOnly: fields.get("aof_enabled") !== "0",
    maxMemory: Number(fields.get("maxmemory") ?? 0),
  };
}

/** What is wrong with a server. `refused` ends the start, `warnings` are told. */
export function judge(facts: ServerFacts): {
  readonly refused: { readonly fact: string; readonly advice: string } | undefined;
  readonly warnings: string[];
} {
  const [major = 0, minor = 0] = facts.version.split(".").map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    return {
      refused: { fact: `it is version ${facts.version}`, advice: `Use ${OLDEST.join(".")} or newer` },
      warnings: [],
    };
  }
  if (facts.policy !== "noeviction") {
    return {
      refused: {
        fact: `it evicts keys (maxmemory-policy ${facts.policy}), which loses tasks and limits`,
        advice: 'Run "CONFIG SET maxmemory-policy noeviction" there, and put the same in its configuration',
      },
      warnings: [],
    };
  }
  return {
    refused: undefined,
    warnings: facts.appendOnly
      ? []
      : [
          "keeps nothing through a restart (appendonly no); runs go on from the journal, but slower: set appendonly yes",
        ],
  };
}

/** Machines tell each other times; undefined when this one's clock and the server's agree. @param aheadMs how far the server's is ahead */
export function clockWarning(aheadMs: number): string | undefined {
  if (Math.abs(aheadMs) < SAME_CLOCK_MS) return undefined;
  const span = `${Math.round(Math.abs(aheadMs) / 1_000)} s`;
  return `has a clock ${span} ${aheadMs > 0 ? "ahead of" : "behind"} this machine's: what one machine began and another ends is timed wrongly; have both kept by NTP`;
}

/** @throws {RedisError} when the server, or one of a cluster's, must not be used */
export async function checkServer(redis: Redis | Cluster, name: string, telemetry: Telemetry): Promise<void> {
  const servers = redis instanceof Cluster ? redis.nodes("master") : [redis];
  const warnings = new Set<string>();
  for (const { info, aheadMs } of await Promise.all(servers.map((server) => lookAt(server, name)))) {
    const clock = clockWarning(aheadMs);
    if (clock !== undefined) warnings.add(clock);
    const verdict = judge(readFacts(info));
    if (verdict.refused !== undefined)
      throw new RedisError(`Cannot use Redis at ${name}: ${verdict.refused.fact}`, verdict.refused.advice);
    for (const text of verdict.warnings) warnings.add(text);
  }
  for (const text of warnings) telemetry.emit("warning", { text: `Redis at ${name} ${text}` });
}

/** Whether a server is a node of a Redis Cluster. */
export async function isCluster(redis: Redis | Cluster): Promise<boolean> {
  return /^cluster_enabled:1\s*$/m.test(await redis.info("cluster"));
}

async function lookAt(
  server: Redis,
  name: string,
): Promise<{ readonly info: string; readonly aheadMs: number }> {
  try {
    const [info, [seconds, micros]] = await Promise.all([server.info(), server.time()]);
    return { info, aheadMs: Number(seconds) * 1_000 + Number(micros) / 1_000 - Date.now() };
  } catch {
    throw new RedisError(
      `Cannot use Redis at ${name}: it does not let us read INFO and TIME`,
      "Allow our user the commands INFO and TIME",
    );
  }
}
