/**
 * Follows the chain of a run: every place taken once, every link made of the one before. Outcomes come in any order; those that come before
 * their place is reached wait, so a run that was worked on in the order of its manifest needs next to no memory.
 */
import { firstLink, manifestLink, nextLink } from "./chain.ts";
import type { Linked } from "./chain.ts";
import type { VerifiedRun } from "./evidence.ts";
import type { RunChain } from "./contract/runs.ts";
import type { Problems } from "./problems.ts";

export interface Placed extends Linked {
  readonly place: number;
  readonly link: string;
}

export class ChainCheck {
  readonly #run: VerifiedRun;
  readonly #chain: RunChain;
  readonly #problems: Problems;
  /** A head noted elsewhere; forgotten once it is met. */
  #noted: string | undefined;
  readonly #waiting = new Map<number, Placed>();
  /** The place to be followed next, and the link before it; unknown behind a gap. */
  #next = 1;
  #previous: string | undefined;
  #last: Placed | undefined;

  /** @param run as it stood when the count began: what it says must be found, what comes later may be */
  constructor(run: VerifiedRun, problems: Problems, noted: string | undefined) {
    const { chain } = run;
    this.#run = run;
    this.#chain = chain;
    this.#problems = problems;
    this.#noted = noted;
    if (firstLink(run, run.createdAtMs) !== chain.start) {
      problems.add(
        "The run is not the one its chain began with: its id, job, tenant, parameters, scope or time of creation was changed",
      );
    }
    this.#reach(chain.start);
  }

  add(placed: Placed): void {
    const { line, place } = placed;
    const other = place === this.#last?.place ? this.#last : this.#waiting.get(place);
    if (other !== undefined || place < this.#next) {
      const owner = other === undefined ? "another outcome" : `line ${other.line}`;
      this.#problems.add(`Line ${line} has place ${place} of the chain, which ${owner} has already`);
      return;
    }
    this.#waiting.set(place, placed);
    this.#advance();
  }

  /** All outcomes have been added. @param after the chain as it stood when the count ended */
  conclude(after: RunChain): void {
    const places = [...this.#waiting.keys()].toSorted((a, b) => a - b);
    for (const place of places) {
      if (place < this.#next) continue;
      this.#miss(place);
      this.#advance();
    }
    this.#miss(this.#chain.length + 1);
    if (this.#last !== undefined && this.#last.place > after.length) {
      const { line, place } = this.#last;
      this.#problems.add(`Line ${line} has place ${place} of the chain, which has ${after.length}`);
    }
    if (this.#noted !== undefined)
      this.#problems.add(
        `The noted head ${this.#noted} is not in the chain: what was recorded up to it was changed`,
      );
  }

  #advance(): void {
    for (;;) {
      const placed = this.#waiting.get(this.#next);
      if (placed === undefined) return;
      this.#waiting.delete(this.#next);
      if (this.#previous !== undefined && nextLink(this.#previous, this.#next, placed) !== placed.link)
        this.#problems.add(this.#break(placed));
      this.#last = placed;
      this.#next += 1;
      this.#reach(placed.link);
    }
  }

  #break({ line, place }: Placed): string {
    const before =
      this.#last === undefined || place === (this.#chain.sealed?.after ?? 0) + 1
        ? "what the run began with"
        : `line ${this.#last.line} before it`;
    return `The chain breaks at line ${line} (place ${place}): it or ${before} was changed after it was recorded`;
  }

  /** The chain is followed to here: binds the manifest when it was sealed here, and compares the head when it ended here. */
  #reach(link: string): void {
    const { sealed, length, head } = this.#chain;
    const { manifest } = this.#run;
    let tip = link;
    this.#meet(link);
    if (sealed !== undefined && sealed.after === this.#next - 1) {
      if (manifest === undefined || manifestLink(link, manifest) !== sealed.link)
        this.#problems.add("The manifest is not the one that was sealed");
      this.#meet(sealed.link);
      tip = sealed.link;
    }
    if (length === this.#next - 1 && head !== tip)
      this.#problems.add(`The chain ends in ${tip}${this.#at()}, the run says ${head}`);
    this.#previous = tip;
  }

  #meet(link: string): void {
    if (link === this.#noted) this.#noted = undefined;
  }

  /** Notes that no outcome has the places up to `until`, as far as there must be any. */
  #miss(until: number): void {
    const [from, to] = [this.#next, Math.min(until - 1, this.#chain.length)];
    if (until <= from) return;
    if (to >= from) {
      const next = this.#waiting.get(until);
      const before = next === undefined ? "" : `, before that of line ${next.line}`;
      this.#problems.add(
        to === from
          ? `The outcome at place ${from} of the chain is missing: it was recorded${this.#after()}${before}`
          : `The outcomes at places ${from} to ${to} of the chain are missing: they were recorded${this.#after()}${before}`,
      );
    }
    this.#next = until;
    this.#previous = undefined;
  }

  #at(): string {
    return this.#last === undefined ? "" : ` at line ${this.#last.line}`;
  }

  #after(): string {
    return this.#last === undefined ? " first" : ` after that of line ${this.#last.line}`;
  }
}
