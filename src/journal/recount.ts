/** What the lines of a run and their rows add up to, and whether each seal holds. Fed in line order, a stretch of the manifest at a time. */
import { asBytes, asCounts, asNumber, asText, optional } from "./cells.ts";
import type { Cells } from "./cells.ts";
import { isOver } from "./journal.ts";
import type { RunRecord, Verification } from "./journal.ts";
import { asOutcome } from "./records.ts";
import { intentProblems } from "./recount-intents.ts";
import { Seal } from "./seal.ts";

/** Problems are listed this far, then counted. */
const MOST_PROBLEMS = 20;

class Problems {
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

/** An outcome, of now or of before a redrive, whose rows are being counted. */
interface Ending {
  readonly line: number;
  readonly redrive: number;
  readonly take: number;
  readonly cells: Cells;
  /** The outcome of now counts; those before it must only be unchanged. */
  readonly counts: boolean;
  readonly seal: Seal;
  rows: number;
}

export class Recount {
  /** By the name of what is counted: `rows`, `outcome ok`, `noise NR1`, `count wrong-identity`. */
  readonly #totals = new Map<string, number>();
  readonly #problems = new Problems();
  #settled = 0;
  #pending = 0;
  #last = 0;
  #lines: ReadonlySet<number> = new Set();
  #endings: ReadonlyMap<number, readonly Ending[]> = new Map();

  /** Opens the next stretch: its targets, what they had before redrives, and their intents by line and number. Without targets it is what lies after the last line. */
  open(targets: readonly Cells[], earlier: readonly Cells[], intents: readonly Cells[]): void {
    const lines = targets.map((cells) => asNumber(cells["line"]));
    for (const line of lines) {
      const expected = this.#last + 1;
      if (line !== expected)
        this.#problems.add(`Lines ${expected} to ${line - 1} are missing from the manifest`);
      this.#last = line;
    }
    const now = targets.filter((cells) => cells["outcome"] !== null);
    this.#pending += targets.length - now.length;
    this.#lines = new Set(lines);
    this.#endings = Map.groupBy(
      [...now.map((cells) => endingOf(cells, true)), ...earlier.map((cells) => endingOf(cells, false))],
      ({ line }) => line,
    );
    for (const problem of intentProblems(targets, earlier, intents)) this.#problems.add(problem);
    for (const cells of intents) {
      const endings = this.#endings.get(asNumber(cells["line"]));
      endings?.find(({ redrive }) => redrive === cells["redrive"])?.seal.addIntent(cells);
    }
  }

  /** A row of the stretch, in the order of line, take and number. */
  addRow(cells: Cells): void {
    const line = asNumber(cells["line"]);
    const take = asNumber(cells["take"]);
    if (!this.#lines.has(line)) this.#problems.add(`Line ${line} has rows and is not in the manifest`);
    // Rows of other takes are staged, or left by an attempt that died: nobody is shown them.
    const ending = this.#endings.get(line)?.find((ending) => ending.take === take);
    if (ending === undefined) return;
    const noise = optional(cells["noise"], asText);
    ending.rows += 1;
    ending.seal.addRow(
      asNumber(cells["n"]),
      asNumber(cells["about"]),
      noise ?? null,
      asNumber(cells["shape"]),
      asText(cells["body"]),
    );
    if (!ending.counts) return;
    this.#add("rows", 1);
    if (noise !== undefined) this.#add(`noise ${noise}`, 1);
  }

  /** Closes the stretch: all rows of its lines have been added. */
  close(): void {
    for (const ending of [...this.#endings.values()].flat()) this.#check(ending);
  }

  /**
   * What it comes to, for a run that said `before` when the count began and `after` when it ended. Each count must lie between the two;
   * for a run at rest, or read at one moment, they are equal.
   */
  conclude(
    before: RunRecord,
    after: RunRecord,
    manifest: { readonly count: number; readonly sha256: string },
  ): Verification {
    if (isOver(before.state) && this.#pending > 0) {
      this.#problems.add(`The run is ${before.state}, but ${this.#pending} targets have no outcome`);
    }
    for (const problem of compareManifest(after.manifest, manifest)) this.#problems.add(problem);
    for (const problem of compareCounters(before, after, this.#totals)) this.#problems.add(problem);
    return {
      targets: manifest.count,
      outcomes: this.#settled,
      rows: this.#totals.get("rows") ?? 0,
      sha256: manifest.sha256,
      problems: this.#problems.list(),
    };
  }

  #add(name: string, by: number): void {
    this.#totals.set(name, (this.#totals.get(name) ?? 0) + by);
  }

  #check({ line, cells, counts, seal, rows: found }: Ending): void {
    const outcome = asOutcome(cells["outcome"]);
    const rows = asNumber(cells["rows"]);
    if (counts) {
      this.#settled += 1;
      this.#add(`outcome ${outcome}`, 1);
      for (const [name, by] of Object.entries(asCounts(cells["counts"])))
        this.#add(`count ${name.toWellFormed()}`, by);
    }
    if (found !== rows) this.#problems.add(`Line ${line} was settled with ${rows} rows and has ${found}`);
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
      this.#problems.add(`Line ${line} is not what it was when it was settled`);
    }
  }
}

function endingOf(cells: Cells, counts: boolean): Ending {
  return {
    line: asNumber(cells["line"]),
    redrive: asNumber(cells["redrive"]),
    take: asNumber(cells["take"]),
    cells,
    counts,
    seal: new Seal(),
    rows: 0,
  };
}

function compareManifest(
  sealed: RunRecord["manifest"],
  counted: { readonly count: number; readonly sha256: string },
): readonly string[] {
  if (sealed === undefined) return [];
  return [
    ...(sealed.count === counted.count
      ? []
      : [`The manifest was sealed with ${sealed.count} lines and has ${counted.count}`]),
    ...(sealed.sha256 === counted.sha256
      ? []
      : [`The manifest was sealed as ${sealed.sha256} and now hashes to ${counted.sha256}`]),
  ];
}

function compareCounters(
  before: RunRecord,
  after: RunRecord,
  totals: ReadonlyMap<string, number>,
): readonly string[] {
  const low = countersOf(before);
  const high = countersOf(after);
  const names = [...new Set([...high.keys(), ...totals.keys()])];
  return names.flatMap((name) => {
    const [counted, least, most] = [totals.get(name) ?? 0, low.get(name) ?? 0, high.get(name) ?? 0];
    return counted >= least && counted <= most
      ? []
      : [`The run says ${most} for ${name}, its lines add up to ${counted}`];
  });
}

function countersOf(run: RunRecord): ReadonlyMap<string, number> {
  return new Map([
    ["rows", run.rows],
    ...Object.entries(run.outcomes).map(([name, n]) => [`outcome ${name}`, n] as const),
    ...Object.entries(run.noise).map(([name, n]) => [`noise ${name}`, n] as const),
    ...Object.entries(run.counts).map(([name, n]) => [`count ${name}`, n] as const),
  ]);
}
