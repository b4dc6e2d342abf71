/** One connection to the database file: statements prepared once, cells read with their types checked. */
import { DatabaseSync } from "node:sqlite";
import type { SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import { JournalError } from "../journal.ts";

export type Value = SQLInputValue;
export type Cell = SQLOutputValue | undefined;
export type Cells = Readonly<Record<string, SQLOutputValue>>;

export class Connection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

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

export function asNumber(cell: Cell): number {
  return typeof cell === "number" ? cell : unexpected(cell, "a number");
}

export function asText(cell: Cell): string {
  return typeof cell === "string" ? cell : unexpected(cell, "a text");
}

export function asBytes(cell: Cell): Uint8Array {
  return cell instanceof Uint8Array ? cell : unexpected(cell, "bytes");
}

/** `undefined` for NULL, else what `read` makes of the cell. */
export function optional<T>(cell: Cell, read: (cell: Cell) => T): T | undefined {
  return cell === null || cell === undefined ? undefined : read(cell);
}

function unexpected(cell: Cell, wanted: string): never {
  throw new JournalError(
    `Cannot read the journal: found ${cell === null ? "nothing" : typeof cell} where ${wanted} belongs`,
    "The file was changed by another program; put back a copy made before",
  );
}
