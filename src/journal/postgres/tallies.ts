/** Tallies: counters with a name, kept by run. */
import type { TallyKind } from "../records.ts";
import type { Session } from "./database.ts";

/** What is to be added to the counters of one run. */
export class Tallies {
  readonly #by = new Map<string, { readonly kind: TallyKind; readonly name: string; value: number }>();
  #rows = 0;

  add(kind: TallyKind, name: string, by: number): void {
    const tally = this.#by.get(`${kind} ${name}`);
    if (tally === undefined) this.#by.set(`${kind} ${name}`, { kind, name, value: by });
    else tally.value += by;
  }

  /** Adds what an outcome brought, or takes it away. */
  addOutcome(
    sign: 1 | -1,
    brought: {
      readonly outcome: string;
      readonly rows: number;
      readonly noise: Readonly<Record<string, number>>;
      readonly counts: Readonly<Record<string, number>>;
    },
  ): void {
    this.add("outcome", brought.outcome, sign);
    for (const [rule, hidden] of Object.entries(brought.noise)) this.add("noise", rule, sign * hidden);
    for (const [name, by] of Object.entries(brought.counts)) this.add("count", name, sign * by);
    this.#rows += sign * brought.rows;
  }

  /** Call it once the run is locked. */
  async write(db: Session, run: number): Promise<void> {
    const changed = [...this.#by.values()].filter(({ value }) => value !== 0);
    if (changed.length > 0) {
      await db.run(
        `INSERT INTO tallies (run, kind, name, value) SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bigint[])
         ON CONFLICT (run, kind, name) DO UPDATE SET value = tallies.value + excluded.value`,
        run,
        changed.map(({ kind }) => kind),
        changed.map(({ name }) => name),
        changed.map(({ value }) => value),
      );
    }
    if (this.#rows !== 0) await db.run("UPDATE runs SET rows = rows + $2 WHERE key = $1", run, this.#rows);
  }
}
