/** Listens to the signals of waiting calls: once per signal, however many calls share it. A listener per call would make thousands of them quadratic. */
import type { Call } from "./call.ts";

interface Watch {
  readonly calls: Set<Call>;
  readonly onAbort: () => void;
}

export class Withdrawals {
  readonly #watches = new Map<AbortSignal, Watch>();
  readonly #withdraw: (call: Call) => void;

  constructor(withdraw: (call: Call) => void) {
    this.#withdraw = withdraw;
  }

  add(call: Call): void {
    const { signal } = call;
    if (signal === undefined) return;
    let watch = this.#watches.get(signal);
    if (watch === undefined) {
      const calls = new Set<Call>();
      const onAbort = (): void => {
        for (const one of calls) this.#withdraw(one);
      };
      watch = { calls, onAbort };
      this.#watches.set(signal, watch);
      signal.addEventListener("abort", onAbort, { once: true });
    }
    watch.calls.add(call);
  }

  /** The call has ended. */
  remove(call: Call): void {
    const { signal } = call;
    const watch = signal === undefined ? undefined : this.#watches.get(signal);
    if (signal === undefined || watch === undefined) return;
    watch.calls.delete(call);
    if (watch.calls.size > 0) return;
    this.#watches.delete(signal);
    signal.removeEventListener("abort", watch.onAbort);
  }
}
