/** The connections to the server: transactions, readings of one moment, and patience while it restarts. */
import { setTimeout as wait } from "node:timers/promises";
import { Pool } from "pg";
import type { PoolClient, PoolConfig } from "pg";
import type { Cells } from "../cells.ts";
import { Fault, explain, isPassing } from "./faults.ts";
import { toServer } from "./wire.ts";
import type { Value } from "./wire.ts";

/** Waits between attempts double within these bounds. */
const SHORTEST_WAIT_MS = 20;
const LONGEST_WAIT_MS = 1_000;
const SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/** A server that is gone does not say goodbye. */
const GOODBYE_MS = 3_000;

/** One connection, for one transaction. */
export class Session {
  readonly #client: PoolClient;

  constructor(client: PoolClient) {
    this.#client = client;
  }

  async all(sql: string, ...values: readonly Value[]): Promise<readonly Cells[]> {
    return (await this.#query(sql, values)).rows;
  }

  async get(sql: string, ...values: readonly Value[]): Promise<Cells | undefined> {
    return (await this.all(sql, ...values))[0];
  }

  /** @returns how many rows it changed */
  async run(sql: string, ...values: readonly Value[]): Promise<number> {
    return (await this.#query(sql, values)).rowCount ?? 0;
  }

  async commit(): Promise<void> {
    await this.#client.query("COMMIT").catch((error: unknown) => {
      throw new Fault(error, true);
    });
  }

  async #query(
    sql: string,
    values: readonly Value[],
  ): Promise<{ readonly rows: readonly Cells[]; readonly rowCount: number | null }> {
    try {
      return await this.#client.query<Record<string, unknown>>(sql, values.map(toServer));
    } catch (error) {
      throw new Fault(error, false);
    }
  }
}

export class Database {
  readonly #pool: Pool;
  readonly #name: string;
  readonly #patienceMs: number;

  /**
   * @param name what people call it; no password in it
   * @param patienceMs how long a server that restarts is waited for
   */
  constructor(config: PoolConfig, name: string, patienceMs: number) {
    this.#pool = new Pool(config);
    this.#name = name;
    this.#patienceMs = patienceMs;
    // A connection that breaks while nobody asks anything of it is missed by nobody; whoever asks next hears of it.
    this.#pool.on("error", () => undefined);
    this.#pool.on("connect", (client) => void client.on("error", () => undefined));
  }

  /** Does `work` in a transaction, perhaps more than once: one that certainly failed by a passing fault is repeated. */
  write<T>(work: (db: Session) => Promise<T>): Promise<T> {
    return this.#patiently("write", () => this.#within("BEGIN", work, (db) => db.commit()));
  }

  /** One statement, or several that may be true at different moments. */
  read<T>(work: (db: Session) => Promise<T>): Promise<T> {
    return this.#patiently("read", () => this.#with(work));
  }

  /** All that `work` reads was true at one moment. */
  snapshot<T>(work: (db: Session) => Promise<T>): Promise<T> {
    return this.#patiently("read", () => this.#within(SNAPSHOT, work, (db) => db.run("COMMIT")));
  }

  /** The same for work that must not be begun again, such as writing to a file. */
  async snapshotOnce<T>(work: (db: Session) => Promise<T>): Promise<T> {
    try {
      return await this.#within(SNAPSHOT, work, (db) => db.run("COMMIT"));
    } catch (error) {
      throw explain(error, "read", this.#name);
    }
  }

  /** The first contact: whoever configured it wants to hear what is wrong, and soon. */
  async open(work: (db: Session) => Promise<void>): Promise<void> {
    try {
      await this.#within("BEGIN", work, (db) => db.commit());
    } catch (error) {
      throw explain(error, "open", this.#name);
    }
  }

  async close(): Promise<void> {
    const over = new AbortController();
    const ended = this.#pool.end().finally(() => over.abort());
    await Promise.race([ended, wait(GOODBYE_MS, undefined, { signal: over.signal }).catch(() => undefined)]);
  }

  async #patiently<T>(action: string, attempt: () => Promise<T>): Promise<T> {
    const startedMs = performance.now();
    for (let waitMs = SHORTEST_WAIT_MS; ; waitMs = Math.min(LONGEST_WAIT_MS, 2 * waitMs)) {
      try {
        return await attempt();
      } catch (error) {
        if (!isPassing(error) || performance.now() - startedMs > this.#patienceMs) {
          throw explain(error, action, this.#name);
        }
      }
      // Random, so that processes do not come back all at once.
      await wait(waitMs * (0.5 + Math.random() / 2));
    }
  }

  #within<T>(
    begin: string,
    work: (db: Session) => Promise<T>,
    end: (db: Session) => Promise<unknown>,
  ): Promise<T> {
    return this.#with(async (db) => {
      await db.run(begin);
      const result = await work(db);
      await end(db);
      return result;
    });
  }

  /** A connection on which something failed is given up: with it goes the transaction it may be in. */
  async #with<T>(work: (db: Session) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw new Fault(error, false);
    });
    let failed = true;
    try {
      const result = await work(new Session(client));
      failed = false;
      return result;
    } finally {
      client.release(failed);
    }
  }
}
