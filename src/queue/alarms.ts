/**
 * Alarm clocks on BullMQ's job schedulers: each rings in one of the processes that listen, near its time. Like all of Redis they may be lost;
 * `keep` sets them anew, and whoever is rung looks into the journal for what is really due.
 */
import { Queue } from "bullmq";
import { z } from "zod";
import type { Telemetry } from "../telemetry/index.ts";
import { KEY_PREFIX } from "./bull-queues.ts";
import type { RedisHandle } from "./redis.ts";
import { RETRY_MS, TaskWorker } from "./task-worker.ts";

export interface Alarm {
  readonly name: string;
  /** Told to `next` as they are. */
  readonly pattern: string;
  readonly zone: string;
}

export interface Alarms {
  /** Has these set and no others. One that is set is left alone, so any number of processes may say so as often as they like. */
  keep(alarms: readonly Alarm[]): Promise<void>;
  /** Calls `ring` with the name of an alarm when its time has come. What it throws is lost: it says so itself. */
  listen(ring: (name: string) => Promise<void>): void;
  /** Waits for rings that are being answered, at most `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** The braces put its keys into one slot of a Redis Cluster. */
const QUEUE = "{schedules}";
const EVENTS_KEPT = 100;
/** An alarm whose time is over for so long has lost its next ring. */
const OVERDUE_MS = 60_000;
const LOCK_MS = 30_000;
const entrySchema = z.object({ schedule: z.string().min(1) });

/** @param next the first time after `afterMs` that a pattern stands for in a zone */
export function createAlarms(
  redis: RedisHandle,
  telemetry: Telemetry,
  next: (pattern: string, zone: string, afterMs: number) => number,
  prefix: string = KEY_PREFIX,
): Alarms {
  const shared = {
    connection: redis.patient,
    prefix,
    settings: {
      repeatStrategy: (afterMs: number, { pattern = "", tz = "" }: { pattern?: string; tz?: string }) =>
        next(pattern, tz, afterMs),
    },
  };
  const queue = new Queue(QUEUE, { ...shared, streams: { events: { maxLen: EVENTS_KEPT } } });
  // The connection is ours and reconnects by itself; commands that fail say so where they were given.
  queue.on("error", () => {});
  let worker: TaskWorker | undefined;

  async function set({ name, pattern, zone }: Alarm): Promise<void> {
    const known = await queue.getJobScheduler(name);
    const stands =
      known?.pattern === pattern && known.tz === zone && (known.next ?? 0) > Date.now() - OVERDUE_MS;
    if (stands) return;
    await queue.upsertJobScheduler(
      name,
      { pattern, tz: zone },
      { name: "alarm", data: { schedule: name }, opts: { removeOnComplete: true, removeOnFail: true } },
    );
  }

  return {
    async keep(alarms) {
      const wanted = new Set(alarms.map(({ name }) => name));
      for (const alarm of alarms) await set(alarm);
      for (const { key } of await queue.getJobSchedulers())
        if (!wanted.has(key)) await queue.removeJobScheduler(key);
    },

    listen(ring) {
      worker ??= new TaskWorker(
        QUEUE,
        async (job) => {
          const entry = entrySchema.safeParse(job.data);
          if (entry.success) await ring(entry.data.schedule).catch(() => undefined);
        },
        { ...shared, lockDuration: LOCK_MS, runRetryDelay: RETRY_MS, removeOnComplete: { count: 0 } },
      );
      worker.on("error", (error) => {
        // Outages mend themselves, and the journal is looked into meanwhile.
        if (/^(OOM|READONLY|MISCONF|NOPERM|WRONGTYPE|NOAUTH)\b/.test(error.message))
          telemetry.emit("warning", {
            text: "Redis refuses the alarms of schedules: runs start by looks into the journal",
          });
      });
    },

    async close(graceMs) {
      const closed = Promise.all([worker?.close(), queue.close()]);
      const timeout = Promise.withResolvers<void>();
      const timer = setTimeout(timeout.resolve, graceMs);
      try {
        await Promise.race([closed, timeout.promise]);
      } finally {
        clearTimeout(timer);
        await worker?.abandon();
      }
    },
  };
}
