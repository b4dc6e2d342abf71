/** How often a target was put off, in every process together: one hash per run, forgotten a week after its last. */
import { KEY_PREFIX } from "./bull-queues.ts";
import type { RedisHandle } from "./redis.ts";
import type { Snoozes } from "./task-queue.ts";

const KEPT_MS = 7 * 24 * 3_600_000;

export function createSnoozes(redis: RedisHandle, prefix: string = KEY_PREFIX): Snoozes {
  return {
    async add({ run, line }, redrive) {
      const key = `${prefix}:snoozes:${run}`;
      const [count] = await Promise.all([
        redis.patient.hincrby(key, `${line}/${redrive}`, 1),
        redis.patient.pexpire(key, KEPT_MS),
      ]);
      return count;
    },
  };
}
