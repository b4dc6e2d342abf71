/** Composition root: settings and catalogue in, services out. Read it aloud to know what the product is made of. */
import { mkdir, readFile } from "node:fs/promises";
import { journalPath, type Settings, settleMsOf } from "./config.ts";
import { createExchange, type Exchange } from "./exo/index.ts";
import type { Job } from "./job/index.ts";
import { type Journal, type RunRecord, openPostgresJournal, openThreadedJournal } from "./journal/index.ts";
import { createNetwork, hurried, type Network } from "./network/index.ts";
import { createNotifier, type Notifier } from "./notify/index.ts";
import {
  connectRedis,
  createAlarms,
  createDeathMarks,
  createPresence,
  createSnoozes,
  createTaskQueues,
  KEY_PREFIX,
  type Presence,
  type RedisHandle,
} from "./queue/index.ts";
import { limitOf, PartedJournal, summarise, summariseUnjudged, type Limit } from "./reports/index.ts";
import {
  announce,
  createRunService,
  newWorkerId,
  RunError,
  type RunService,
  startWorker,
  type Worker,
  type WorkerRole,
} from "./runs/index.ts";
export type { Worker } from "./runs/index.ts";
import { createScheduleService, Scheduler, type ScheduleService, timesOf } from "./schedule/index.ts";
import { Telemetry } from "./telemetry/index.ts";
import {
  checkCredential,
  createTokenSource,
  type DeviceCode,
  tenantFrom,
  type Tenant,
} from "./tenants/index.ts";
import {
  createRedisGate,
  type Gate,
  type GateKey,
  type GateStatus,
  type Orders,
  type OrdersRecord,
  readCounted,
  shareUsed,
} from "./throttle/index.ts";
import { planted } from "./test-points.ts";

/** A worker that has said nothing for this long is taken for dead. */
const PRESENCE_MS = 6_000;
/** What a process may do: `planner` plans and feeds, `tasks` works, `scheduler` starts runs on time. */
export type Role = WorkerRole | "scheduler";

/** Note of a run: what the gate had counted when it began. */
const COUNTED_AT_START = "gate at start";

export interface AppOptions {
  readonly settings: Settings;
  /** Absolute path; made with mode 0700 when it is not there. */
  readonly dataDir: string;
  readonly catalogue: readonly Job[];
  /** Where secrets are read from, and the addresses of proxies. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Longest a tenant's services are waited for, all in all, before what is wrong is told; absent: as the settings have it. */
  readonly patienceMs?: number;
  /** Shows a person where to sign in with a device code. */
  readonly onDeviceCode?: (text: string) => void;
}

export interface App {
  readonly settings: Settings;
  readonly dataDir: string;
  readonly catalogue: readonly Job[];
  readonly telemetry: Telemetry;
  readonly tenants: readonly Tenant[];
  readonly journal: Journal;
  /** The journal as reports read it, with parts of runs as runs of their own. */
  readonly reports: PartedJournal;
  readonly runs: RunService;
  readonly schedules: ScheduleService;
  /** Messages after scheduled runs. @throws {Error} when the file of certificate authorities cannot be used */
  notifier(): Promise<Notifier>;
  /** Connects Redis (or starts the embedded one) on first use. @throws {RunError} `unknown-tenant`; {RedisError} */
  exchange(tenant: string): Promise<Exchange>;
  /** What the gate of a tenant has learned, and the operator's orders. Connects Redis. @throws {RunError} `unknown-tenant`; {RedisError} */
  readonly throttle: {
    status(tenant: string): Promise<GateStatus>;
    order(tenant: string, orders: Orders): Promise<void>;
  };
  /** Worker processes that are alive, this one included. Connects Redis. */
  workers(): Promise<readonly { readonly worker: string; readonly role: string }[]>;
  /** Processes that start scheduled runs. Connects Redis. */
  schedulers(): Promise<readonly string[]>;
  /** Starts a worker in this process. It plans and works when nothing else is said. */
  startWorker(roles?: readonly Role[]): Promise<Worker>;
  /** Closes what was opened, in reverse. May be called twice. */
  stop(): Promise<void>;
}

/** What needs Redis; a command that only reads the journal never opens it. */
interface Connected {
  readonly redis: RedisHandle;
  readonly presence: Presence;
  /** Of schedulers: they are no hands for a run. */
  readonly schedulers: Presence;
  readonly gate: Gate;
}

/**
 * @throws {JournalError} when the journal cannot be opened
 * @throws {SignInError} when a tenant's address may not be used
 */
export async function createApp(options: AppOptions): Promise<App> {
  const { dataDir, catalogue, environment, patienceMs } = options;
  const settings = patienceMs === undefined ? options.settings : withPatience(options.settings, patienceMs);
  const telemetry = new Telemetry();
  const tenants = settings.tenants.map((tenant) => tenantFrom(tenant, settings.insecureHosts));
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  /** Of the journal; told when work begins, for then somebody listens. */
  const warnings: string[] = [];
  const journal = await openJournal();

  let network: Network | undefined;
  let connected: Promise<Connected> | undefined;
  let stopping: Promise<void> | undefined;
  const exchanges = new Map<string, Promise<Exchange>>();
  const workers = new Set<Worker>();
  let notifying: Promise<Notifier> | undefined;

  async function openJournal(): Promise<Journal> {
    if (settings.journal.startsWith("sqlite:"))
      return openThreadedJournal({ path: journalPath(settings, dataDir) });
    return openPostgresJournal({
      url: settings.journal,
      environment,
      trustedHosts: settings.insecureHosts,
      certificateAuthorities: await readAuthorities(settings),
      onWarning: (text) => void warnings.push(text),
    });
  }

  function connect(): Promise<Connected> {
    connected ??= openRedis().catch((error: unknown) => {
      connected = undefined;
      throw error;
    });
    return connected;
  }

  async function openRedis(): Promise<Connected> {
    for (const text of warnings.splice(0)) telemetry.emit("warning", { text });
    const redis = await connectRedis(
      {
        url: settings.redis,
        dataDir,
        trustedHosts: settings.insecureHosts,
        certificateAuthorities: await readAuthorities(settings),
      },
      telemetry,
    );
    return {
      redis,
      presence: createPresence(redis, PRESENCE_MS),
      schedulers: createPresence(redis, PRESENCE_MS, `${KEY_PREFIX}:schedule`),
      gate: createRedisGate({ redis, settings, telemetry, record: ordersIn(journal) }),
    };
  }

  /** @throws {RunError} `unknown-tenant` */
  function tenantNamed(name: string): Tenant {
    const tenant = tenants.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
    if (tenant !== undefined) return tenant;
    const known = tenants.map((candidate) => candidate.name).join(", ");
    throw new RunError(
      "unknown-tenant",
      `Cannot find tenant "${name}"`,
      `Configured are: ${known === "" ? "none" : known}`,
    );
  }

  async function exchange(name: string): Promise<Exchange> {
    const tenant = tenantNamed(name);
    const open = exchanges.get(tenant.name);
    if (open !== undefined) return open;
    const opening = openExchange(tenant);
    exchanges.set(tenant.name, opening);
    opening.catch(() => exchanges.delete(tenant.name));
    return opening;
  }

  async function openExchange(tenant: Tenant): Promise<Exchange> {
    for (const text of await checkCredential(tenant, environment, Date.now()))
      telemetry.emit("warning", { text, tenant: tenant.name });
    const { gate } = await connect();
    network ??= createNetwork({
      connections: settings.requests.connections,
      certificateAuthorities: settings.certificateAuthorities,
      environment,
    });
    // A person who has to enter a code is waited for.
    const own =
      patienceMs === undefined || tenant.credential.kind === "deviceCode"
        ? network
        : hurried(network, patienceMs);
    const signedIn = planted("foreign-token") ? (tenants[0] ?? tenant) : tenant;
    const tokens = createTokenSource(signedIn, {
      network: own,
      environment,
      ...(options.onDeviceCode === undefined ? {} : { onDeviceCode: tellDeviceCode(options.onDeviceCode) }),
    });
    return createExchange({ tenant, tokens, gate, network: own, settings, telemetry });
  }

  async function start(roles: readonly Role[] = ["planner", "tasks"]): Promise<Worker> {
    const own = roles.filter((role) => role !== "scheduler");
    const started = [
      ...(own.length > 0 ? [await startRunWorker(own)] : []),
      ...(roles.includes("scheduler") ? [await startSchedulerHere()] : []),
    ];
    if (own.length === 0) telemetry.emit("worker:started", { worker: owner });
    const worker: Worker = {
      id: started[0]?.id ?? owner,
      stop: async (graceMs) => void (await Promise.all(started.map((each) => each.stop(graceMs)))),
    };
    workers.add(worker);
    return worker;
  }

  async function startSchedulerHere(): Promise<Worker> {
    const { redis, schedulers } = await connect();
    const { lookMs, lateMs, claimMs } = settings.schedules;
    const alarms = createAlarms(redis, telemetry, (cron, zone, afterMs) => timesOf(cron, zone).next(afterMs));
    const messages = await notifier();
    const scheduler = new Scheduler({
      ...ticking,
      alarms,
      lookMs,
      lateMs,
      claimMs,
      afterNight: messages.afterNight,
    });
    const announced = announce(schedulers, owner, "scheduler");
    scheduler.start();
    messages.start();
    return {
      id: owner,
      stop: async (graceMs) => {
        announced.hush();
        await Promise.all([scheduler.stop(graceMs), messages.stop()]);
        await announced.leave();
      },
    };
  }

  function notifier(): Promise<Notifier> {
    notifying ??= readAuthorities(settings).then((certificateAuthorities) =>
      createNotifier({ ...ticking, settings, catalogue, tenants, environment, certificateAuthorities }),
    );
    return notifying;
  }

  async function startRunWorker(roles: readonly WorkerRole[]): Promise<Worker> {
    const { redis, presence, gate } = await connect();
    if (workers.size === 0)
      telemetry.on("run:moved", ({ run, to }) => {
        // Without the note its summary counts from the gate's first call on.
        if (to === "enumerating") noteStart(run, gate).catch(() => undefined);
      });
    return startWorker({
      journal,
      queues: createTaskQueues(redis, telemetry),
      marks: createDeathMarks(redis),
      snoozes: createSnoozes(redis),
      presence,
      telemetry,
      catalogue,
      roles,
      pollMs: settings.runs.pollMs,
      claimMs: settings.runs.claimMs,
      window: settings.tasks.window,
      smallScope: settings.runs.smallScope,
      writes: { ...settings.writes, settleMs: settleMsOf(settings) },
      limits: settings.limits,
      discovery: settings.api.discovery,
      concurrency: settings.tasks.concurrency,
      lockMs: settings.tasks.lockMs,
      exchange,
      closedForMs: async (name) => {
        const tenant = tenants.find((candidate) => candidate.name === name);
        return tenant === undefined ? 0 : (await gate.status(gateKey(tenant))).closedForMs;
      },
      summarise: async ({ id, job }, unjudged) => {
        const run = await journal.run(id);
        if (run === undefined)
          throw new RunError(
            "unknown-run",
            `Cannot sum up run ${id}: the journal has no such run`,
            "Check that all workers use one journal",
          );
        const source = { journal, run, job };
        const summary = await (unjudged === undefined
          ? summarise(source)
          : summariseUnjudged(source, unjudged));
        const limit = await limitMet(run, gate);
        return limit === undefined ? summary : { ...summary, limit };
      },
    });
  }

  async function noteStart(id: string, gate: Gate): Promise<void> {
    const run = await journal.run(id);
    const tenant = tenants.find(({ name }) => name === run?.tenant);
    if (tenant === undefined) return;
    const { counted, degraded } = await gate.status(gateKey(tenant));
    if (!degraded) await journal.putNote(id, COUNTED_AT_START, { ...counted });
  }

  /** @returns undefined when the gate has nothing to say: a run is summed up without it */
  async function limitMet(run: RunRecord, gate: Gate): Promise<Limit | undefined> {
    const tenant = tenants.find(({ name }) => name === run.tenant);
    if (tenant === undefined) return undefined;
    const { view, counted, degraded } = await gate.status(gateKey(tenant));
    if (degraded || view.callsPassed === 0) return undefined;
    return limitOf(journal, run, {
      used: shareUsed(counted, readCounted(await journal.note(run.id, COUNTED_AT_START))),
      window: view.window,
      windowRefused: view.windowCeiling !== undefined,
      pace: view.pace ?? null,
    });
  }

  async function stop(): Promise<void> {
    await Promise.all([...workers].map((worker) => worker.stop(settings.tasks.drainMs)));
    await Promise.all([...exchanges.values()].map(async (opened) => (await opened).close()));
    if (connected !== undefined) {
      const { gate, redis } = await connected;
      await gate.close();
      await redis.close();
    }
    await network?.close();
    // One that could not be made has said so to whoever asked for it.
    await (await notifying?.catch(() => undefined))?.stop();
    await journal.close();
  }

  const runs = createRunService({
    journal,
    catalogue,
    tenants,
    smallScope: settings.runs.smallScope,
    limits: settings.limits,
    writes: { ...settings.writes, settleMs: settleMsOf(settings) },
    exchange,
  });
  const owner = newWorkerId();
  const ticking = { journal, runs, telemetry, owner, now: Date.now };

  return {
    settings,
    dataDir,
    catalogue,
    telemetry,
    tenants,
    journal,
    reports: new PartedJournal(journal, catalogue),
    runs,
    schedules: createScheduleService({ ...ticking, claimMs: settings.schedules.claimMs }),
    notifier,
    exchange,
    throttle: {
      status: async (name) => {
        const key = gateKey(tenantNamed(name));
        return (await connect()).gate.status(key);
      },
      order: async (name, orders) => {
        const key = gateKey(tenantNamed(name));
        await (await connect()).gate.order(key, orders);
      },
    },
    workers: async () => (await connect()).presence.alive(),
    schedulers: async () => (await (await connect()).schedulers.alive()).map(({ worker }) => worker),
    startWorker: start,
    stop: () => (stopping ??= stop()),
  };
}

async function readAuthorities({ certificateAuthorities }: Settings): Promise<readonly string[]> {
  return certificateAuthorities === undefined ? [] : [await readFile(certificateAuthorities, "utf8")];
}

/** Repeats that fit into the time. */
function withPatience(settings: Settings, patienceMs: number): Settings {
  const { requests } = settings;
  return {
    ...settings,
    requests: {
      ...requests,
      maxRetries: Math.min(requests.maxRetries, 3),
      maxRetryMs: Math.min(requests.maxRetryMs, patienceMs),
    },
  };
}

function gateKey({ tenantId, clientId }: Tenant): GateKey {
  return { tenantId, appId: clientId };
}

/** Redis may lose the operator's orders; the journal does not. */
function ordersIn(journal: Journal): OrdersRecord {
  const name = "throttle orders";
  return {
    read: async (gate) => {
      const orders = await journal.note(gate, name);
      return orders === undefined ? undefined : JSON.stringify(orders);
    },
    write: (gate, orders) => journal.putNote(gate, name, JSON.parse(orders)),
  };
}

function tellDeviceCode(tell: (text: string) => void): (code: DeviceCode) => void {
  return ({ tenant, url, code, expiresInMs }) =>
    tell(
      `To sign in to tenant "${tenant}", open ${url} and enter ${code} within ${Math.floor(expiresInMs / 60_000)} minutes`,
    );
}
