/** Model C: a fixed window or a token bucket. */
import type { RateModel } from "../profile/profile.ts";

export interface RateState {
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds until the window starts anew, or until the bucket is full. */
  readonly resetMs: number;
}

export class Rate {
  /** Units used in the current window. */
  #used = 0;
  /** Units left in the bucket; undefined: it is full. Below zero after a request larger than the bucket. */
  #tokens: number | undefined;
  #at: number;

  constructor(nowMs: number) {
    this.#at = nowMs;
  }

  /**
   * Takes units; answers undefined, or the milliseconds until they would be there.
   * @param others units per second that somebody else takes
   */
  take(model: RateModel, nowMs: number, others: number, units: number): number | undefined {
    const left = this.#left(model, nowMs, others);
    // More than the limit ever grants passes when nothing else was taken; else it would wait for ever.
    const missing = Math.min(units, model.kind === "window" ? model.n : model.burst) - left;
    const granted = missing <= 1e-9;
    if (granted || model.chargeRefused) {
      this.#used += units;
      this.#tokens = left - units;
    }
    if (granted) return undefined;
    if (model.kind === "window") return this.#windowEnd(model.per) - nowMs;
    return (missing / Math.max(0.001, model.rate - others)) * 1000;
  }

  state(model: RateModel, nowMs: number, others: number): RateState {
    const left = this.#left(model, nowMs, others);
    const limit = model.kind === "window" ? model.n : model.burst;
    return {
      limit,
      remaining: Math.max(0, Math.floor(left)),
      resetMs:
        model.kind === "window" ? this.#windowEnd(model.per) - nowMs : ((limit - left) / model.rate) * 1000,
    };
  }

  #windowEnd(per: number): number {
    return (Math.floor(this.#at / (per * 1000)) + 1) * per * 1000;
  }

  /** Units left at this moment. A limit that was changed meanwhile holds at once. */
  #left(model: RateModel, nowMs: number, others: number): number {
    const elapsedMs = nowMs - this.#at;
    if (model.kind === "bucket") {
      this.#at = nowMs;
      const filled = (this.#tokens ?? model.burst) + (elapsedMs / 1000) * (model.rate - others);
      this.#tokens = Math.min(model.burst, Math.max(filled, Math.min(0, this.#tokens ?? 0)));
      return this.#tokens;
    }
    if (nowMs >= this.#windowEnd(model.per)) {
      this.#used = 0;
      this.#at = Math.floor(nowMs / (model.per * 1000)) * model.per * 1000;
    }
    this.#used += ((nowMs - this.#at) / 1000) * others;
    this.#at = nowMs;
    return model.n - this.#used;
  }
}
