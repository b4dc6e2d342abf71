/**
 * The targets of two runs side by side, with the rows both have of them, some at a time: those of the newer run, then those that only the
 * older one has. How many at a time follows from how many rows they bring.
 */
import type { FoundRow } from "../../job/index.ts";
import type { Outcome, RunRecord, StoredRow, TargetPair, TargetStatus } from "../../journal/index.ts";
import type { DeltaSource } from "./delta.ts";

/** Rows held at once, about, of both runs together: so few that the garbage collector forgets them before it has moved them. */
const ROWS_HELD = 200;
const MOST_LINES = 500;
const FIRST_LINES = 50;

export interface Place {
  readonly line: number;
  readonly outcome: Outcome | undefined;
}

/** A target of either run, or of both. */
export interface Both {
  readonly kind: TargetPair["kind"];
  readonly before: Place | undefined;
  readonly after: Place | undefined;
}

/** With the rows the older run and the newer one have of it. */
export interface Pair {
  readonly both: Both;
  readonly rows: readonly [before: readonly FoundRow[], after: readonly FoundRow[]];
}

type Rows = ReadonlyMap<number, readonly FoundRow[]>;

export class Pairs {
  readonly #source: Pick<DeltaSource, "journal" | "runs" | "signal">;
  #lines = FIRST_LINES;

  constructor(source: Pick<DeltaSource, "journal" | "runs" | "signal">) {
    this.#source = source;
  }

  async *all(): AsyncGenerator<readonly Pair[]> {
    for await (const targets of this.#targets()) yield await this.#withRows(targets);
  }

  /** Those at these lines, two numbers each: of the older run and of the newer one, 0 where it has none. */
  async *at(lines: readonly number[]): AsyncGenerator<Pair & { readonly target: TargetStatus }> {
    const { runs } = this.#source;
    for (let from = 0; from < lines.length; from += 2 * FIRST_LINES) {
      const known: { readonly both: Both; readonly target: TargetStatus }[] = [];
      for (let place = from; place < Math.min(lines.length, from + 2 * FIRST_LINES); place += 2) {
        const before = await this.target(runs.before, lines[place] ?? 0);
        const after = await this.target(runs.after, lines[place + 1] ?? 0);
        const target = after ?? before;
        if (target !== undefined) known.push({ both: { kind: target.kind, before, after }, target });
      }
      const pairs = await this.#withRows(known.map(({ both }) => both));
      for (const [at, { target }] of known.entries()) {
        const pair = pairs[at];
        if (pair !== undefined) yield { ...pair, target };
      }
    }
  }

  /** @param line 0: none */
  async target(run: RunRecord, line: number): Promise<TargetStatus | undefined> {
    return line === 0 ? undefined : this.#source.journal.target(run.id, line);
  }

  async *#targets(): AsyncGenerator<readonly Both[]> {
    const { journal, runs, signal } = this.#source;
    const met = new Uint8Array((runs.before.manifest?.count ?? 0) + 1);
    for await (const pairs of journal.pairs(runs.after.id, runs.before.id)) {
      for (const { other } of pairs) if (other !== undefined) met[other.line] = 1;
      const targets = pairs.map(({ line, kind, outcome, other }) => ({
        kind,
        before: other,
        after: { line, outcome },
      }));
      for (let at = 0; at < targets.length;) {
        signal?.throwIfAborted();
        const some = targets.slice(at, at + this.#lines);
        at += some.length;
        yield some;
      }
    }
    for (let line = 1; line < met.length;) {
      signal?.throwIfAborted();
      const some: Both[] = [];
      for (; line < met.length && some.length < this.#lines; line += 1) {
        const before = met[line] === 1 ? undefined : await journal.target(runs.before.id, line);
        if (before !== undefined) some.push({ kind: before.kind, before, after: undefined });
      }
      yield some;
    }
  }

  async #withRows(targets: readonly Both[]): Promise<readonly Pair[]> {
    const { journal, runs } = this.#source;
    const [before, after] = await Promise.all([
      journal.rowsAbout(runs.before.id, linesOf(targets, "before")),
      journal.rowsAbout(runs.after.id, linesOf(targets, "after")),
    ]);
    const count = Math.max(1, before.length + after.length);
    this.#lines = Math.max(1, Math.min(MOST_LINES, Math.round((targets.length * ROWS_HELD) / count)));
    const [older, newer] = [grouped(before), grouped(after)];
    return targets.map((both) => ({ both, rows: [rowsAt(older, both.before), rowsAt(newer, both.after)] }));
  }
}

function linesOf(targets: readonly Both[], run: "before" | "after"): readonly number[] {
  return targets.flatMap((target) => target[run]?.line ?? []);
}

function grouped(rows: readonly StoredRow[]): Rows {
  const groups = new Map<number, FoundRow[]>();
  for (const stored of rows) {
    const group = groups.get(stored.about);
    if (group === undefined) groups.set(stored.about, [stored]);
    else group.push(stored);
  }
  return groups;
}

const NONE: readonly FoundRow[] = [];

function rowsAt(rows: Rows, place: Place | undefined): readonly FoundRow[] {
  return place === undefined ? NONE : (rows.get(place.line) ?? NONE);
}
