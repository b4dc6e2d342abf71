/** Model C: a fixed window or a token bucket. */
import type { RateModel } from "../profile/profile.ts";

export interface RateState {
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds until the window starts anew, or until the bucket is full. */
  readonly resetMs: number;
}

export class Rate {
  /** Window: units used in the current one. Bucket: units missing from a full one. */
  #used = 0;
  #at: number;

  constructor(nowMs: number) {
    this.#at = nowMs;
  }

  /** Takes `units`; answers undefined, or the milliseconds until they would be there. `others`: units per second somebody else takes. */
  take(model: RateModel, nowMs: number, others: number, units: number): number | undefined {
    this.#advance(model, nowMs, others);
    const most = model.kind === "window" ? model.n : model.burst;
    // More than the limit ever grants passes when nothing else was taken; else it would wait for ever.
    const needed = Math.min(units, most);
    if (this.#used + needed <= most + 1e-9) {
      this.#used += units;
      return undefined;
    }
    if (model.chargeRefused) this.#used += units;
    if (model.kind === "window") return this.#windowEnd(model) - nowMs;
    return ((this.#used + needed - most) / Math.max(0.001, model.rate - others)) * 1000;
  }

  state(model: RateModel, nowMs: number, others: number): RateState {
    this.#advance(model, nowMs, others);
    const limit = model.kind === "window" ? model.n : model.burst;
    return {
      limit,
      remaining: Math.max(0, Math.floor(limit - this.#used)),
      resetMs: model.kind === "window" ? this.#windowEnd(model) - nowMs : (this.#used / model.rate) * 1000,
    };
  }

  #windowEnd(model: { readonly per: number }): number {
    return (Math.floor(this.#at / (model.per * 1000)) + 1) * model.per * 1000;
  }

  #advance(model: RateModel, nowMs: number, others: number): void {
    if (model.kind === "bucket") {
      const seconds = (nowMs - this.#at) / 1000;
      this.#used = Math.min(
        Math.max(0, this.#used - seconds * (model.rate - others)),
        Math.max(this.#used, model.burst),
      );
    } else {
      if (nowMs >= this.#windowEnd(model)) {
        this.#used = 0;
        this.#at = Math.floor(nowMs / (model.per * 1000)) * model.per * 1000;
      }
      this.#used += ((nowMs - this.#at) / 1000) * others;
    }
    this.#at = nowMs;
  }
}
