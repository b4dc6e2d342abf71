/** A worker of this process: looks at the open runs, plans them, works on their tasks, and says that it is alive. */
import { MachineClock, type WriteParts } from "../changes/index.ts";
import type { Settings } from "../config.ts";
import type { Exchange } from "../exo/index.ts";
import type { Job } from "../job/index.ts";
import type { Journal } from "../journal/index.ts";
import type { DeathMarks, Presence, Snoozes, TaskQueues } from "../queue/index.ts";
import type { Telemetry } from "../telemetry/index.ts";
import { announce, newWorkerId } from "./announce.ts";
import { CallTally } from "./call-tally.ts";
import { watchClock } from "./clock-watch.ts";
import { Executor } from "./executor.ts";
import { OpenRuns } from "./open-runs.ts";
import { Planner } from "./planner.ts";
import { RunCache } from "./run-cache.ts";
import { isWorking } from "./state.ts";
import type { Summarise } from "./sum-up.ts";
import { TaskWorker } from "./task-worker.ts";
import { TenantClosed } from "./tenant-closed.ts";

export interface WorkerParts {
  readonly journal: Journal;
  readonly queues: TaskQueues;
  readonly marks: DeathMarks;
  readonly snoozes: Snoozes;
  readonly presence: Presence;
  readonly telemetry: Telemetry;
  readonly catalogue: readonly Job[];
  readonly pollMs: number;
  readonly claimMs: number;
  readonly window: number;
  readonly smallScope: number;
  readonly concurrency: number;
  readonly lockMs: number;
  /** `planner` plans and feeds, `tasks` works; most processes do both. */
  readonly roles: readonly WorkerRole[];
  readonly limits: Settings["limits"];
  readonly discovery: boolean;
  /** Times of planned writes. */
  readonly writes: WriteParts["times"];
  exchange(tenant: string): Promise<Exchange>;
  readonly summarise: Summarise;
  /** Milliseconds for which the gate of this tenant stays closed. */
  closedForMs(tenant: string): Promise<number>;
}

export type WorkerRole = "planner" | "tasks";

export interface Worker {
  readonly id: string;
  /** Takes no more work, lets what is on the wire finish, at most `graceMs`; what is left returns to the queue. May be called twice. */
  stop(graceMs: number): Promise<void>;
}

export async function startWorker(parts: WorkerParts): Promise<Worker> {
  const { journal, telemetry, presence } = parts;
  const id = newWorkerId();
  const open = new OpenRuns(journal, telemetry, parts.pollMs);
  const cache = new RunCache(journal, parts.catalogue);
  const tenantIds = new Map<string, string>();
  const tally = new CallTally(journal, telemetry, (tenantId) =>
    open.all.filter((run) => isWorking(run.state) && tenantIds.get(run.id) === tenantId).map((run) => run.id),
  );
  const off = open.onLook(() => {
    for (const run of open.all) {
      if (tenantIds.has(run.id)) continue;
      cache.load(run.id).then(
        ({ tenantId }) => tenantIds.set(run.id, tenantId),
        () => undefined, // A run of a job this build does not have: the task worker says so.
      );
    }
  });
  const closed = new TenantClosed((tenant) => parts.closedForMs(tenant));
  const executor = new Executor({
    closed,
    worker: id,
    journal,
    telemetry,
    open,
    cache,
    marks: parts.marks,
    snoozes: parts.snoozes,
    limits: parts.limits,
    writes: { times: parts.writes, clock: new MachineClock() },
    exchange: (tenant) => parts.exchange(tenant),
  });
  const planner = new Planner({
    closed,
    owner: id,
    journal,
    queues: parts.queues,
    telemetry,
    open,
    cache,
    claimMs: parts.claimMs,
    window: parts.window,
    smallScope: parts.smallScope,
    discovery: parts.discovery,
    limits: parts.limits,
    settleMs: parts.writes.settleMs,
    exchange: (tenant) => parts.exchange(tenant),
    summarise: parts.summarise,
  });
  const tasks = new TaskWorker({
    queues: parts.queues,
    executor,
    open,
    cache,
    telemetry,
    concurrency: parts.concurrency,
    lockMs: parts.lockMs,
  });

  await open.start();
  if (parts.roles.includes("planner")) planner.start();
  if (parts.roles.includes("tasks")) tasks.start();
  // Without Redis there is nothing to wake; what is queued again when it is back has no time to come back at.
  const endWatch = watchClock(telemetry, () => void parts.queues.wake().catch(() => undefined));
  const announced = announce(presence, id, parts.roles.join("+"));
  telemetry.emit("worker:started", { worker: id });

  let stopping: Promise<void> | undefined;
  const stop = async (graceMs: number): Promise<void> => {
    announced.hush();
    endWatch();
    await Promise.all([planner.stop(graceMs), tasks.stop(graceMs)]);
    off();
    await open.stop();
    await tally.stop();
    await announced.leave();
  };
  return {
    id,
    async stop(graceMs) {
      if (stopping !== undefined && graceMs === 0) await Promise.all([planner.stop(0), tasks.stop(0)]);
      stopping ??= stop(graceMs);
      await stopping;
    },
  };
}
