/** Rows and outcomes on their way in, as columns: one statement writes any number of them. */
import { asNumber, countsColumn } from "../cells.ts";
import type { Cells } from "../cells.ts";
import { ChainEnd } from "../chain.ts";
import type { ChainLink, Tip } from "../chain.ts";
import type { NewRow } from "../contract/rows.ts";
import type { Outcome } from "../contract/outcomes.ts";
import { SEALED_COLUMNS, toSealedTarget } from "../records.ts";
import { Seal, WHOLE } from "../seal.ts";
import type { SealedTarget } from "../seal.ts";
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

/** What sealing and linking an outcome needs of its target. */
export interface Linkable {
  readonly redrive: number;
  readonly sealed: SealedTarget;
}

/** The columns of a `Linkable`. */
export const LINKABLE = `redrive, ${SEALED_COLUMNS}`;

export function toLinkable(cells: Cells): Linkable {
  return { redrive: asNumber(cells["redrive"]), sealed: toSealedTarget(cells, WHOLE) };
}

interface FoundRow {
  readonly line: number;
  readonly take: number;
  readonly n: number;
  readonly about: number;
  readonly noise: string | null;
  readonly body: string;
}

export class FoundRows {
  readonly #rows: FoundRow[] = [];

  add(take: Take, rows: readonly NewRow[]): void {
    for (const { about, noise = null, row } of rows) {
      const body = JSON.stringify(row);
      take.rows += 1;
      if (noise !== null) take.noise.set(noise, (take.noise.get(noise) ?? 0) + 1);
      take.seal.addRow(take.rows, about, noise, WHOLE, body);
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

/** An outcome as it is written. */
interface EndingColumns extends Omit<Ending, "counts"> {
  readonly take: Take;
  readonly counts: string | null;
  readonly linked: ChainLink;
}

export class Endings {
  readonly #endings: EndingColumns[] = [];
  readonly #chain: ChainEnd;

  /** @param tip of the run, which is locked: nobody else adds to its chain meanwhile */
  constructor(tip: Tip) {
    this.#chain = new ChainEnd(tip);
  }

  /** In the order they take in the chain. */
  add(take: Take, target: Linkable, ending: Ending): void {
    const { line, seal, rows } = take;
    const counts = countsColumn(ending.counts);
    seal.addOutcome(line, { ...ending, counts, rows }, target.sealed);
    const linked = this.#chain.add({ line, redrive: target.redrive, seal: seal.hex() });
    this.#endings.push({ ...ending, counts, take, linked });
  }

  async write(db: Session, run: number): Promise<void> {
    if (this.#endings.length === 0) return;
    const endings = this.#endings;
    await db.run(
      "UPDATE runs SET chain_length = $2, chain_head = $3 WHERE key = $1",
      run,
      this.#chain.length,
      this.#chain.head,
    );
    await db.run(
      `UPDATE targets t SET outcome = e.outcome, reason = e.reason, request_id = e.request_id, fingerprint = e.fingerprint,
         settled_at = e.settled_at, take = e.take, takes = greatest(t.takes, e.take), intent = NULL, rows = e.rows, noise = e.noise,
         counts = e.counts, seal = e.seal, place = e.place, link = e.link
       FROM unnest($2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::integer[], $9::integer[],
         $10::text[], $11::text[], $12::bytea[], $13::bigint[], $14::bytea[])
         AS e (line, outcome, reason, request_id, fingerprint, settled_at, take, rows, noise, counts, seal, place, link)
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
      endings.map(({ take }) => take.seal.bytes()),
      endings.map(({ linked }) => linked.place),
      endings.map(({ linked }) => linked.link),
    );
  }
}
