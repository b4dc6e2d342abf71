/**
 * The contract of the queue: tasks in and out of Redis. Everything here may be lost at any time; the journal knows what is to be done.
 * A task holds a run id and a line number, nothing else.
 */

/** A run's work for one target. */
export interface Task {
  readonly run: string;
  readonly line: number;
}

/** A task as a worker gets it. */
export interface Delivery extends Task {
  /** How often a worker died or stalled with it before. */
  readonly deaths: number;
  /** Aborted when the lock is lost or the worker is told to stop now. */
  readonly signal: AbortSignal;
}

/** What becomes of a task after its handler. */
export type TaskEnd =
  /** Settled in the journal, or no longer wanted: the task is removed. */
  | { readonly kind: "done" }
  /** Comes back after `forMs`; uses up no attempt. */
  | { readonly kind: "snoozed"; readonly forMs: number }
  /** The tenant is closed for long: this and all other tasks of its queue come back after `forMs`. */
  | { readonly kind: "tenant-closed"; readonly forMs: number };

/** A handler that throws is our own fault (the journal cannot be written, say): the task comes back after a pause, for ever. */
export type TaskHandler = (delivery: Delivery) => Promise<TaskEnd>;

export interface Consumer {
  /** Takes no more tasks, waits for those in hand up to `graceMs`, then aborts them; they return to the queue. May be called again with 0: then it aborts them at once. */
  stop(graceMs: number): Promise<void>;
  readonly active: number;
}

export interface TaskQueues {
  /** Adds tasks; one that is queued already is left alone. */
  add(tenantId: string, tasks: readonly Task[]): Promise<void>;
  /** Tasks of this tenant in Redis: waiting, delayed and in hand. */
  size(tenantId: string): Promise<number>;
  /** Hands this tenant's tasks to `handler`, `concurrency` at once. */
  consume(
    tenantId: string,
    handler: TaskHandler,
    options: { readonly concurrency: number; readonly lockMs: number },
  ): Promise<Consumer>;
  /**
   * Brings back at once what was put off, of every tenant this process has worked for: times to come back at are on the wall clock, and
   * somebody has set that. What comes too early is put off again.
   */
  wake(): Promise<void>;
  close(): Promise<void>;
}

/** Which worker processes are alive. A process that stops saying so is forgotten after `ttlMs`. */
export interface Presence {
  announce(worker: string, role: string): Promise<void>;
  leave(worker: string): Promise<void>;
  alive(): Promise<readonly { readonly worker: string; readonly role: string }[]>;
}

/** What poisons: counts, per target, how often a worker died while reading its reply. Lost with Redis; then it counts again. */
export interface DeathMarks {
  mark(task: Task): Promise<number>;
  /** Takes one mark back. */
  unmark(task: Task): Promise<void>;
  clear(task: Task): Promise<void>;
  count(task: Task): Promise<number>;
}

/** How often a target asked to be put off, in every process together. Lost with Redis; then it counts again. */
export interface Snoozes {
  /** @param redrive of the target: a target that is opened again counts anew. @returns how often, this time included */
  add(task: Task, redrive: number): Promise<number>;
}
