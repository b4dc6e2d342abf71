/** Model A: a budget of working time. Below zero each call is delayed, below the cutoff the tenant is locked (`throttle.md` 4). */
import type { BudgetLimit } from "../scenario.ts";

export class Budget {
  balance: number;
  #atMs = 0;
  #locked = false;

  constructor(startBalance: number) {
    this.balance = startBalance;
  }

  /** @param burn what the neighbour takes, ms per ms */
  lockedForMs(limit: BudgetLimit, nowMs: number, burn: number): number {
    this.#recharge(limit, nowMs, burn);
    if (!this.#locked) return 0;
    const gain = Math.max(0.001, limit.recharge - burn);
    return Math.max(1, (limit.unlock * limit.cutoff - this.balance) / gain);
  }

  /** Charges a call that starts. @returns how long it is delayed */
  charge(limit: BudgetLimit, nowMs: number, burn: number, workMs: number): number {
    this.#recharge(limit, nowMs, burn);
    this.balance -= workMs;
    if (this.balance < limit.cutoff) this.#locked = true;
    if (this.balance >= 0) return 0;
    return Math.min(limit.maxDelay, (workMs * limit.gain * this.balance) / limit.cutoff);
  }

  #recharge(limit: BudgetLimit, nowMs: number, burn: number): void {
    const gained = (nowMs - this.#atMs) * (limit.recharge - burn);
    this.#atMs = nowMs;
    // The neighbour may drain the budget, but the lock is ours to run into.
    const drained = Math.max(this.balance + gained, Math.min(this.balance, limit.cutoff));
    this.balance = Math.min(limit.cap, drained);
    if (this.#locked && this.balance >= limit.unlock * limit.cutoff) this.#locked = false;
  }
}
