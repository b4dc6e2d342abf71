/** Group commit: writes asked for close together share one transaction, and are answered after it is synced. */
import { setImmediate as breathe, setTimeout as wait } from "node:timers/promises";
import { JournalError } from "../contract/errors.ts";
import type { Connection } from "./connection.ts";
import { explain, isBusy, isStorageFault } from "./errors.ts";

/** Most writes, and most records in them, of one transaction: bounds how long the event loop stands still. */
const MOST_WRITES = 500;
const MOST_RECORDS = 1_000;
/** Writes gather for as long as the last commit took, within these bounds: a slow disk gets larger groups, not a blocked process. */
const SHORTEST_GATHER_MS = 2;
const LONGEST_GATHER_MS = 25;
/** Waits between attempts while another process writes; random, so that two do not keep step. */
const BUSY_WAIT_MS = 8;

interface Pending {
  readonly records: number;
  readonly lazy: boolean;
  readonly work: (db: Connection) => void;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

export interface WriterOptions {
  readonly path: string;
  /** How long a write waits for other processes before it fails. */
  readonly busyTimeoutMs: number;
  /** Called when a transaction was undone: what was remembered of it is not true. */
  readonly onUndone: () => void;
}

export class Writer {
  readonly #db: Connection;
  readonly #options: WriterOptions;
  readonly #queue: Pending[] = [];
  #pump: Promise<void> | undefined;
  #lastCommitMs = 0;
  #syncs = true;
  #closed = false;

  constructor(db: Connection, options: WriterOptions) {
    this.#db = db;
    this.#options = options;
  }

  /**
   * Does `work` in a transaction, perhaps with others'. It must not await, and may run more than once: an undone group is repeated.
   * @param records how many records it writes, roughly
   * @param lazy it is answered before it is on the disk; it gets there with the next write that is not lazy, and never after it
   */
  write<T>(records: number, work: (db: Connection) => T, lazy = false): Promise<T> {
    if (this.#closed) {
      return Promise.reject(
        new JournalError(`Cannot write the journal "${this.#options.path}": it is closed`, "Open it again"),
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    let result: { readonly value: T } | undefined;
    this.#queue.push({
      records,
      lazy,
      work: (db) => {
        result = { value: work(db) };
      },
      done: () => {
        if (result !== undefined) resolve(result.value);
      },
      failed: reject,
    });
    this.#pump ??= this.#run();
    return promise;
  }

  /** Finishes what was asked for, then refuses more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pump;
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      if (this.#isLarge()) await breathe();
      else await wait(Math.min(LONGEST_GATHER_MS, Math.max(SHORTEST_GATHER_MS, this.#lastCommitMs)));
      await this.#commit(this.#next());
    }
    this.#pump = undefined;
  }

  /** A group worth a transaction of its own need not wait for company. */
  #isLarge(): boolean {
    if (this.#queue.length >= MOST_WRITES) return true;
    return this.#queue.reduce((sum, pending) => sum + pending.records, 0) >= MOST_RECORDS / 2;
  }

  #next(): readonly Pending[] {
    let records = 0;
    const end = this.#queue.findIndex((pending, place) => {
      records += pending.records;
      return place > 0 && (place >= MOST_WRITES || records > MOST_RECORDS);
    });
    return this.#queue.splice(0, end < 0 ? this.#queue.length : end);
  }

  /** Commits a group. If one of it cannot be written, each is written alone, so that only the guilty one hears of it. */
  async #commit(group: readonly Pending[]): Promise<void> {
    try {
      await this.#attempt(group);
    } catch (error) {
      this.#options.onUndone();
      if (group.length > 1 && !isStorageFault(error)) {
        for (const pending of group) await this.#commit([pending]);
        return;
      }
      const explained = explain(error, "write", this.#options.path);
      for (const pending of group) pending.failed(explained);
      return;
    }
    for (const pending of group) pending.done();
  }

  /** Between transactions only. The write-ahead log keeps their order, so a later sync covers all before it. */
  #sync(full: boolean): void {
    if (full === this.#syncs) return;
    this.#db.exec(`PRAGMA synchronous = ${full ? "FULL" : "NORMAL"}`);
    this.#syncs = full;
  }

  async #attempt(group: readonly Pending[]): Promise<void> {
    const startedMs = performance.now();
    for (;;) {
      const triedMs = performance.now();
      try {
        this.#sync(!group.every(({ lazy }) => lazy));
        this.#db.transaction(() => {
          for (const pending of group) pending.work(this.#db);
        });
        this.#lastCommitMs = performance.now() - triedMs;
        return;
      } catch (error) {
        if (!isBusy(error) || performance.now() - startedMs > this.#options.busyTimeoutMs) throw error;
        this.#options.onUndone();
      }
      await wait(1 + Math.random() * BUSY_WAIT_MS);
    }
  }
}
