/** Counts what the lines of a run and their rows add up to, and checks each seal. */
import { asBytes, asNumber, asText, optional } from "./connection.ts";
import type { Cells, Connection } from "./connection.ts";
import { asCounts } from "./outcomes.ts";
import { Seal } from "./seal.ts";
import { READ_STEP } from "./steps.ts";
import { asOutcome } from "./targets.ts";

/** Problems are listed this far, then counted. */
const MOST_PROBLEMS = 20;

export class Problems {
  readonly #listed: string[] = [];
  #more = 0;

  add(problem: string): void {
    if (this.#listed.at(-1) === problem) return;
    if (this.#listed.length < MOST_PROBLEMS) this.#listed.push(problem);
    else this.#more += 1;
  }

  list(): readonly string[] {
    return this.#more === 0 ? this.#listed : [...this.#listed, `${this.#more} more problems`];
  }
}

export class Recount {
  /** By the name of what is counted: `rows`, `outcome ok`, `noise NR1`, `count wrong-identity`. */
  readonly totals = new Map<string, number>();
  readonly problems = new Problems();
  settled = 0;
  pending = 0;

  add(name: string, by: number): void {
    this.totals.set(name, (this.totals.get(name) ?? 0) + by);
  }
}

/** An outcome, of now or of before a redrive, whose rows are being counted. */
interface Ending {
  readonly line: number;
  readonly take: number;
  readonly cells: Cells;
  /** The outcome of now counts; those before it must only be unchanged. */
  readonly counts: boolean;
  readonly seal: Seal;
  rows: number;
}

/** Walks targets and rows side by side, both in line order. Targets are read before their rows: those of a settled take do not change any more. */
export function* recountLines(db: Connection, run: number): Generator<undefined, Recount> {
  const recount = new Recount();
  for (let after = 0; ;) {
    const targets = db.all(
      `SELECT * FROM targets WHERE run = ? AND line > ? ORDER BY line LIMIT ${READ_STEP}`,
      run,
      after,
    );
    const lines = targets.map((cells) => asNumber(cells["line"]));
    for (const [place, line] of lines.entries()) {
      const expected = 1 + (place === 0 ? after : (lines[place - 1] ?? 0));
      if (line !== expected)
        recount.problems.add(`Lines ${expected} to ${line - 1} are missing from the manifest`);
    }
    const last = lines.at(-1);
    const span = { after, to: last ?? Number.MAX_SAFE_INTEGER };
    const endings = endingsOf(db, run, span, targets);
    recount.pending += targets.filter((cells) => cells["outcome"] === null).length;
    yield* recountRows(db, run, span, new Set(lines), endings, recount);
    for (const ending of [...endings.values()].flat()) check(ending, recount);
    if (last === undefined) return recount;
    after = last;
    yield;
  }
}

interface Span {
  readonly after: number;
  readonly to: number;
}

/** Outcomes of some lines, by line: what their targets have, and what they had before redrives. */
function endingsOf(
  db: Connection,
  run: number,
  span: Span,
  targets: readonly Cells[],
): ReadonlyMap<number, readonly Ending[]> {
  const earlier = db.all(
    "SELECT * FROM earlier WHERE run = ? AND line > ? AND line <= ?",
    run,
    span.after,
    span.to,
  );
  const now = targets.filter((cells) => cells["outcome"] !== null);
  return Map.groupBy(
    [...now.map((cells) => endingOf(cells, true)), ...earlier.map((cells) => endingOf(cells, false))],
    ({ line }) => line,
  );
}

function endingOf(cells: Cells, counts: boolean): Ending {
  return {
    line: asNumber(cells["line"]),
    take: asNumber(cells["take"]),
    cells,
    counts,
    seal: new Seal(),
    rows: 0,
  };
}

function* recountRows(
  db: Connection,
  run: number,
  span: Span,
  known: ReadonlySet<number>,
  endings: ReadonlyMap<number, readonly Ending[]>,
  recount: Recount,
): Generator<undefined, void> {
  let [line, take, n] = [span.after, Number.MAX_SAFE_INTEGER, 0];
  for (;;) {
    const rows = db.all(
      `SELECT line, take, n, about, noise, shape, body FROM found
       WHERE run = ? AND line <= ? AND (line, take, n) > (?, ?, ?) ORDER BY line, take, n LIMIT ${READ_STEP}`,
      run,
      span.to,
      line,
      take,
      n,
    );
    for (const cells of rows) {
      [line, take, n] = [asNumber(cells["line"]), asNumber(cells["take"]), asNumber(cells["n"])];
      if (!known.has(line)) recount.problems.add(`Line ${line} has rows and is not in the manifest`);
      // Rows of other takes are staged, or left by an attempt that died: nobody is shown them.
      const ending = endings.get(line)?.find((ending) => ending.take === take);
      if (ending !== undefined) addRow(ending, cells, recount);
    }
    if (rows.length < READ_STEP) return;
    yield;
  }
}

function addRow(ending: Ending, cells: Cells, recount: Recount): void {
  const noise = optional(cells["noise"], asText);
  const n = asNumber(cells["n"]);
  ending.rows += 1;
  ending.seal.addRow(
    n,
    asNumber(cells["about"]),
    noise ?? null,
    asNumber(cells["shape"]),
    asText(cells["body"]),
  );
  if (!ending.counts) return;
  recount.add("rows", 1);
  if (noise !== undefined) recount.add(`noise ${noise}`, 1);
}

/** Counts an outcome whose rows have all been added, and checks it. */
function check({ line, cells, counts, seal, rows: found }: Ending, recount: Recount): void {
  const outcome = asOutcome(cells["outcome"]);
  const rows = asNumber(cells["rows"]);
  if (counts) {
    recount.settled += 1;
    recount.add(`outcome ${outcome}`, 1);
    for (const [name, by] of Object.entries(asCounts(cells["counts"]))) recount.add(`count ${name}`, by);
  }
  if (found !== rows) recount.problems.add(`Line ${line} was settled with ${rows} rows and has ${found}`);
  seal.addOutcome(line, {
    outcome,
    reason: optional(cells["reason"], asText) ?? null,
    requestId: optional(cells["request_id"], asText) ?? null,
    fingerprint: optional(cells["fingerprint"], asText) ?? null,
    settledAtMs: asNumber(cells["settled_at"]),
    rows,
    counts: optional(cells["counts"], asText) ?? null,
  });
  if (!seal.equals(optional(cells["seal"], asBytes))) {
    recount.problems.add(`Line ${line} is not what it was when it was settled`);
  }
}
