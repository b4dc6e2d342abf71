/** Hands one tenant's tasks to a handler, through a BullMQ worker that never fails a task and never writes down why it paused one. */
import { DelayedError, type Job, type Queue, RateLimitError } from "bullmq";
import { z } from "zod";
import type { Telemetry } from "../telemetry/index.ts";
import type { RedisHandle } from "./redis.ts";
import type { SteadyClock } from "./steady-clock.ts";
import type { Consumer, TaskEnd, TaskHandler } from "./task-queue.ts";
import { pauseMs, RETRY_MS, TaskWorker } from "./task-worker.ts";
import { crashPoint } from "../test-points.ts";

export interface ConsumerParts {
  readonly tenantId: string;
  readonly queue: Queue;
  readonly redis: RedisHandle;
  readonly telemetry: Telemetry;
  readonly prefix: string;
  /** When a task comes back is told by it. */
  readonly clock: Pick<SteadyClock, "now">;
  readonly handler: TaskHandler;
  readonly concurrency: number;
  readonly lockMs: number;
  /** Called when it has stopped. */
  readonly ended: () => void;
}

/** What a queue entry may hold; anything else is not ours and is dropped. */
const taskSchema = z.object({ run: z.string().min(1).max(100), line: z.int().min(0) });

const DROPPED = "a queue entry that is no task of ours was dropped";

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
  readonly #clock: Pick<SteadyClock, "now">;
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
    this.#clock = parts.clock;
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
    // Said again with no grace: those in hand have had theirs.
    if (this.#stopping !== undefined && graceMs === 0) this.#abortTasks();
    this.#stopping ??= this.#stop(graceMs).finally(this.#ended);
    return this.#stopping;
  }

  async #stop(graceMs: number): Promise<void> {
    const closed = this.#worker.close();
    if (await within(closed, graceMs, this.#stopNow.signal)) return;
    this.#abortTasks();
    if (!(await within(closed, FAREWELL_MS))) await this.#worker.abandon();
  }

  #abortTasks(): void {
    this.#stopNow.abort(new Error("the worker was told to stop now"));
  }

  async #process(job: Job, token: string, lost: AbortSignal | undefined): Promise<void> {
    const task = taskSchema.safeParse(job.data);
    if (!task.success) {
      this.#tell("dropped", DROPPED);
      return;
    }
    const { run, line } = task.data;
    crashPoint("task.taken");
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
    crashPoint("task.before-ack");
    switch (end.kind) {
      case "done":
        return;
      case "snoozed":
        await job.moveToDelayed(this.#clock.now() + Math.max(0, end.forMs), token);
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

/** True when `work` ended in time, and before the signal. */
async function within(work: Promise<unknown>, ms: number, signal?: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), ms);
  signal?.addEventListener("abort", () => resolve(false), { once: true });
  try {
    return await Promise.race([work.then(() => true), promise]);
  } finally {
    clearTimeout(timer);
  }
}
