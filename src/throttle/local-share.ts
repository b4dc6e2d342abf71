/**
 * What a process allows itself while Redis is away: its share of the last known window, everything it knows of closed gates, no growth.
 * Pure: time is passed in.
 */
import type { BatchResult } from "./gate.ts";
import type { Verdict } from "./gate-store.ts";

export interface LocalGrant {
  readonly calls: number;
  readonly scout: boolean;
}

const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 256_000;
/** With more processes than places, each sends one batch and then leaves the place to the others for a while. */
const SHORTEST_REST_MS = 250;

export class LocalShare {
  readonly #maxRetryAfterMs: number;
  #share: number;
  #startCalls: number;
  #closedUntilMs = 0;
  #restUntilMs = 0;
  #halfOpen = false;
  #scoutOut = false;
  #fails = 0;
  #inFlight = 0;

  /** @param share batches at once this process may have, above 0; less than 1 is a place it has part of the time */
  constructor(share: number, startCalls: number, closedUntilMs: number, maxRetryAfterMs: number) {
    this.#share = share;
    this.#startCalls = startCalls;
    this.#maxRetryAfterMs = maxRetryAfterMs;
    this.#closedUntilMs = closedUntilMs;
    this.#halfOpen = closedUntilMs > 0;
  }

  get closedUntilMs(): number {
    return this.#closedUntilMs;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get window(): number {
    return Math.max(1, Math.floor(this.#share));
  }

  get maxCalls(): number {
    return this.#startCalls;
  }

  /** @param elsewhere batches of this process still out under leases that Redis gave */
  enter(nowMs: number, elsewhere: number): LocalGrant | { readonly waitMs: number } {
    const shutUntilMs = Math.max(this.#closedUntilMs, this.#restUntilMs);
    if (nowMs < shutUntilMs) return { waitMs: shutUntilMs - nowMs };
    if (this.#scoutOut || this.#inFlight + elsewhere >= this.window) return { waitMs: SHORTEST_REST_MS };
    this.#inFlight += 1;
    this.#scoutOut = this.#halfOpen;
    return { calls: this.#halfOpen ? 1 : this.#startCalls, scout: this.#halfOpen };
  }

  report(scout: boolean, verdict: Verdict, result: BatchResult | undefined, nowMs: number): void {
    this.#inFlight -= 1;
    if (scout) this.#scoutOut = false;
    if (this.#share < 1) {
      this.#restUntilMs = nowMs + Math.max(SHORTEST_REST_MS, (result?.tookMs ?? 0) * (1 / this.#share - 1));
    }
    this.learn(scout, verdict, result, nowMs);
  }

  /** What a batch showed, whoever granted it. */
  learn(scout: boolean, verdict: Verdict, result: BatchResult | undefined, nowMs: number): void {
    if (result?.tooLarge === true && result.calls > 1)
      this.#startCalls = Math.min(this.#startCalls, Math.ceil(result.calls / 2));
    switch (verdict) {
      case "ok":
      case "mailbox":
        if (scout || !this.#halfOpen) this.#fails = 0;
        if (scout) this.#halfOpen = false;
        return;
      case "slot":
        this.#share = Math.min(this.#share, Math.max(1, this.window - 1));
        if (scout) this.#halfOpen = false;
        return;
      case "tenant": {
        this.#fails += 1;
        const absent = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.#fails - 1));
        const waitMs = Math.min(this.#maxRetryAfterMs, result?.refusal?.retryAfterMs ?? absent);
        this.#closedUntilMs = Math.max(this.#closedUntilMs, nowMs + waitMs + 50);
        this.#halfOpen = true;
        this.#share = Math.min(this.#share, Math.max(1, this.#share / 2));
        return;
      }
      case "fault":
      case "none":
    }
  }
}
