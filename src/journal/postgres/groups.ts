/** Group commit: what is asked about a run while one transaction is under way shares the next. */
import { setImmediate as breathe } from "node:timers/promises";
import { JournalError } from "../contract/errors.ts";
import type { Database, Session } from "./database.ts";
import { isAboutValues } from "./faults.ts";

/** Most asks, and about how many records with them, of one transaction. */
const MOST_ASKS = 500;
const MOST_RECORDS = 5_000;

/** One kind of ask that is worked on in groups. */
export interface Kind<Ask, Answer> {
  /** How many records an ask brings besides its own. */
  readonly recordsOf: (ask: Ask) => number;
  /** Does all of it in the order given; an ask that is refused does not disturb the others. */
  readonly work: (
    db: Session,
    run: string,
    asks: readonly Ask[],
  ) => Promise<readonly (Answer | JournalError)[]>;
}

interface Waiting<Ask, Answer> {
  readonly ask: Ask;
  readonly done: (answer: Answer) => void;
  readonly failed: (error: unknown) => void;
}

export class Groups<Ask extends { readonly run: string }, Answer> {
  readonly #db: Database;
  readonly #kind: Kind<Ask, Answer>;
  /** By run; a run that is in here is being worked on. */
  readonly #waiting = new Map<string, Waiting<Ask, Answer>[]>();

  constructor(db: Database, kind: Kind<Ask, Answer>) {
    this.#db = db;
    this.#kind = kind;
  }

  ask(ask: Ask): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const waiting = { ask, done: resolve, failed: reject };
    const others = this.#waiting.get(ask.run);
    if (others === undefined) {
      const queue = [waiting];
      this.#waiting.set(ask.run, queue);
      void this.#work(ask.run, queue);
    } else {
      others.push(waiting);
    }
    return promise;
  }

  async #work(run: string, queue: Waiting<Ask, Answer>[]): Promise<void> {
    // Tasks of one reply ask one after the other, in this same turn of the loop.
    await breathe();
    while (queue.length > 0) await this.#commit(run, this.#next(queue));
    this.#waiting.delete(run);
  }

  /** If one of a group cannot be written, each is written alone, so that only the guilty one hears of it. */
  async #commit(run: string, group: readonly Waiting<Ask, Answer>[]): Promise<void> {
    const asks = group.map(({ ask }) => ask);
    try {
      const answers = await this.#db.write((db) => this.#kind.work(db, run, asks));
      for (const [place, { done, failed }] of group.entries()) {
        const answer = answers[place];
        if (answer === undefined || answer instanceof JournalError) failed(answer);
        else done(answer);
      }
    } catch (error) {
      if (group.length > 1 && isAboutValues(error)) {
        for (const waiting of group) await this.#commit(run, [waiting]);
        return;
      }
      for (const { failed } of group) failed(error);
    }
  }

  #next(queue: Waiting<Ask, Answer>[]): readonly Waiting<Ask, Answer>[] {
    let records = 0;
    const end = queue.findIndex(({ ask }, place) => {
      records += this.#kind.recordsOf(ask);
      return place > 0 && (place >= MOST_ASKS || records > MOST_RECORDS);
    });
    return queue.splice(0, end < 0 ? queue.length : end);
  }
}
