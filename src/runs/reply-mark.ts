/**
 * The mark of a suspect: set before its reply is read, and left behind by a worker that dies of it (`docs/decisions/0003`). A read of the
 * whole tenant takes its mark back as soon as what a reply brought is on record, so that whoever dies while it waits for the next one is
 * not held against it.
 */
import { type DeathMarks, RedisError, type Task } from "../queue/index.ts";

export class ReplyMark {
  readonly #marks: DeathMarks;
  readonly #task: Task;
  #set: Promise<void> | undefined;
  /** A reply has come that the job does not have yet. */
  #reading = false;
  #used = false;

  constructor(marks: DeathMarks, task: Task) {
    this.#marks = marks;
    this.#task = task;
  }

  /** @throws {RedisError} when it cannot be set: then the reply must not be read */
  async beforeReply(): Promise<void> {
    this.#reading = true;
    this.#used = true;
    await (this.#set ??= this.#mark());
  }

  /** A reply has been read; the job has what it brought. */
  handed(): void {
    this.#reading = false;
  }

  /** All that the job was handed is on record. @throws {RedisError} when the mark cannot be taken back */
  async recorded(): Promise<void> {
    if (this.#set === undefined || this.#reading) return;
    await this.#set;
    this.#set = undefined;
    await orRedisError("take back the mark of a target", () => this.#marks.unmark(this.#task));
  }

  /** The attempt has ended, and nobody died. @param earlier marks that others left behind */
  async end(earlier: number): Promise<void> {
    if (this.#used || earlier > 0) await this.#marks.clear(this.#task);
  }

  async #mark(): Promise<void> {
    await orRedisError("mark a target before its reply is read", () => this.#marks.mark(this.#task));
  }
}

/** No target is to blame for what Redis refuses. */
async function orRedisError(action: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    throw new RedisError(
      `Cannot ${action}: Redis refused`,
      "Look at the memory and the log of Redis; the target is read when it takes commands again",
      { cause },
    );
  }
}
