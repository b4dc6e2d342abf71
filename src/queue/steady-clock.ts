/**
 * The wall clock as a process should use it for times that others will read: somebody who sets it forth and back again within a moment does
 * not move them.
 */

/** Smaller steps are corrections, and followed at once. */
const JUMP_MS = 30_000;

export class SteadyClock {
  readonly #wallMs: () => number;
  readonly #monotonicMs: () => number;
  #aheadMs: number;

  constructor(wallMs = () => Date.now(), monotonicMs = () => performance.now()) {
    this.#wallMs = wallMs;
    this.#monotonicMs = monotonicMs;
    this.#aheadMs = wallMs() - monotonicMs();
  }

  /** Epoch milliseconds. */
  now(): number {
    const aheadMs = this.#wallMs() - this.#monotonicMs();
    if (Math.abs(aheadMs - this.#aheadMs) < JUMP_MS) this.#aheadMs = aheadMs;
    return this.#monotonicMs() + this.#aheadMs;
  }

  /** The wall clock was set, and stays so. */
  follow(): void {
    this.#aheadMs = this.#wallMs() - this.#monotonicMs();
  }
}
