/** What all parts of the journal stand on: its database, until it is closed, and what they have learnt of it. */
import { JournalError } from "../contract/errors.ts";
import type { Database, Session } from "./database.ts";
import { headOf } from "./run-record.ts";

export class Ground {
  /** For work within `do`. */
  readonly database: Database;
  readonly #name: string;
  readonly #now: () => number;
  /** Keys of runs by id; a few texts for each run this process had to do with. No run is ever taken away. */
  readonly #keys = new Map<string, number>();
  readonly #doing = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  /** @param name what people call the database */
  constructor(database: Database, name: string, now: () => number) {
    this.database = database;
    this.#name = name;
    this.#now = now;
  }

  /** Something asked of the journal: what was asked for before it is closed is finished, what comes later refused. */
  async do<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) {
      throw new JournalError(`Cannot use the journal ${this.#name}: it is closed`, "Open it again");
    }
    const doing = work();
    this.#doing.add(doing);
    try {
      return await doing;
    } finally {
      this.#doing.delete(doing);
    }
  }

  /** The same for what is one transaction. */
  write<T>(work: (db: Session) => Promise<T>): Promise<T> {
    return this.do(() => this.database.write(work));
  }

  /** The same for one reading. */
  read<T>(work: (db: Session) => Promise<T>): Promise<T> {
    return this.do(() => this.database.read(work));
  }

  async keyOf(db: Session, run: string): Promise<number> {
    const known = this.#keys.get(run) ?? (await headOf(db, run)).key;
    this.#keys.set(run, known);
    return known;
  }

  /** Whole milliseconds: the tables keep integers. */
  nowMs(): number {
    return Math.trunc(this.#now());
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    await Promise.allSettled(this.#doing);
    await this.database.close();
  }
}
