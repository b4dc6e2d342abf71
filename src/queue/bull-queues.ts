/**
 * Tasks on BullMQ: one queue per tenant, opened when it is first used.
 *
 * What BullMQ does by default and we do not want is switched off here (`queue.md` 0, 1c): failing a task after its second stall, keeping
 * ended tasks, long locks, a long event stream, and keeping the text and stack of whatever was thrown.
 */
import { Queue } from "bullmq";
import type { Telemetry } from "../telemetry/index.ts";
import { BullConsumer } from "./bull-consumer.ts";
import type { RedisHandle } from "./redis.ts";
import { SteadyClock } from "./steady-clock.ts";
import type { Consumer, Task, TaskHandler, TaskQueues } from "./task-queue.ts";
import { crashPoint } from "../test-points.ts";

/** All keys of the product in Redis begin with this. */
export const KEY_PREFIX = "exosweep";
/** Tasks added by one round trip (`queue.md` 3a: 500 to 1000 is best). */
const CHUNK = 500;
/** BullMQ writes four events a task; nobody reads them. */
const EVENTS_KEPT = 100;

/**
 * @param prefix first part of every key; one prefix, one world
 */
export function createTaskQueues(
  redis: RedisHandle,
  telemetry: Telemetry,
  prefix: string = KEY_PREFIX,
): TaskQueues {
  return new BullQueues(redis, telemetry, prefix);
}

/** The braces put all keys of a tenant into one slot of a Redis Cluster. */
export function queueName(tenantId: string): string {
  return `{${tenantId.toLowerCase()}}`;
}

function taskId({ run, line }: Task): string {
  return `${run}-${line}`;
}

class BullQueues implements TaskQueues {
  readonly #redis: RedisHandle;
  readonly #telemetry: Telemetry;
  readonly #prefix: string;
  readonly #queues = new Map<string, Queue>();
  readonly #consumers = new Set<Consumer>();
  readonly #clock = new SteadyClock();

  constructor(redis: RedisHandle, telemetry: Telemetry, prefix: string) {
    this.#redis = redis;
    this.#telemetry = telemetry;
    this.#prefix = prefix;
  }

  async add(tenantId: string, tasks: readonly Task[]): Promise<void> {
    if (tasks.length === 0) return;
    const queue = this.#queue(tenantId);
    // The queue writes this setting once, at its start; after FLUSHALL it would be gone for good.
    await this.#redis.patient.hset(queue.toKey("meta"), "opts.maxLenEvents", EVENTS_KEPT);
    crashPoint("tasks.before-add");
    for (let at = 0; at < tasks.length; at += CHUNK) {
      await queue.addBulk(
        tasks.slice(at, at + CHUNK).map(({ run, line }) => ({
          name: "task",
          data: { run, line },
          opts: { jobId: taskId({ run, line }) },
        })),
      );
    }
    crashPoint("tasks.added");
  }

  async size(tenantId: string): Promise<number> {
    const counts = await this.#queue(tenantId).getJobCounts("wait", "active", "delayed", "prioritized");
    return Object.values(counts).reduce((sum, count) => sum + count, 0);
  }

  async consume(
    tenantId: string,
    handler: TaskHandler,
    options: { readonly concurrency: number; readonly lockMs: number },
  ): Promise<Consumer> {
    const consumer = new BullConsumer({
      tenantId,
      queue: this.#queue(tenantId),
      redis: this.#redis,
      telemetry: this.#telemetry,
      prefix: this.#prefix,
      clock: this.#clock,
      handler,
      ...options,
      ended: () => this.#consumers.delete(consumer),
    });
    this.#consumers.add(consumer);
    return consumer;
  }

  async wake(): Promise<void> {
    this.#clock.follow();
    await Promise.all([...this.#queues.values()].map((queue) => queue.promoteJobs({ count: CHUNK })));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#consumers].map((consumer) => consumer.stop(0)));
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
    this.#queues.clear();
  }

  #queue(tenantId: string): Queue {
    const name = queueName(tenantId);
    const known = this.#queues.get(name);
    if (known) return known;
    const queue = new Queue(name, {
      connection: this.#redis.patient,
      prefix: this.#prefix,
      streams: { events: { maxLen: EVENTS_KEPT } },
    });
    // The connection is ours and reconnects by itself; commands that fail say so where they were given.
    queue.on("error", () => {});
    this.#queues.set(name, queue);
    return queue;
  }
}
