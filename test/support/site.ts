/** A place where exosweep runs: settings file, data directory, an app in this process to steer with, and worker processes to kill. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Redis } from "ioredis";
import { onTestFinished } from "vitest";
import { catalogue } from "../../jobs/index.ts";
import { type App, createApp } from "../../src/app.ts";
import { parseSettings } from "../../src/config.ts";
import type { RunRecord, TargetStatus } from "../../src/journal/index.ts";
import { exportRun } from "../../src/reports/index.ts";
import { DEFAULT_TYPES, type Scope } from "../../src/runs/index.ts";
import type { EmulatedService } from "./emulated-service.ts";
import { isAlive, startNode, type TestProcess, until } from "./processes.ts";

export const EVERYTHING: Scope = { kind: "all", types: [...DEFAULT_TYPES] };
const OVER: readonly RunRecord["state"][] = ["complete", "complete_with_failures", "cancelled"];

export interface SiteOptions {
  /** Settings beside the tenants, as in `exosweep.yaml`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Instead of the real ones, for some tenants. */
  readonly secrets?: Readonly<Record<string, string>>;
}

export interface Site {
  readonly app: App;
  readonly dataDir: string;
  /** Names of the tenants: `t0`, `t1`, … in the emulator's order. */
  readonly tenants: readonly string[];
  /** Does not wait until it works. @param machine has a data directory of its own; absent: the site's */
  startWorker(machine?: string): TestProcess;
  /** Waits until it works. */
  startWorkers(count: number): Promise<readonly TestProcess[]>;
  start(tenant?: string, scope?: Scope): Promise<RunRecord>;
  /** @throws when it takes longer */
  over(run: string, withinMs: number): Promise<RunRecord>;
  reached(run: string, state: RunRecord["state"], withinMs: number): Promise<RunRecord>;
  /** Waits until this part of the targets, or all of them, have their outcome. */
  settledPart(run: string, part: number): Promise<void>;
  targets(run: string): Promise<readonly TargetStatus[]>;
  /** Exports as CSV, noise included. @returns its path */
  exported(run: string): Promise<string>;
  /** The embedded Redis as it is now, for a look or a blow. @throws when none listens */
  withRedis<T>(use: (redis: Redis, pid: number) => Promise<T>): Promise<T>;
}

/** Opens a site on every tenant of an emulator; with the test, everything ends that was started on it. */
export async function openSite(emulator: EmulatedService, options: SiteOptions = {}): Promise<Site> {
  const directory = await mkdtemp(join(tmpdir(), "exosweep-e2e-"));
  const dataDir = join(directory, "data");
  const config = join(directory, "exosweep.yaml");
  const names = emulator.tenants.map((_, index) => `t${index}`);
  const secrets = Object.fromEntries(
    emulator.tenants.map(({ secret }, index) => [
      `SECRET_${index}`,
      options.secrets?.[`t${index}`] ?? secret,
    ]),
  );
  const text = JSON.stringify({
    ...options.settings,
    tenants: emulator.tenants.map(({ tenantId, domain, clientId }, index) => ({
      name: `t${index}`,
      tenantId,
      domain,
      clientId,
      secret: { env: `SECRET_${index}` },
      cloud: { login: emulator.url, exchange: emulator.url },
    })),
  });
  await writeFile(config, text, { mode: 0o600 });
  const app = await createApp({
    settings: parseSettings(text, config),
    dataDir,
    catalogue,
    environment: { ...process.env, ...secrets },
  });
  const started: TestProcess[] = [];
  onTestFinished(async () => {
    await app.stop();
    await Promise.all(started.map((worker) => worker.end("SIGKILL")));
    await endRedis(dataDir);
    await rm(directory, { recursive: true, force: true });
    const left = started.filter(({ pid }) => isAlive(pid));
    if (left.length > 0) throw new Error(`${left.length} workers live on after the test`);
  });

  const get = (run: string): Promise<RunRecord> => app.runs.get(run);
  const startWorker = (machine?: string): TestProcess => {
    const data = machine === undefined ? dataDir : join(directory, machine);
    const worker = startNode(
      resolve("workers/all.ts"),
      ["--config", config, "--data", data, ...(process.env["EXOSWEEP_VERBOSE"] ? ["--verbose"] : [])],
      secrets,
    );
    started.push(worker);
    return worker;
  };
  return {
    app,
    dataDir,
    tenants: names,
    startWorker,
    async startWorkers(count) {
      const workers = Array.from({ length: count }, () => startWorker());
      await Promise.all(workers.map((worker) => worker.line((line) => line.includes("worker started"))));
      return workers;
    },
    start: (tenant = "t0", scope = EVERYTHING) =>
      app.runs.start({ job: "permission-audit", tenant, params: {}, scope }),
    over: (run, withinMs) =>
      until("the run is over", withinMs, async () => {
        const now = await get(run);
        if (now.state === "paused") throw new Error(`The run paused: ${now.reason}`);
        return OVER.includes(now.state) ? now : undefined;
      }),
    reached: (run, state, withinMs) =>
      until(`the run is ${state}`, withinMs, async () => {
        const now = await get(run);
        return now.state === state ? now : undefined;
      }),
    async settledPart(run, part) {
      await until(`${part} of the targets are settled`, 60_000, async () => {
        const { manifest, outcomes } = await get(run);
        const settled = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
        return manifest !== undefined && settled >= manifest.count * part ? true : undefined;
      });
    },
    async targets(run) {
      const all: TargetStatus[] = [];
      for await (const chunk of app.runs.items(run, {})) all.push(...chunk);
      return all;
    },
    async exported(run) {
      const record = await get(run);
      const job = catalogue.find(({ name }) => name === record.job);
      if (job === undefined) throw new Error(`There is no job ${record.job}`);
      const out = join(directory, `${run}-${crypto.randomUUID()}.csv`);
      await exportRun({ journal: app.journal, run: record, job, format: "csv", out, includeNoise: true });
      return out;
    },
    withRedis: (use) => withRedisOf(dataDir, use),
  };
}

export async function sha256(file: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(file))
    .digest("hex");
}

async function withRedisOf<T>(dataDir: string, use: (redis: Redis, pid: number) => Promise<T>): Promise<T> {
  const endpoint = JSON.parse(readFileSync(join(dataDir, "redis", "endpoint.json"), "utf8")) as {
    readonly path: string;
  };
  const redis = new Redis({ ...endpoint, lazyConnect: true, retryStrategy: () => null });
  redis.on("error", () => {}); // It may be killed under this connection.
  try {
    await redis.connect();
    const pid = Number(/process_id:(\d+)/.exec(await redis.info("server"))?.[1]);
    return await use(redis, pid);
  } finally {
    redis.disconnect();
  }
}

/** The embedded Redis outlives workers that were killed. */
async function endRedis(dataDir: string): Promise<void> {
  if (!existsSync(join(dataDir, "redis", "endpoint.json"))) return;
  const pid = await withRedisOf(dataDir, async (_redis, found) => {
    process.kill(found, "SIGKILL");
    return found;
  }).catch(() => undefined); // Stopped with the last worker that left in peace.
  if (pid !== undefined) await until("Redis has ended", 5_000, () => (isAlive(pid) ? undefined : true));
}
