/** One connection to the database file: statements prepared once. */
import { DatabaseSync } from "node:sqlite";
import type { SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";

export type Value = SQLInputValue;
export type Cells = Readonly<Record<string, SQLOutputValue>>;

/** 8 MiB each for writing and reading: the inner pages of the indexes of a large run, and more. */
export const USUAL_CACHE = "PRAGMA cache_size = -8192";

export class Connection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #listing = new Map<string, StatementSync>();

  constructor(path: string, options: { readonly readOnly: boolean }) {
    // A busy file is never waited for here: SQLite would sleep on the event loop. The callers try again instead.
    this.#database = new DatabaseSync(path, { readOnly: options.readOnly, timeout: 0 });
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  all(sql: string, ...values: Value[]): readonly Cells[] {
    return this.#prepared(sql).all(...values);
  }

  /** Each record as a list of its values, in the order of the columns: much cheaper than objects, where there are many. */
  lists(sql: string, ...values: Value[]): readonly (readonly SQLOutputValue[])[] {
    let statement = this.#listing.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      statement.setReturnArrays(true);
      this.#listing.set(sql, statement);
    }
    // The types of Node know of objects only.
    return statement.all(...values) as unknown as readonly (readonly SQLOutputValue[])[];
  }

  get(sql: string, ...values: Value[]): Cells | undefined {
    return this.#prepared(sql).get(...values);
  }

  /** @returns how many rows it changed */
  run(sql: string, ...values: Value[]): number {
    return Number(this.#prepared(sql).run(...values).changes);
  }

  /** Runs `work` in one transaction that is the only writer from its first statement on, and syncs it. It must not await. */
  transaction<T>(work: () => T): T {
    return this.#within("BEGIN IMMEDIATE", work);
  }

  /** Runs `work` so that all it reads was true at one moment. It must not await. */
  snapshot<T>(work: () => T): T {
    return this.#within("BEGIN", work);
  }

  #within<T>(begin: string, work: () => T): T {
    this.exec(begin);
    try {
      const result = work();
      this.exec("COMMIT");
      return result;
    } catch (error) {
      // After some faults (disk full, I/O) SQLite has rolled back by itself.
      if (this.#database.isTransaction) this.exec("ROLLBACK");
      throw error;
    }
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
