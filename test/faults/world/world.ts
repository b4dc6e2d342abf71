/**
 * A world to break: a pretend Exchange, a real Redis, a TCP proxy before each of them, a journal on disk, and workers as processes. All its
 * times are compressed, so that locks, claims and settle windows pass in a second or two.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { catalogue } from "../../../jobs/index.ts";
import { type App, createApp } from "../../../src/app.ts";
import { parseSettings } from "../../../src/config.ts";
import { politeQuirks, PROFILES, type ProfilePatch } from "../../../src/emulator/index.ts";
import type { RunRecord } from "../../../src/journal/index.ts";
import type { Said } from "../checker/index.ts";
import type { Orders } from "../orders.ts";
import { openTcpProxy, type TcpProxy } from "../tcp-proxy.ts";
import { RedisServer } from "./redis-server.ts";
import { Service } from "./service.ts";
import { type WorkerKind, WorkerProcess, type WorkerSite } from "./worker.ts";

export interface WorldOptions {
  readonly seed?: number;
  readonly tenants?: number;
  /** In each tenant. */
  readonly mailboxes?: number;
  readonly profile?: ProfilePatch;
  readonly settings?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Where the journal lies; absent: a directory of its own. */
  readonly dataDir?: string;
  /** Orders every worker of this world has. */
  readonly orders?: Orders;
}

/** No failures by chance: what goes wrong here was ordered. */
const SOUND: ProfilePatch = {
  ...PROFILES.off,
  // A directory that synchronises refuses writes for reasons of its own.
  quirks: { ...politeQuirks(), dirSyncedRefusals: false },
  lanes: 4,
  latency: { ...PROFILES.off.latency, call: { median: 15, sigma: 0.3 } },
};

/** The settle window is not shorter than twice the timeout of a request. */
export const WRITES = { settleMs: 2_400, lookGapMs: 250, sendByMs: 1_000 };

const QUICK = {
  batch: { lingerMs: 5, startCalls: 10 },
  gate: { startWindow: 4, maxWindow: 8, leaseMs: 1_000 },
  requests: { timeoutMs: 1_200, maxRetries: 8, retryDelayMs: 30, maxBusyMs: 2_000 },
  writes: WRITES,
  limits: {
    reads: { percent: 100, streak: 100_000 },
    writes: { failures: null, percent: 100, streak: 100_000, canary: 5 },
  },
  tasks: { lockMs: 1_000, concurrency: 40, drainMs: 5_000 },
  runs: { pollMs: 100, claimMs: 1_000, smallScope: 10 },
};

/** What BullMQ holds, by kind. */
const QUEUED = `
  local found = {}
  for _, key in ipairs(redis.call("KEYS", "exosweep:{*}:*")) do
    local kind = redis.call("TYPE", key).ok
    if kind == "list" then found[#found + 1] = key:sub(-7) .. " " .. redis.call("LLEN", key) end
    if kind == "zset" then found[#found + 1] = key:sub(-7) .. " " .. redis.call("ZCARD", key) end
  end
  return table.concat(found, ", ")`;

const OVER: readonly string[] = ["complete", "complete_with_failures", "cancelled"];

export class World implements AsyncDisposable {
  readonly service: Service;
  readonly redis: RedisServer;
  readonly redisLink: TcpProxy;
  readonly serviceLink: TcpProxy;
  readonly app: App;
  readonly site: WorkerSite;
  /** What workers told of each run. */
  readonly said = new Map<string, Said[]>();
  /** File the switchboards note what was reached in. */
  readonly notes: string;
  readonly workers: WorkerProcess[] = [];
  /** Every worker of it has them. */
  readonly orders: Orders;
  readonly #home: string;
  readonly #closers: (() => void | Promise<void>)[] = [];

  private constructor(
    parts: Pick<World, "service" | "redis" | "redisLink" | "serviceLink" | "app" | "site" | "notes">,
    home: string,
    orders: Orders,
  ) {
    this.service = parts.service;
    this.redis = parts.redis;
    this.redisLink = parts.redisLink;
    this.serviceLink = parts.serviceLink;
    this.app = parts.app;
    this.site = parts.site;
    this.notes = parts.notes;
    this.#home = home;
    this.orders = orders;
  }

  static async open(options: WorldOptions = {}): Promise<World> {
    const { seed = 7, tenants = 1, mailboxes = 60 } = options;
    const home = await mkdtemp(join(tmpdir(), "exosweep-faults-"));
    const [service, redis] = await Promise.all([
      Service.start({
        seed,
        tenants,
        mailboxes,
        profile: { ...SOUND, ...options.profile, quirks: { ...SOUND.quirks, ...options.profile?.quirks } },
      }),
      RedisServer.start(),
    ]);
    const redisLink = await openTcpProxy({ port: redis.port });
    const serviceLink = await openTcpProxy({ port: Number(service.url.port) });
    const cloud = `http://127.0.0.1:${serviceLink.port}`;
    const text = JSON.stringify({
      redis: `redis://127.0.0.1:${redisLink.port}`,
      ...merged(QUICK, options.settings ?? {}),
      tenants: service.tenants.map(({ tenantId, domain, clientId }, at) => ({
        name: `t${at}`,
        tenantId,
        domain,
        clientId,
        secret: { env: `SECRET_${at}` },
        cloud: { login: cloud, exchange: cloud },
      })),
    });
    const config = join(home, "exosweep.yaml");
    await writeFile(config, text, { mode: 0o600 });
    const dataDir = options.dataDir ?? join(home, "data");
    const secrets = Object.fromEntries(service.tenants.map(({ secret }, at) => [`SECRET_${at}`, secret]));
    const app = await createApp({
      settings: parseSettings(text, config),
      dataDir,
      catalogue,
      environment: { ...process.env, ...secrets },
    });
    const site = { config, dataDir, secrets };
    const parts = { service, redis, redisLink, serviceLink, app, site, notes: join(home, "notes") };
    return new World(parts, home, options.orders ?? {});
  }

  get journal(): string {
    return join(this.site.dataDir, "journal.db");
  }

  get home(): string {
    return this.#home;
  }

  /** Calls back when everything is closed. */
  onClose(closer: () => void | Promise<void>): void {
    this.#closers.push(closer);
  }

  /** Does not wait until it works. */
  startWorker(orders: Orders = {}, kind: WorkerKind = "all"): WorkerProcess {
    const heard = (run: string, said: Said): void => {
      const ofRun = this.said.get(run);
      if (ofRun === undefined) this.said.set(run, [said]);
      else ofRun.push(said);
    };
    const all = { notes: this.notes, ...this.orders, ...orders };
    const worker = new WorkerProcess(this.site, all, heard, kind);
    this.workers.push(worker);
    void worker.gone.then(() => this.workers.splice(this.workers.indexOf(worker), 1));
    return worker;
  }

  /** Waits until they work. */
  async startWorkers(count: number, orders: Orders = {}): Promise<readonly WorkerProcess[]> {
    const workers = Array.from({ length: count }, () => this.startWorker(orders));
    await Promise.all(workers.map((worker) => worker.line("worker started")));
    return workers;
  }

  /** Ends every fault that lasts, and sees to it that so many workers live. */
  async heal(workers = 2): Promise<void> {
    this.redisLink.order({});
    this.serviceLink.order({});
    this.service.thaw();
    this.redis.thaw();
    await this.redis.up();
    for (const worker of this.workers) worker.signal("SIGCONT");
    await this.startWorkers(Math.max(0, workers - this.workers.filter(({ running }) => running).length));
  }

  /** Whether this process has noted this. */
  async noted(pid: number, word: "died" | "stopped"): Promise<boolean> {
    const text = await readFile(this.notes, "utf8").catch(() => ""); // Nobody has noted anything.
    return text.split("\n").some((line) => line.startsWith(`${pid} ${word} `));
  }

  /** Crash points that processes reached, by how many did. */
  async points(): Promise<ReadonlyMap<string, number>> {
    const text = await readFile(this.notes, "utf8").catch(() => ""); // Nobody has noted anything.
    const reached = text.split("\n").flatMap((line) => {
      const [, word, point] = line.split(" ");
      return word === "reached" && point !== undefined ? [point] : [];
    });
    return new Map([...Map.groupBy(reached, (point) => point)].map(([point, all]) => [point, all.length]));
  }

  /** Waits until this part of the targets has an outcome, or the run is over. */
  async settledPart(run: string, part: number, withinMs = 30_000): Promise<void> {
    await until(`${part} of run ${run} is settled`, withinMs, async () => {
      const { manifest, outcomes, state } = await this.app.runs.get(run);
      const settled = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
      return (manifest !== undefined && settled >= manifest.count * part) ||
        OVER.includes(state) ||
        state === "paused"
        ? true
        : undefined;
    });
  }

  /** Resumes a run that stopped by itself, at a limit say, as an operator would who has seen why. */
  async goOn(run: string): Promise<void> {
    const { state, reason } = await this.app.runs.get(run);
    if (state !== "paused" || reason?.startsWith("operator") === true) return;
    await this.app.runs.resume(run).catch(() => undefined); // It has moved by itself.
  }

  /**
   * Waits for the end of a run. One that pauses by itself, for the service or Redis were away too long, is resumed as an operator would.
   * @throws when it takes longer, with what the workers said last
   */
  async over(run: string, withinMs: number): Promise<RunRecord> {
    let resumed = 0;
    return until(`run ${run} is over`, withinMs, async () => {
      const now = await this.app.runs.get(run);
      // Writes that were on their way when a run was cancelled have their outcome later.
      const settled = now.state !== "cancelled" || (await this.app.journal.countPending(run)) === 0;
      if (OVER.includes(now.state) && settled) return now;
      if (now.state === "paused" && now.reason?.startsWith("operator") !== true) {
        resumed += 1;
        if (resumed > 20) throw new Error(`Run ${run} pauses again and again: ${now.reason ?? ""}`);
        await sleep(200);
        await this.app.runs.resume(run).catch(() => undefined); // It has moved by itself.
      }
      return undefined;
    }).catch(async (error: unknown) => {
      const { state, reason, outcomes, manifest } = await this.app.runs.get(run);
      const pending = await this.app.journal.pending(run, 0, 5);
      const announced = await this.app.journal.openIntents(run, 0, 5);
      const queued = await this.redis.tell("EVAL", QUEUED, "0").catch(String);
      const facts = JSON.stringify({
        state,
        reason,
        outcomes,
        targets: manifest?.count,
        pending,
        announced,
        queued,
      });
      const words = this.workers.map(
        ({ pid, last }) =>
          `--- worker ${pid}\n${last
            .filter((line) => !line.includes('"answered"') && !line.includes('"task ended"'))
            .slice(-15)
            .join("\n")}`,
      );
      throw new Error(
        `${error instanceof Error ? error.message : String(error)}: ${facts}\n${words.join("\n")}`,
        { cause: error },
      );
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.workers) worker.signal("SIGCONT");
    await Promise.all(this.workers.map((worker) => worker.end("SIGKILL")));
    this.service.thaw();
    await this.redis.up();
    this.redisLink.order({});
    await this.app.stop();
    await this.redisLink[Symbol.asyncDispose]();
    await this.serviceLink[Symbol.asyncDispose]();
    await this.service[Symbol.asyncDispose]();
    await this.redis[Symbol.asyncDispose]();
    for (const closer of this.#closers) await closer();
    await rm(this.#home, { recursive: true, force: true });
  }
}

type Groups = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Settings of a group beside those that are there. */
function merged(base: Groups, more: Groups): Groups {
  const names = new Set([...Object.keys(base), ...Object.keys(more)]);
  return Object.fromEntries([...names].map((name) => [name, { ...base[name], ...more[name] }]));
}

/** Asks every 25 ms until the answer is not undefined. @throws after `withinMs`, saying what was waited for */
export async function until<T>(
  what: string,
  withinMs: number,
  ask: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`Waited ${withinMs} ms in vain until ${what}`);
    await sleep(25);
  }
}
