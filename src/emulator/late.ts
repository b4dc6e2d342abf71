/** What the service does after its caller has given up (F13): waits in real time, and is never done once the emulator stops. */

export class LateWork {
  readonly #timers = new Set<NodeJS.Timeout>();
  #stopped = false;

  /** How much is still to be done. */
  get waiting(): number {
    return this.#timers.size;
  }

  after(realMs: number, work: () => void): void {
    if (this.#stopped) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, realMs);
    this.#timers.add(timer);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
