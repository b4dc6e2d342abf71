/** Hands one tenant's tasks to a handler, through a BullMQ worker that never fails a task and never writes down why it paused one. */
import { setTimeout as sleep } from "node:timers/promises";
import { DelayedError, type Job, type JobJson, type Queue, RateLimitError, Worker } from "bullmq";
import { z } from "zod";
import type { Telemetry } from "../telemetry/index.ts";
import type { RedisHandle } from "./redis.ts";
import type { Consumer, TaskEnd, TaskHandler } from "./task-queue.ts";

export interface ConsumerParts {
  readonly tenantId: string;
  readonly queue: Queue;
  readonly redis: RedisHandle;
  readonly telemetry: Telemetry;
  readonly prefix: string;
  readonly handler: TaskHandler;
  readonly concurrency: number;
  readonly lockMs: number;
  /** Called when it has stopped. */
  readonly ended: () => void;
}

/** What a queue entry may hold; anything else is not ours and is dropped. */
const taskSchema = z.object({ run: z.string().min(1).max(100), line: z.int().min(0) });

const DROPPED = "a queue entry that is no task of ours was dropped";

/** A task whose handler threw waits this long, doubled for each start it had. */
const PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** After an outage of Redis, or a command it refused, the worker asks again this soon (BullMQ: 15 s, and at once). */
const RETRY_MS = 500;
/** With Redis away, a stopping consumer waits this long beyond its grace, then leaves its tasks to the stalled check. */
const FAREWELL_MS = 1_000;
/** A rate limit that never binds: without one, a worker does not see that its queue was closed (`queue.md` 1a). */
const NO_LIMIT = { max: 1_000_000_000, duration: 1_000 };
/** Of the same trouble, people are told once in this time. */
const TELL_EVERY_MS = 60_000;

export class BullConsumer implements Consumer {
  readonly #queue: Queue;
  readonly #redis: RedisHandle;
  readonly #handler: TaskHandler;
  readonly #worker: TaskWorker;
  readonly #telemetry: Telemetry;
  readonly #tenantId: string;
  readonly #ended: () => void;
  readonly #stopNow = new AbortController();
  readonly #told = new Map<string, number>();
  #active = 0;
  #stopping: Promise<void> | undefined;

  constructor(parts: ConsumerParts) {
    this.#queue = parts.queue;
    this.#redis = parts.redis;
    this.#handler = parts.handler;
    this.#telemetry = parts.telemetry;
    this.#tenantId = parts.tenantId;
    this.#ended = parts.ended;
    this.#worker = new TaskWorker(
      parts.queue.name,
      // Three parameters: BullMQ makes a signal only for a processor that takes one.
      (job, token, signal) => this.#process(job, token ?? "", signal),
      {
        connection: parts.redis.patient,
        prefix: parts.prefix,
        concurrency: parts.concurrency,
        lockDuration: parts.lockMs,
        stalledInterval: parts.lockMs / 2,
        maxStalledCount: Number.MAX_SAFE_INTEGER,
        runRetryDelay: RETRY_MS,
        limiter: NO_LIMIT,
        removeOnComplete: { count: 0 },
        removeOnFail: { count: 0 },
      },
    );
    this.#worker.on("lockRenewalFailed", (ids) => {
      for (const id of ids) this.#worker.cancelJob(id, "the task is no longer ours: its lock was lost");
    });
    this.#worker.on("error", (error) => this.#trouble(error));
  }

  get active(): number {
    return this.#active;
  }

  stop(graceMs: number): Promise<void> {
    this.#stopping ??= this.#stop(graceMs).finally(this.#ended);
    return this.#stopping;
  }

  async #stop(graceMs: number): Promise<void> {
    const closed = this.#worker.close();
    if (await within(closed, graceMs)) return;
    this.#stopNow.abort(new Error("the worker was told to stop now"));
    if (!(await within(closed, FAREWELL_MS))) await this.#worker.abandon();
  }

  async #process(job: Job, token: string, lost: AbortSignal | undefined): Promise<void> {
    const task = taskSchema.safeParse(job.data);
    if (!task.success) {
      this.#tell("dropped", DROPPED);
      return;
    }
    const { run, line } = task.data;
    const signal = AbortSignal.any([this.#stopNow.signal, ...(lost ? [lost] : [])]);
    this.#active += 1;
    let end: TaskEnd;
    try {
      end = await unlessStopped(
        this.#handler({ run, line, deaths: job.stalledCounter, signal }),
        this.#stopNow.signal,
      );
    } catch (error) {
      end = { kind: "snoozed", forMs: this.#pauseAfter(error, job.attemptsStarted, signal) };
    } finally {
      this.#active -= 1;
    }
    switch (end.kind) {
      case "done":
        return;
      case "snoozed":
        await job.moveToDelayed(Date.now() + Math.max(0, end.forMs), token);
        throw new DelayedError();
      case "tenant-closed":
        await this.#queue.rateLimit(Math.max(1, Math.ceil(end.forMs)));
        throw new RateLimitError();
    }
  }

  #pauseAfter(error: unknown, starts: number, signal: AbortSignal): number {
    if (signal.aborted) return 0;
    // The kind of error only: its text may hold names, and belongs to whoever threw it.
    const kind = error instanceof Error ? error.name : typeof error;
    this.#tell(`threw ${kind}`, `a task could not be worked on (${kind}) and comes back after a pause`);
    return pauseMs(starts);
  }

  /** Lost locks and outages mend themselves; a command that Redis refuses needs a person. */
  #trouble(error: Error): void {
    // BullMQ took an entry that it cannot read itself, and forgot which.
    if (error instanceof SyntaxError) void this.#dropUnreadable();
    const word = /^(OOM|READONLY|MISCONF|NOPERM|WRONGTYPE|NOAUTH|CLUSTERDOWN)\b/.exec(error.message)?.[1];
    if (word !== undefined)
      this.#tell(word, `Redis refuses our commands (${word}): tasks wait until that is mended`);
  }

  async #dropUnreadable(): Promise<void> {
    try {
      const ids = await this.#queue.getRanges(["active"], 0, -1);
      for (const key of ids.map((id) => this.#queue.toKey(id))) {
        const fields = await this.#redis.patient.hmget(key, "opts", "progress", "parent");
        if (fields.every(isJson)) continue;
        this.#tell("dropped", DROPPED);
        const id = key.slice(this.#queue.toKey("").length);
        await this.#redis.patient
          .multi()
          .lrem(this.#queue.toKey("active"), 0, id)
          .del(key, `${key}:lock`)
          .exec();
      }
    } catch (error) {
      // Redis went away under it; the entry turns up again.
      if (error instanceof Error)
        this.#tell("unreadable", `a queue entry could not be dropped (${error.name})`);
    }
  }

  #tell(what: string, text: string): void {
    const nowMs = performance.now();
    if (nowMs - (this.#told.get(what) ?? -TELL_EVERY_MS) < TELL_EVERY_MS) return;
    this.#told.set(what, nowMs);
    this.#telemetry.emit("warning", { text, tenant: this.#tenantId });
  }
}

/** Closes the ways by which a BullMQ worker loses tasks, writes texts, or spins. */
class TaskWorker extends Worker {
  /** For when Redis does not let it close: ends its timers. */
  async abandon(): Promise<void> {
    await this.lockManager.close();
  }

  /** An entry no task can be made of is made into one the processor drops. */
  protected override createJob(data: JobJson, id: string): Job {
    try {
      const job = super.createJob(data, id);
      job.deferredFailure = "";
      return job;
    } catch {
      // The data is not even JSON.
      return super.createJob({ ...data, data: "null" }, id);
    }
  }

  /** Nothing fails a task: what BullMQ could not move comes back after a pause, and no text or stack is stored. */
  protected override async handleFailed(...[error, job, token, ...rest]: HandleFailed): Promise<Job> {
    if (error instanceof DelayedError || error instanceof RateLimitError) {
      return await super.handleFailed(error, job, token, ...rest);
    }
    // The task ended well; what could not be read is the next one.
    if (error instanceof SyntaxError) this.emit("error", error);
    await job.moveToDelayed(Date.now() + pauseMs(job.attemptsStarted), token);
    return await super.handleFailed(new DelayedError(), job, token, ...rest);
  }

  /** BullMQ asks again at once when Redis refused: that would be a loop at full speed. */
  protected override async moveToActive(token: string, name?: string): Promise<Job> {
    try {
      return await super.moveToActive(token, name);
    } catch (error) {
      await sleep(RETRY_MS, undefined, { ref: false });
      throw error;
    }
  }
}

type HandleFailed = Parameters<Worker["handleFailed"]>;

function pauseMs(starts: number): number {
  return Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** Math.max(0, Math.min(starts, 10) - 1));
}

function isJson(text: string | null): boolean {
  try {
    JSON.parse(text ?? "null");
    return true;
  } catch {
    // That is the answer.
    return false;
  }
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
