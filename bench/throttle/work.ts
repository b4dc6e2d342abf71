/** What is still to be done in a run: calls never sent, and calls that come back at a time of their own. */
import type { History } from "./policy.ts";

export interface Call {
  readonly mailbox: number;
  readonly history: History;
  firstSentMs: number | undefined;
}

interface Later {
  readonly call: Call;
  readonly atMs: number;
}

export class Work {
  #nextMailbox = 0;
  readonly #count: number;
  /** Ready again, first in first out; they go before calls never sent. */
  readonly #ready: Call[] = [];
  #readyFrom = 0;
  /** Sorted by time, soonest last. */
  readonly #later: Later[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  waiting(nowMs: number): number {
    this.#wake(nowMs);
    return this.#count - this.#nextMailbox + (this.#ready.length - this.#readyFrom);
  }

  /** When the next call becomes ready; undefined when none waits. */
  get nextAtMs(): number | undefined {
    return this.#later.at(-1)?.atMs;
  }

  take(calls: number, neverRefused: boolean, nowMs: number): Call[] {
    this.#wake(nowMs);
    const taken: Call[] = [];
    if (neverRefused) this.#takeFresh(calls, taken);
    while (taken.length < calls && this.#readyFrom < this.#ready.length) {
      const call = this.#ready[this.#readyFrom];
      this.#readyFrom += 1;
      if (call) taken.push(call);
    }
    if (this.#readyFrom > 1_000) {
      this.#ready.splice(0, this.#readyFrom);
      this.#readyFrom = 0;
    }
    this.#takeFresh(calls, taken);
    return taken;
  }

  again(call: Call, atMs: number, nowMs: number): void {
    if (atMs <= nowMs) {
      this.#ready.push(call);
      return;
    }
    let from = 0;
    let to = this.#later.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#later[middle]?.atMs ?? 0) > atMs) from = middle + 1;
      else to = middle;
    }
    this.#later.splice(from, 0, { call, atMs });
  }

  #takeFresh(calls: number, taken: Call[]): void {
    while (taken.length < calls && this.#nextMailbox < this.#count) {
      const history = { refused: 0, faults: 0, alone: false };
      taken.push({ mailbox: this.#nextMailbox, history, firstSentMs: undefined });
      this.#nextMailbox += 1;
    }
  }

  #wake(nowMs: number): void {
    for (let last = this.#later.at(-1); last && last.atMs <= nowMs; last = this.#later.at(-1)) {
      this.#later.pop();
      this.#ready.push(last.call);
    }
  }
}
