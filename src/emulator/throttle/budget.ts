/** Model A: a time budget that recharges with time and is charged with the time calls take; micro-delays first, then a lock. */
import type { BudgetModel } from "../profile/profile.ts";

export class Budget {
  #balance: number;
  #at: number;
  #locked = false;

  constructor(model: BudgetModel, nowMs: number) {
    this.#balance = model.start;
    this.#at = nowMs;
  }

  get balance(): number {
    return this.#balance;
  }

  /** Milliseconds until a locked tenant opens; undefined when it is open. `burn`: ms per ms that somebody else uses up. */
  lockedFor(model: BudgetModel, nowMs: number, burn: number): number | undefined {
    this.#recharge(model, nowMs, burn);
    if (!this.#locked) return undefined;
    const gain = Math.max(model.recharge - burn, 0.001);
    return Math.max(1, (model.unlock * model.cutoff - this.#balance) / gain);
  }

  /** Charges a call when it starts; answers by how much it is delayed. */
  charge(model: BudgetModel, nowMs: number, burn: number, executionMs: number): number {
    this.#recharge(model, nowMs, burn);
    this.#balance -= executionMs;
    if (this.#balance < model.cutoff) this.#locked = true;
    if (this.#balance >= 0) return 0;
    return Math.min(model.maxDelay, (executionMs * model.gain * this.#balance) / model.cutoff);
  }

  #recharge(model: BudgetModel, nowMs: number, burn: number): void {
    const elapsed = nowMs - this.#at;
    this.#at = nowMs;
    // A neighbour may drain the budget, but the lock is ours to run into.
    const drained = Math.max(
      this.#balance + elapsed * (model.recharge - burn),
      Math.min(this.#balance, model.cutoff),
    );
    this.#balance = Math.min(model.cap, drained);
    if (this.#locked && this.#balance >= model.unlock * model.cutoff) this.#locked = false;
  }
}
