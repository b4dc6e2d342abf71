/** Model C: so many in a window, or a bucket that fills. A limit that changes holds at once; what was used stays used. */
import type { RateLimit } from "../scenario.ts";

export interface RateLeft {
  readonly limit: number;
  readonly remaining: number;
  readonly resetInMs: number;
}

export class Rate {
  #used = 0;
  #tokens: number | undefined;
  #atMs = 0;

  /**
   * @param others taken by the neighbour, per second
   * @returns 0 when granted, else ms until it would be
   */
  take(limit: RateLimit, nowMs: number, others: number, units: number): number {
    const left = this.#left(limit, nowMs, others);
    const most = limit.kind === "window" ? (limit.n ?? 1) : (limit.burst ?? 1);
    // More than the limit ever grants passes when nothing else was taken; else it would wait for ever.
    const missing = Math.min(units, most) - left;
    const granted = missing <= 1e-9;
    if (granted || limit.chargeRefused === true) {
      this.#used += units;
      this.#tokens = left - units;
    }
    if (granted) return 0;
    if (limit.kind === "window") return Math.max(1, this.#windowEndMs(limit) - nowMs);
    return Math.max(1, (missing / Math.max(0.001, (limit.rate ?? 1) - others)) * 1_000);
  }

  left(limit: RateLimit, nowMs: number, others: number): RateLeft {
    const left = this.#left(limit, nowMs, others);
    const most = limit.kind === "window" ? (limit.n ?? 1) : (limit.burst ?? 1);
    return {
      limit: Math.floor(most),
      remaining: Math.max(0, Math.floor(left)),
      resetInMs:
        limit.kind === "window"
          ? this.#windowEndMs(limit) - nowMs
          : ((most - left) / (limit.rate ?? 1)) * 1_000,
    };
  }

  #windowEndMs(limit: RateLimit): number {
    const perMs = (limit.per ?? 1) * 1_000;
    return (Math.floor(this.#atMs / perMs) + 1) * perMs;
  }

  #left(limit: RateLimit, nowMs: number, others: number): number {
    const elapsedMs = nowMs - this.#atMs;
    if (limit.kind === "bucket") {
      this.#atMs = nowMs;
      const burst = limit.burst ?? 1;
      const before = this.#tokens ?? burst;
      const filled = before + (elapsedMs / 1_000) * ((limit.rate ?? 1) - others);
      this.#tokens = Math.min(burst, Math.max(filled, Math.min(0, before)));
      return this.#tokens;
    }
    if (nowMs >= this.#windowEndMs(limit)) {
      const perMs = (limit.per ?? 1) * 1_000;
      this.#used = 0;
      this.#atMs = Math.floor(nowMs / perMs) * perMs;
    }
    this.#used += ((nowMs - this.#atMs) / 1_000) * others;
    this.#atMs = nowMs;
    return (limit.n ?? 1) - this.#used;
  }
}
