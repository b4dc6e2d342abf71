/** Group commit: settlements of a run that come while one transaction is under way share the next. */
import { setImmediate as breathe } from "node:timers/promises";
import { JournalError } from "../journal.ts";
import type { Settlement } from "../journal.ts";
import type { Database } from "./database.ts";
import { isAboutValues } from "./faults.ts";
import { settleGroup } from "./settle.ts";
import type { Settled } from "./settle.ts";

/** Most settlements, and about how many rows with them, of one transaction. */
const MOST_SETTLEMENTS = 500;
const MOST_ROWS = 5_000;

interface Waiting {
  readonly settlement: Settlement;
  readonly done: (settled: Settled) => void;
  readonly failed: (error: unknown) => void;
}

export class SettleGroups {
  readonly #db: Database;
  /** By run; a run that is in here is being worked on. */
  readonly #waiting = new Map<string, Waiting[]>();

  constructor(db: Database) {
    this.#db = db;
  }

  settle(settlement: Settlement): Promise<Settled> {
    const { promise, resolve, reject } = Promise.withResolvers<Settled>();
    const waiting = { settlement, done: resolve, failed: reject };
    const others = this.#waiting.get(settlement.run);
    if (others === undefined) {
      const queue = [waiting];
      this.#waiting.set(settlement.run, queue);
      void this.#work(settlement.run, queue);
    } else {
      others.push(waiting);
    }
    return promise;
  }

  async #work(run: string, queue: Waiting[]): Promise<void> {
    // Tasks of one reply settle one after the other, in this same turn of the loop.
    await breathe();
    while (queue.length > 0) await this.#commit(run, next(queue));
    this.#waiting.delete(run);
  }

  /** If one of a group cannot be written, each is written alone, so that only the guilty one hears of it. */
  async #commit(run: string, group: readonly Waiting[]): Promise<void> {
    const settlements = group.map(({ settlement }) => settlement);
    try {
      const results = await this.#db.write((db) => settleGroup(db, run, settlements));
      for (const [place, { done, failed }] of group.entries()) {
        const result = results[place];
        if (result === undefined || result instanceof JournalError) failed(result);
        else done(result);
      }
    } catch (error) {
      if (group.length > 1 && isAboutValues(error)) {
        for (const waiting of group) await this.#commit(run, [waiting]);
        return;
      }
      for (const { failed } of group) failed(error);
    }
  }
}

function next(queue: Waiting[]): readonly Waiting[] {
  let rows = 0;
  const end = queue.findIndex(({ settlement }, place) => {
    rows += settlement.rows.length;
    return place > 0 && (place >= MOST_SETTLEMENTS || rows > MOST_ROWS);
  });
  return queue.splice(0, end < 0 ? queue.length : end);
}
