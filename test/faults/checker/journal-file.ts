/** What a journal's file says of a run, by the judge's own SQL. */
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";

export interface Line {
  readonly line: number;
  readonly kind: string;
  readonly id: string;
  readonly label: string;
  /** As stored, unpacked. */
  readonly data: unknown;
  readonly redrive: number;
  readonly outcome: string | null;
  readonly reason: string | null;
  readonly settledAtMs: number | null;
  readonly take: number | null;
  /** Rows it says it has, and rows that are there. */
  readonly rows: number;
  readonly found: number;
}

export type EarlierLine = Pick<Line, "line" | "redrive" | "outcome" | "settledAtMs" | "rows">;

export interface IntentOnFile {
  readonly line: number;
  readonly n: number;
  readonly redrive: number;
  readonly attempt: number;
  readonly worker: string;
  readonly effect: string;
  readonly cmdlet: string;
  readonly atMs: number;
  readonly ended: string | null;
  readonly looks: number;
}

export interface RunOnFile {
  readonly id: string;
  readonly tenantId: string;
  readonly state: string;
  readonly sealedSha256: string | null;
  readonly redrives: number;
  /** The run's own counters. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly rows: number;
  readonly lines: readonly Line[];
  readonly earlier: readonly EarlierLine[];
  readonly intents: readonly IntentOnFile[];
  readonly decided: number;
}

/** What everybody could see of a run at one moment. */
export interface Glance {
  readonly state: string;
  readonly sealed: boolean;
  readonly targets: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly settled: number;
  readonly reopened: number;
}

type Cells = Record<string, SQLOutputValue>;

export class JournalFile implements Disposable {
  readonly #db: DatabaseSync;

  constructor(path: string) {
    this.#db = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  /** All of it as it was at one moment. */
  run(id: string): RunOnFile {
    return this.#snapshot(() => {
      const run = this.#run(id);
      const key = run["key"] ?? null;
      const lines = this.#all(
        `SELECT t.*, (SELECT count(*) FROM found f WHERE f.run = t.run AND f.line = t.line AND f.take = t.take) AS found_rows
         FROM targets t WHERE t.run = ? ORDER BY t.line`,
        key,
      );
      const names = new Map(
        this.#all("SELECT key, names FROM shapes").map((cells) => [
          number(cells["key"]),
          JSON.parse(text(cells["names"])) as string[],
        ]),
      );
      return {
        id,
        tenantId: text(run["tenant_id"]),
        state: text(run["state"]),
        sealedSha256: textOrNull(run["manifest_sha256"]),
        redrives: number(run["redrives"]),
        outcomes: this.#outcomes(key),
        rows: number(run["rows"]),
        lines: lines.map((cells) => toLine(cells, names)),
        earlier: this.#all(
          "SELECT line, redrive, outcome, settled_at, rows FROM earlier WHERE run = ?",
          key,
        ).map((cells) => ({
          line: number(cells["line"]),
          redrive: number(cells["redrive"]),
          outcome: text(cells["outcome"]),
          settledAtMs: number(cells["settled_at"]),
          rows: number(cells["rows"]),
        })),
        intents: this.#intents(key),
        decided: number(
          this.#all("SELECT count(*) AS n FROM events WHERE run = ? AND kind = 'decided'", key)[0]?.["n"],
        ),
      };
    });
  }

  /** @returns undefined while there is no such run */
  glance(id: string): Glance | undefined {
    return this.#snapshot(() => {
      const [run] = this.#all("SELECT * FROM runs WHERE id = ?", id);
      if (run === undefined) return undefined;
      const key = run["key"] ?? null;
      const [counted] = this.#all(
        "SELECT count(*) AS targets, count(outcome) AS settled FROM targets WHERE run = ?",
        key,
      );
      return {
        state: text(run["state"]),
        sealed: run["manifest_sha256"] !== null,
        targets: number(counted?.["targets"]),
        settled: number(counted?.["settled"]),
        outcomes: this.#outcomes(key),
        reopened: number(run["reopened"]),
      };
    });
  }

  #outcomes(key: SQLOutputValue): Record<string, number> {
    const tallies = this.#all(
      "SELECT name, value FROM tallies WHERE run = ? AND kind = 'outcome' AND value <> 0",
      key,
    );
    return Object.fromEntries(tallies.map((cells) => [text(cells["name"]), number(cells["value"])]));
  }

  #intents(key: SQLOutputValue): IntentOnFile[] {
    const known = this.#all("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'intents'");
    if (known.length === 0) return [];
    return this.#all("SELECT * FROM intents WHERE run = ? ORDER BY line, n", key).map((cells) => ({
      line: number(cells["line"]),
      n: number(cells["n"]),
      redrive: number(cells["redrive"]),
      attempt: number(cells["attempt"]),
      worker: text(cells["worker"]),
      effect: text(cells["effect"]),
      cmdlet: text(cells["cmdlet"]),
      atMs: number(cells["at"]),
      ended: textOrNull(cells["ended"]),
      looks: looksIn(textOrNull(cells["looks"])),
    }));
  }

  #run(id: string): Cells {
    const [run] = this.#all("SELECT * FROM runs WHERE id = ?", id);
    if (run === undefined) throw new Error(`Cannot judge run ${id}: the journal has no such run`);
    return run;
  }

  #all(sql: string, ...values: SQLOutputValue[]): Cells[] {
    return this.#db.prepare(sql).all(...values);
  }

  #snapshot<T>(read: () => T): T {
    this.#db.exec("BEGIN");
    try {
      return read();
    } finally {
      this.#db.exec("COMMIT");
    }
  }
}

function toLine(cells: Cells, names: ReadonlyMap<number, readonly string[]>): Line {
  const stored: unknown = JSON.parse(text(cells["data"]));
  const shape = names.get(number(cells["shape"]));
  return {
    line: number(cells["line"]),
    kind: text(cells["kind"]),
    id: text(cells["id"]),
    label: text(cells["label"]),
    data:
      shape === undefined || !Array.isArray(stored)
        ? stored
        : Object.fromEntries(shape.map((name, at) => [name, stored[at] as unknown])),
    redrive: number(cells["redrive"]),
    outcome: textOrNull(cells["outcome"]),
    reason: textOrNull(cells["reason"]),
    settledAtMs: cells["settled_at"] === null ? null : number(cells["settled_at"]),
    take: cells["take"] === null ? null : number(cells["take"]),
    rows: number(cells["rows"]),
    found: number(cells["found_rows"]),
  };
}

/** Looks are kept as JSON texts with commas in between. */
function looksIn(looks: string | null): number {
  return looks === null ? 0 : (JSON.parse(`[${looks}]`) as unknown[]).length;
}

function number(value: SQLOutputValue | undefined): number {
  if (typeof value !== "number" && typeof value !== "bigint")
    throw new Error(`Cannot read a number: ${String(value)}`);
  return Number(value);
}

function text(value: SQLOutputValue | undefined): string {
  if (typeof value !== "string") throw new Error(`Cannot read a text: ${String(value)}`);
  return value;
}

function textOrNull(value: SQLOutputValue | undefined): string | null {
  return value === null || value === undefined ? null : text(value);
}
