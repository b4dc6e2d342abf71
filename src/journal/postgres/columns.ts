/** Rows and outcomes on their way in, as columns: one statement writes any number of them. */
import { countsColumn } from "../cells.ts";
import type { NewRow, Outcome } from "../journal.ts";
import { Seal } from "../seal.ts";
import type { Session } from "./database.ts";

/** What an attempt has brought so far. */
export interface Take {
  readonly line: number;
  readonly take: number;
  rows: number;
  readonly noise: Map<string, number>;
  readonly seal: Seal;
}

export function emptyTake(line: number, take: number): Take {
  return { line, take, rows: 0, noise: new Map(), seal: new Seal() };
}

/** An outcome about to be recorded. */
export interface Ending {
  readonly outcome: Outcome;
  readonly reason: string | null;
  readonly requestId: string | null;
  readonly fingerprint: string | null;
  readonly settledAtMs: number;
  readonly counts: Readonly<Record<string, number>>;
}

interface FoundRow {
  readonly line: number;
  readonly take: number;
  readonly n: number;
  readonly about: number;
  readonly noise: string | null;
  readonly body: string;
}

/** Rows are kept as whole JSON texts; SQLite keeps their keys apart and seals the number of that list, which is 0 here. */
const PLAIN = 0;

export class FoundRows {
  readonly #rows: FoundRow[] = [];

  add(take: Take, rows: readonly NewRow[]): void {
    for (const { about, noise = null, row } of rows) {
      const body = JSON.stringify(row);
      take.rows += 1;
      if (noise !== null) take.noise.set(noise, (take.noise.get(noise) ?? 0) + 1);
      take.seal.addRow(take.rows, about, noise, PLAIN, body);
      this.#rows.push({ line: take.line, take: take.take, n: take.rows, about, noise, body });
    }
  }

  async write(db: Session, run: number): Promise<void> {
    if (this.#rows.length === 0) return;
    await db.run(
      `INSERT INTO found (run, line, take, n, about, noise, body)
       SELECT $1, * FROM unnest($2::integer[], $3::integer[], $4::integer[], $5::integer[], $6::text[], $7::text[])`,
      run,
      this.#rows.map(({ line }) => line),
      this.#rows.map(({ take }) => take),
      this.#rows.map(({ n }) => n),
      this.#rows.map(({ about }) => about),
      this.#rows.map(({ noise }) => noise),
      this.#rows.map(({ body }) => body),
    );
  }
}

export class Endings {
  readonly #endings: (Ending & { readonly take: Take })[] = [];

  add(take: Take, ending: Ending): void {
    this.#endings.push({ ...ending, take });
  }

  async write(db: Session, run: number): Promise<void> {
    if (this.#endings.length === 0) return;
    const endings = this.#endings.map((ending) => ({ ...ending, counts: countsColumn(ending.counts) }));
    await db.run(
      `UPDATE targets t SET outcome = e.outcome, reason = e.reason, request_id = e.request_id, fingerprint = e.fingerprint,
         settled_at = e.settled_at, take = e.take, takes = greatest(t.takes, e.take), intent = NULL, rows = e.rows, noise = e.noise,
         counts = e.counts, seal = e.seal
       FROM unnest($2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::integer[], $9::integer[],
         $10::text[], $11::text[], $12::bytea[])
         AS e (line, outcome, reason, request_id, fingerprint, settled_at, take, rows, noise, counts, seal)
       WHERE t.run = $1 AND t.line = e.line`,
      run,
      endings.map(({ take }) => take.line),
      endings.map(({ outcome }) => outcome),
      endings.map(({ reason }) => reason),
      endings.map(({ requestId }) => requestId),
      endings.map(({ fingerprint }) => fingerprint),
      endings.map(({ settledAtMs }) => settledAtMs),
      endings.map(({ take }) => take.take),
      endings.map(({ take }) => take.rows),
      endings.map(({ take }) => countsColumn(Object.fromEntries(take.noise))),
      endings.map(({ counts }) => counts),
      endings.map((ending) =>
        ending.take.seal.addOutcome(ending.take.line, { ...ending, rows: ending.take.rows }).bytes(),
      ),
    );
  }
}
