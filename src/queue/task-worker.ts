/** A BullMQ worker without the ways by which one loses tasks, writes down texts, or spins. */
import { setTimeout as sleep } from "node:timers/promises";
import { DelayedError, type Job, type JobJson, RateLimitError, Worker } from "bullmq";

/** After an outage of Redis, or a command it refused, a worker asks again this soon (BullMQ: 15 s, and at once). */
export const RETRY_MS = 500;
/** A task whose handler threw waits this long, doubled for each start it had. */
const PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export class TaskWorker extends Worker {
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

/** How long a task rests that could not be worked on. */
export function pauseMs(starts: number): number {
  return Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** Math.max(0, Math.min(starts, 10) - 1));
}
