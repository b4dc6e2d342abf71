/** What the lines of a run and their rows add up to, and whether the seals and the chain hold. Fed in line order, a stretch of the manifest at a time. */
import { asBytes, asCounts, asNumber, asText, optional } from "./cells.ts";
import type { Cells } from "./cells.ts";
import { ChainCheck } from "./chain-check.ts";
import { asHex } from "./chain.ts";
import type { Lines, Names, VerifiedRun } from "./evidence.ts";
import { JournalError } from "./contract/errors.ts";
import { isOver } from "./contract/runs.ts";
import type { Verification } from "./contract/proofs.ts";
import type { Problems } from "./problems.ts";
import { asOutcome, toSealedTarget } from "./records.ts";
import { intentProblems } from "./recount-intents.ts";
import { Seal, WHOLE, markOfNames } from "./seal.ts";
import { planted } from "../test-points.ts";

/** A cancelled run waits for answers a while. */
const STILL_ASKED =
  "; writes of theirs were on their way: the next worker, or cancelling the run again, records what became of them";

/** Lines without an outcome that are named. */
const MOST_NAMED = 10;

/** An outcome, of now or of before a redrive, whose rows are being counted. */
interface Ending {
  readonly line: number;
  readonly redrive: number;
  readonly take: number;
  readonly cells: Cells;
  /** Its line of the manifest; absent when there is none. */
  readonly target: Cells | undefined;
  /** The outcome of now counts; those before it must only be unchanged. */
  readonly counts: boolean;
  readonly seal: Seal;
  rows: number;
  readonly noise: Map<string, number>;
}

export class Recount {
  /** By the name of what is counted: `rows`, `outcome ok`, `noise NR1`, `count wrong-identity`. */
  readonly #totals = new Map<string, number>();
  readonly #problems: Problems;
  readonly #before: VerifiedRun;
  /** What stands in seals for the names that a body lacks, by shape. */
  readonly #marks = new Map<unknown, string>([[0, WHOLE]]);
  readonly #chain: ChainCheck;
  #settled = 0;
  #pending = 0;
  /** Of these, how many have a write that was announced and has no end. */
  #onTheirWay = 0;
  readonly #named: number[] = [];
  #last = 0;
  #lines: ReadonlySet<number> = new Set();
  #endings: ReadonlyMap<number, readonly Ending[]> = new Map();

  /**
   * @param before the run as it stood when the count began
   * @param head a head of its chain that was noted elsewhere
   */
  constructor(before: VerifiedRun, problems: Problems, head: string | undefined) {
    this.#before = before;
    this.#problems = problems;
    this.#chain = new ChainCheck(before, problems, head);
  }

  /** Bodies of this shape follow. */
  learn({ shape, names }: Names): void {
    this.#marks.set(shape, markOfNames(names));
  }

  /** Opens the next stretch; all rows of the one before have been added. */
  open({ targets, earlier, intents }: Lines): void {
    this.#close();
    const lines = targets.map((cells) => asNumber(cells["line"]));
    for (const line of lines) {
      const expected = this.#last + 1;
      if (line !== expected) this.#miss(expected, line - 1);
      this.#last = line;
    }
    const now = targets.filter((cells) => cells["outcome"] !== null);
    const open = targets.filter((cells) => cells["outcome"] === null);
    this.#pending += open.length;
    this.#onTheirWay += open.filter((cells) => optional(cells["intent"], asNumber) !== undefined).length;
    this.#named.push(...open.slice(0, MOST_NAMED).map((cells) => asNumber(cells["line"])));
    this.#named.length = Math.min(this.#named.length, MOST_NAMED);
    this.#lines = new Set(lines);
    const byLine = new Map(targets.map((cells) => [cells["line"], cells]));
    this.#endings = Map.groupBy(
      [
        ...earlier.map((cells) => endingOf(cells, byLine.get(cells["line"]), false)),
        ...now.map((cells) => endingOf(cells, cells, true)),
      ],
      ({ line }) => line,
    );
    this.#compareRedrives(earlier.length === 0 ? targets.filter((cells) => cells["redrive"] !== 0) : targets);
    this.#compareIntents({ targets, earlier, intents });
    for (const cells of intents) {
      const endings = this.#endings.get(asNumber(cells["line"]));
      endings?.find(({ redrive }) => redrive === cells["redrive"])?.seal.addIntent(cells);
    }
  }

  #compareIntents({ targets, earlier, intents }: Lines): void {
    try {
      for (const problem of intentProblems(targets, earlier, intents)) this.#problems.addHere(problem);
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      this.#problems.addHere(error.message);
    }
  }

  #miss(from: number, to: number): void {
    const lines = from === to ? `Line ${from} is` : `Lines ${from} to ${to} are`;
    this.#problems.add(`${lines} missing from the manifest`);
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
    if (noise !== undefined) ending.noise.set(noise, (ending.noise.get(noise) ?? 0) + 1);
    ending.seal.addRow(
      asNumber(cells["n"]),
      asNumber(cells["about"]),
      noise ?? null,
      this.#marks.get(cells["shape"]) ?? "",
      asText(cells["body"]),
    );
    if (!ending.counts) return;
    this.#add("rows", 1);
    if (noise !== undefined) this.#add(`noise ${noise}`, 1);
  }

  #close(): void {
    for (const endings of this.#endings.values()) for (const ending of endings) this.#check(ending);
    this.#endings = new Map();
  }

  /**
   * What it comes to, for a run that says `after` when the count ends. Each count must lie between what it said before and says now; for a
   * run at rest, or read at one moment, they are equal.
   */
  conclude(after: VerifiedRun, manifest: { readonly count: number; readonly sha256: string }): Verification {
    this.#close();
    const before = this.#before;
    if (isOver(before.state) && this.#pending > 0) {
      const lines = `${this.#pending === 1 ? "line" : "lines"} ${this.#named.join(", ")}`;
      const more = this.#pending > MOST_NAMED ? " and more" : "";
      this.#problems.add(
        `The run is ${before.state}, but ${this.#pending} targets have no outcome: ${lines}${more}${
          before.state === "cancelled" && this.#onTheirWay === this.#pending ? STILL_ASKED : ""
        }`,
      );
    }
    const count = after.manifest?.count ?? 0;
    if (this.#last < count) this.#miss(this.#last + 1, count);
    this.#chain.conclude(after.chain);
    for (const problem of compareManifest(after.manifest, manifest)) this.#problems.add(problem);
    for (const problem of compareCounters(before, after, this.#totals)) this.#problems.add(problem);
    return {
      targets: manifest.count,
      outcomes: this.#settled,
      rows: this.#totals.get("rows") ?? 0,
      sha256: manifest.sha256,
      chain: after.chain,
      problems: this.#problems.list(),
    };
  }

  #add(name: string, by: number): void {
    this.#totals.set(name, (this.#totals.get(name) ?? 0) + by);
  }

  /** What a line had before each redrive is there. */
  #compareRedrives(targets: readonly Cells[]): void {
    for (const cells of targets) {
      const [line, redrives] = [asNumber(cells["line"]), asNumber(cells["redrive"])];
      const endings = this.#endings.get(line) ?? [];
      const earlier = endings.filter(({ counts }) => !counts).map(({ redrive }) => redrive);
      if (earlier.length === redrives && earlier.every((redrive) => redrive < redrives)) continue;
      this.#problems.add(
        `Line ${line} was opened again ${redrives} times and has ${earlier.length} earlier outcomes`,
      );
    }
  }

  /** What cannot even be read is damaged, too. */
  #check(ending: Ending): void {
    const { line, redrive, cells } = ending;
    try {
      this.#checkSeal(ending);
      const [place, link] = [asNumber(cells["place"]), asHex(cells["link"])];
      this.#chain.add({ line, redrive, place, link, seal: asHex(cells["seal"]) });
    } catch (error) {
      if (!(error instanceof JournalError || error instanceof SyntaxError)) throw error;
      this.#problems.addHere(`Line ${line} is not what it was when it was settled`);
    }
  }

  #checkSeal(ending: Ending): void {
    const { line, cells, target, counts, seal, rows: found } = ending;
    const outcome = asOutcome(cells["outcome"]);
    const rows = asNumber(cells["rows"]);
    if (counts) {
      this.#settled += 1;
      this.#add(`outcome ${outcome}`, 1);
      for (const [name, by] of Object.entries(asCounts(cells["counts"])))
        this.#add(`count ${name.toWellFormed()}`, by);
    }
    if (found !== rows) this.#problems.addHere(`Line ${line} was settled with ${rows} rows and has ${found}`);
    if (target !== undefined) {
      seal.addOutcome(
        line,
        {
          outcome,
          reason: optional(cells["reason"], asText) ?? null,
          requestId: optional(cells["request_id"], asText) ?? null,
          fingerprint: optional(cells["fingerprint"], asText) ?? null,
          settledAtMs: asNumber(cells["settled_at"]),
          rows,
          counts: optional(cells["counts"], asText) ?? null,
        },
        toSealedTarget(target, this.#marks.get(target["shape"]) ?? ""),
      );
    }
    // With the defect, an edit that leaves the seal as it was goes unnoticed.
    if (!seal.equals(optional(cells["seal"], asBytes)) && !planted("accept-edited-line")) {
      this.#problems.addHere(`Line ${line} is not what it was when it was settled`);
    } else if (!sameCounts(ending.noise, asCounts(cells["noise"]))) {
      this.#problems.addHere(`Line ${line} counts other noise than its rows have`);
    }
  }
}

function sameCounts(found: ReadonlyMap<string, number>, said: Readonly<Record<string, number>>): boolean {
  const names = Object.entries(said);
  return names.length === found.size && names.every(([name, n]) => found.get(name.toWellFormed()) === n);
}

function endingOf(cells: Cells, target: Cells | undefined, counts: boolean): Ending {
  return {
    line: asNumber(cells["line"]),
    redrive: asNumber(cells["redrive"]),
    take: asNumber(cells["take"]),
    cells,
    target,
    counts,
    seal: new Seal(),
    rows: 0,
    noise: new Map(),
  };
}

function compareManifest(
  sealed: VerifiedRun["manifest"],
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
  before: VerifiedRun,
  after: VerifiedRun,
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

function countersOf(run: VerifiedRun): ReadonlyMap<string, number> {
  return new Map([
    ["rows", run.rows],
    ...Object.entries(run.outcomes).map(([name, n]) => [`outcome ${name}`, n] as const),
    ...Object.entries(run.noise).map(([name, n]) => [`noise ${name}`, n] as const),
    ...Object.entries(run.counts).map(([name, n]) => [`count ${name}`, n] as const),
  ]);
}
