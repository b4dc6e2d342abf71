/** Hands one tenant's tasks to a handler, through a BullMQ worker whose failures never reach Redis as text. */
import { DelayedError, type Job, type JobJson, type Queue, RateLimitError, Worker } from "bullmq";
import { z } from "zod";
import type { Telemetry } from "../telemetry/index.ts";
import type { RedisHandle } from "./redis.ts";
import type { Consumer, TaskEnd, TaskHandler } from "./task-queue.ts";

interface Options {
  readonly queue: Queue;
  readonly redis: RedisHandle;
  readonly telemetry: Telemetry;
  readonly prefix: string;
  readonly handler: TaskHandler;
  readonly concurrency: number;
  readonly lockMs: number;
}

/** What a queue entry may hold; anything else is not ours and is dropped. */
const taskSchema = z.object({ run: z.string().min(1).max(100), line: z.int().min(0) });

/** A task whose handler threw waits this long, doubled for each start it had. */
const PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** After an outage of Redis the worker asks again this soon (BullMQ: 15 s). */
const OUTAGE_PAUSE_MS = 500;
/** With Redis away, a stopping consumer waits this long beyond its grace, then leaves its tasks to the stalled check. */
const FAREWELL_MS = 1_000;
/** A rate limit that never binds: without one, a worker does not see that its queue was closed (`queue.md` 1a). */
const NO_LIMIT = { max: 1_000_000_000, duration: 1_000 };

export async function openConsumer(options: Options): Promise<Consumer> {
  const consumer = new BullConsumer(options);
  await consumer.ready();
  return consumer;
}

class BullConsumer implements Consumer {
  readonly #queue: Queue;
  readonly #handler: TaskHandler;
  readonly #telemetry: Telemetry;
  readonly #worker: TaskWorker;
  readonly #stopNow = new AbortController();
  #active = 0;
  #stopping: Promise<void> | undefined;

  constructor({ queue, redis, telemetry, prefix, handler, concurrency, lockMs }: Options) {
    this.#queue = queue;
    this.#handler = handler;
    this.#telemetry = telemetry;
    this.#worker = new TaskWorker(
      queue.name,
      // Three parameters: BullMQ makes a signal only for a processor that takes one.
      (job, token, signal) => this.#process(job, token ?? "", signal),
      {
        connection: redis.patient,
        prefix,
        concurrency,
        lockDuration: lockMs,
        stalledInterval: lockMs / 2,
        maxStalledCount: Number.MAX_SAFE_INTEGER,
        runRetryDelay: OUTAGE_PAUSE_MS,
        limiter: NO_LIMIT,
        removeOnComplete: { count: 0 },
        removeOnFail: { count: 0 },
        autorun: false,
      },
    );
    this.#worker.on("lockRenewalFailed", (ids) => {
      for (const id of ids) this.#worker.cancelJob(id, "the lock of the task was lost");
    });
    // Lost locks and outages: the task is with another worker, or comes back by itself.
    this.#worker.on("error", () => {});
  }

  get active(): number {
    return this.#active;
  }

  async ready(): Promise<void> {
    await this.#worker.waitUntilReady();
    // Ends when the worker is closed; what goes wrong in it is told by "error".
    this.#worker.run().catch(() => {});
  }

  stop(graceMs: number): Promise<void> {
    this.#stopping ??= this.#stop(graceMs);
    return this.#stopping;
  }

  async #stop(graceMs: number): Promise<void> {
    const closed = this.#worker.close();
    if (await within(closed, graceMs)) return;
    this.#stopNow.abort(new Error("the worker was told to stop now"));
    await within(closed, FAREWELL_MS);
  }

  async #process(job: Job, token: string, lost: AbortSignal | undefined): Promise<void> {
    const task = taskSchema.safeParse(job.data);
    if (!task.success) {
      this.#telemetry.emit("warning", { text: "a queue entry that is no task of ours was dropped" });
      return;
    }
    const signal = AbortSignal.any([this.#stopNow.signal, ...(lost ? [lost] : [])]);
    this.#active += 1;
    let end: TaskEnd;
    try {
      end = await unlessStopped(
        this.#handler({ run: task.data.run, line: task.data.line, deaths: job.stalledCounter, signal }),
        this.#stopNow.signal,
      );
    } catch {
      // What was thrown may hold names or secrets: it stays in this process, where the handler has told of it.
      const pauseMs = this.#stopNow.signal.aborted ? 0 : pauseAfter(job.attemptsStarted);
      end = { kind: "snoozed", forMs: pauseMs };
    } finally {
      this.#active -= 1;
    }
    switch (end.kind) {
      case "done":
        return;
      case "snoozed":
        await job.moveToDelayed(Date.now() + end.forMs, token);
        throw new DelayedError();
      case "tenant-closed":
        await this.#queue.rateLimit(Math.max(1, Math.ceil(end.forMs)));
        throw new RateLimitError();
    }
  }
}

/** A worker that survives entries no task could be made of. */
class TaskWorker extends Worker {
  protected override createJob(data: JobJson, id: string): Job {
    try {
      return super.createJob(data, id);
    } catch {
      // Not even JSON. Made into an entry that the processor drops.
      return super.createJob({ ...data, data: "null" }, id);
    }
  }
}

function pauseAfter(starts: number): number {
  return Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** Math.max(0, Math.min(starts, 10) - 1));
}

/** @throws the signal's reason as soon as it is aborted, whatever the work does */
async function unlessStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** True when `work` ended in time. */
async function within(work: Promise<unknown>, ms: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), ms);
  try {
    return await Promise.race([work.then(() => true), promise]);
  } finally {
    clearTimeout(timer);
  }
}
