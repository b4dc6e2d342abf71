/** Which worker processes are alive: one sorted set, scored with the server's time until which each is believed. */
import { KEY_PREFIX } from "./bull-queues.ts";
import type { RedisHandle } from "./redis.ts";
import type { Presence } from "./task-queue.ts";

/** KEYS[1] sorted set · ARGV[1] member, ARGV[2] ms it is believed */
const ANNOUNCE = `
local time = redis.call('TIME')
redis.call('ZADD', KEYS[1], time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2], ARGV[1])
`;

/** KEYS[1] sorted set. Forgets those whose time is over, answers the others. */
const ALIVE = `
local time = redis.call('TIME')
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', time[1] * 1000 + math.floor(time[2] / 1000))
return redis.call('ZRANGE', KEYS[1], 0, -1)
`;

/** @param ttlMs how long a process that says nothing more is believed alive */
export function createPresence(redis: RedisHandle, ttlMs: number, prefix: string = KEY_PREFIX): Presence {
  const key = `${prefix}:workers`;
  const roles = new Map<string, string>();
  const member = (worker: string, role: string): string => `${role}/${worker}`;
  return {
    async announce(worker, role) {
      roles.set(worker, role);
      await redis.patient.eval(ANNOUNCE, 1, key, member(worker, role), ttlMs);
    },
    async leave(worker) {
      await redis.patient.zrem(key, member(worker, roles.get(worker) ?? ""));
      roles.delete(worker);
    },
    async alive() {
      const members = await redis.patient.eval(ALIVE, 1, key);
      return (Array.isArray(members) ? members : []).map((text: unknown) => {
        const [role = "", ...worker] = String(text).split("/");
        return { worker: worker.join("/"), role };
      });
    },
  };
}
