/**
 * queue: tasks in and out of Redis, and the one Redis connection for whoever needs it. Redis is transport: all of it may be lost at any time.
 * Promises that a task is handed out again when its worker dies, that nothing but run ids and line numbers is written, and that it goes on by
 * itself after Redis was restarted or emptied. The only home of bullmq and ioredis, and of the embedded Redis.
 */
export { createAlarms } from "./alarms.ts";
export type { Alarm, Alarms } from "./alarms.ts";
export { createTaskQueues, KEY_PREFIX } from "./bull-queues.ts";
export { createDeathMarks } from "./death-marks.ts";
export { joinEmbeddedRedis } from "./embedded.ts";
export { RedisError } from "./endpoint.ts";
export { ensureRedisServer } from "./install.ts";
export { createPresence } from "./presence.ts";
export { connectRedis } from "./redis.ts";
export type { RedisHandle } from "./redis.ts";
export { createSnoozes } from "./snoozes.ts";
export type {
  Consumer,
  DeathMarks,
  Delivery,
  Presence,
  Snoozes,
  Task,
  TaskEnd,
  TaskQueues,
} from "./task-queue.ts";
