/** Works on the tasks of every tenant that has a working run: opens a tenant's queue when there is work, closes it when there is none. */
import type { Consumer, Delivery, TaskEnd, TaskQueues } from "../queue/index.ts";
import type { Telemetry } from "../telemetry/index.ts";
import type { Executor } from "./executor.ts";
import type { OpenRuns } from "./open-runs.ts";
import type { RunCache } from "./run-cache.ts";
import { isWorking } from "./state.ts";

/** A queue without work is closed after this. */
const IDLE_MS = 5_000;

export interface TaskWorkerParts {
  readonly queues: TaskQueues;
  readonly executor: Executor;
  readonly open: OpenRuns;
  readonly cache: RunCache;
  readonly telemetry: Telemetry;
  readonly concurrency: number;
  readonly lockMs: number;
}

interface Tenant {
  readonly consumer: Promise<Consumer>;
  wantedAtMs: number;
}

export class TaskWorker {
  readonly #parts: TaskWorkerParts;
  readonly #tenants = new Map<string, Tenant>();
  #known = new Set<string>();
  #off: (() => void) | undefined;
  #stopped = false;

  constructor(parts: TaskWorkerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#off = this.#parts.open.onLook(() => this.#look());
    this.#look();
  }

  /** Takes no more tasks and waits for those in hand, at most `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    this.#off?.();
    await Promise.all(
      [...this.#tenants.values()].map(async ({ consumer }) => (await consumer).stop(graceMs)),
    );
    this.#tenants.clear();
  }

  #look(): void {
    if (this.#stopped) return;
    const runs = this.#parts.open.all;
    for (const id of this.#known) if (!runs.some((run) => run.id === id)) this.#parts.executor.forget(id);
    this.#known = new Set(runs.map((run) => run.id));
    for (const run of runs) {
      if (!isWorking(run.state)) continue;
      this.#parts.cache.load(run.id).then(
        ({ tenantId }) => this.#want(tenantId),
        () =>
          this.#parts.telemetry.emit("warning", {
            text: `Run ${run.id} cannot be worked on here: its job, or the journal's word of it, is not at hand`,
          }),
      );
    }
    for (const [tenantId, tenant] of this.#tenants) {
      if (performance.now() - tenant.wantedAtMs > IDLE_MS) this.#close(tenantId, tenant);
    }
  }

  #want(tenantId: string): void {
    if (this.#stopped) return;
    const known = this.#tenants.get(tenantId);
    if (known !== undefined) {
      known.wantedAtMs = performance.now();
      return;
    }
    const { queues, concurrency, lockMs, telemetry } = this.#parts;
    const handler = (delivery: Delivery): Promise<TaskEnd> => this.#parts.executor.execute(delivery);
    const consumer = queues.consume(tenantId, handler, { concurrency, lockMs });
    consumer.catch(() => {
      telemetry.emit("warning", { text: "A tenant's queue could not be opened: trying again" });
      this.#tenants.delete(tenantId);
    });
    this.#tenants.set(tenantId, { consumer, wantedAtMs: performance.now() });
  }

  #close(tenantId: string, tenant: Tenant): void {
    this.#tenants.delete(tenantId);
    tenant.consumer
      .then((consumer) => consumer.stop(IDLE_MS))
      .catch(() => this.#parts.telemetry.emit("warning", { text: "A tenant's queue could not be closed" }));
  }
}
