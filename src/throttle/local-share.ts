/**
 * What a process allows itself while Redis is away: its share of the last known window, everything it knows of closed gates, no growth.
 * Pure: time is passed in.
 */
import type { BatchResult } from "./gate.ts";
import type { Verdict } from "./gate-store.ts";

export interface Known {
  readonly window: number;
  /** Processes that used this gate lately, this one included. */
  readonly processes: number;
  readonly calls: number;
  readonly closedUntilMs: number;
}

export type LocalAnswer = { readonly calls: number; readonly scout: boolean } | { readonly waitMs: number };

const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 256_000;
/** Beyond the end of a `Retry-After`: the service counts arrivals, by its own clock (`throttle.md` 6, 6). */
const LATE_MS = 50;
const REST_MS = 250;
/** A refused place that was told no time. */
const SLOT_WAIT_MS = 1_000;

export class LocalShare {
  /** Batches at once this process may have. Below 1: one, part of the time. */
  #share: number;
  #calls: number;
  #closedUntilMs: number;
  #restUntilMs = 0;
  #halfOpen: boolean;
  #fails = 0;

  constructor(known: Known, nowMs: number) {
    this.#share = known.window / Math.max(1, known.processes);
    this.#calls = known.calls;
    this.#closedUntilMs = known.closedUntilMs;
    this.#halfOpen = known.closedUntilMs > nowMs;
  }

  get closedUntilMs(): number {
    return this.#closedUntilMs;
  }

  get window(): number {
    return Math.max(1, Math.floor(this.#share));
  }

  get calls(): number {
    return this.#calls;
  }

  /**
   * @param inFlight batches of this process on the wire
   */
  enter(nowMs: number, inFlight: number): LocalAnswer {
    const shutUntilMs = Math.max(this.#closedUntilMs, this.#restUntilMs);
    if (nowMs < shutUntilMs) return { waitMs: shutUntilMs - nowMs };
    // After a closed gate everything waits for one answer: the scout goes alone.
    if (inFlight >= (this.#halfOpen ? 1 : this.window)) return { waitMs: REST_MS };
    return { calls: this.#halfOpen ? 1 : this.#calls, scout: this.#halfOpen };
  }

  learn(scout: boolean, verdict: Verdict, result: BatchResult | undefined, nowMs: number): void {
    // More processes than places: a place is left to the others for as long as they would have it.
    if (this.#share < 1 && verdict !== "none") {
      this.#rest(nowMs + Math.max(REST_MS, (result?.tookMs ?? 0) * (1 / this.#share - 1)));
    }
    if (result?.tooLarge === true && result.calls > 1) {
      this.#calls = Math.min(this.#calls, Math.floor(result.calls / 2));
    }
    switch (verdict) {
      case "ok":
      case "mailbox":
        if (scout) this.#halfOpen = false;
        if (!this.#halfOpen) this.#fails = 0;
        return;
      case "slot":
        if (scout) this.#halfOpen = false;
        // The last place cannot be given up: it waits.
        if (this.window === 1) this.#rest(nowMs + (result?.refusal?.retryAfterMs ?? SLOT_WAIT_MS));
        this.#share = Math.min(this.#share, Math.max(1, this.window - 1));
        return;
      case "tenant": {
        this.#fails += 1;
        const guessMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.#fails - 1));
        this.#closedUntilMs = Math.max(
          this.#closedUntilMs,
          nowMs + (result?.refusal?.retryAfterMs ?? guessMs) + LATE_MS,
        );
        this.#halfOpen = true;
        this.#share = Math.min(this.#share, Math.max(1, this.#share / 2));
        return;
      }
      case "fault":
      case "none":
    }
  }

  #rest(untilMs: number): void {
    this.#restUntilMs = Math.max(this.#restUntilMs, untilMs);
  }
}
