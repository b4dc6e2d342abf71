/** Readings: short synchronous steps on a connection of their own, which sees only what is committed. */
import { setImmediate as breathe, setTimeout as wait } from "node:timers/promises";
import { JournalError } from "../contract/errors.ts";
import type { Connection } from "./connection.ts";
import { explain, isBusy } from "./errors.ts";

/** Longest wait between attempts; the file is busy for readers only while another process repairs it after a crash. */
const BUSY_WAIT_MS = 8;

/** Does `work` again while another process holds the file, for at most `busyTimeoutMs`. */
export async function whenFree<T>(
  file: { readonly path: string; readonly busyTimeoutMs: number },
  action: string,
  work: () => T | Promise<T>,
): Promise<T> {
  const startedMs = performance.now();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error) || performance.now() - startedMs > file.busyTimeoutMs) {
        throw explain(error, action, file.path);
      }
    }
    await wait(1 + Math.random() * BUSY_WAIT_MS);
  }
}

export class Reader {
  readonly #db: Connection;
  readonly #file: { readonly path: string; readonly busyTimeoutMs: number };
  #closed = false;

  constructor(db: Connection, file: { readonly path: string; readonly busyTimeoutMs: number }) {
    this.#db = db;
    this.#file = file;
  }

  /** One step, all of it true at one moment; a reading of many records is cut into steps, so that neither the event loop nor a checkpoint waits for it. */
  read<T>(work: (db: Connection) => T): Promise<T> {
    return whenFree(this.#file, "read", () => {
      const db = this.#open();
      return db.snapshot(() => work(db));
    });
  }

  /** A few records that never change together, or one statement: without the cost of a transaction. */
  glance<T>(work: (db: Connection) => T): Promise<T> {
    return whenFree(this.#file, "read", () => work(this.#open()));
  }

  /** A reading of many steps that keeps its place by itself. If a step finds the file busy, the reading starts over. */
  readThrough<T>(steps: (db: Connection) => Generator<undefined, T>): Promise<T> {
    return whenFree(this.#file, "read", async () => {
      const reading = steps(this.#open());
      for (;;) {
        const step = this.#open().snapshot(() => reading.next());
        if (step.done === true) return step.value;
        await breathe();
      }
    });
  }

  close(): void {
    this.#closed = true;
    this.#db.close();
  }

  #open(): Connection {
    if (this.#closed) {
      throw new JournalError(`Cannot read the journal "${this.#file.path}": it is closed`, "Open it again");
    }
    return this.#db;
  }
}
