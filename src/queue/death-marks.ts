/** Counts, per target, how often a worker died while reading its reply: one hash per run, forgotten a week after its last mark. */
import { KEY_PREFIX } from "./bull-queues.ts";
import type { RedisHandle } from "./redis.ts";
import type { DeathMarks, Task } from "./task-queue.ts";

const KEPT_MS = 7 * 24 * 3_600_000;

export function createDeathMarks(redis: RedisHandle, prefix: string = KEY_PREFIX): DeathMarks {
  const key = ({ run }: Task): string => `${prefix}:deaths:${run}`;
  const add = async (task: Task, by: number): Promise<number> => {
    const [count] = await Promise.all([
      redis.patient.hincrby(key(task), String(task.line), by),
      redis.patient.pexpire(key(task), KEPT_MS),
    ]);
    return count;
  };
  return {
    mark: (task) => add(task, 1),
    async unmark(task) {
      await add(task, -1);
    },
    async clear(task) {
      await redis.patient.hdel(key(task), String(task.line));
    },
    async count(task) {
      // Redis may have been emptied between a mark and its end.
      return Math.max(0, Number((await redis.patient.hget(key(task), String(task.line))) ?? 0));
    },
  };
}
