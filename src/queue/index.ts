/**
 * queue: tasks in and out of Redis, and the one Redis connection for whoever needs it. Redis is transport: all of it may be lost at any time.
 * The only home of bullmq and ioredis.
 */
export type {
  Consumer,
  DeathMarks,
  Delivery,
  Presence,
  Task,
  TaskEnd,
  TaskHandler,
  TaskQueues,
} from "./task-queue.ts";
