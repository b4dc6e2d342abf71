/** Time of the pretend service: model milliseconds run `timeScale` times as fast as real ones. */

export class Clock {
  #scale: number;
  #modelBase = 0;
  #realBase = performance.now();
  #stopped = false;
  readonly #sleepers = new Map<NodeJS.Timeout, () => void>();

  constructor(scale = 1) {
    this.#scale = scale;
  }

  /** Model milliseconds since the emulator started. */
  now(): number {
    return this.#modelBase + (performance.now() - this.#realBase) * this.#scale;
  }

  get scale(): number {
    return this.#scale;
  }

  /** Changes how fast the model runs from now on. Sleepers keep the instant they were told. */
  setScale(scale: number): void {
    this.#modelBase = this.now();
    this.#realBase = performance.now();
    this.#scale = scale;
  }

  /** Real milliseconds of a span of the model. */
  real(modelMs: number): number {
    return modelMs / this.#scale;
  }

  /** Waits for a span of the model; returns early when the emulator stops. */
  async sleep(modelMs: number): Promise<void> {
    const realMs = this.real(modelMs);
    if (realMs < 0.5 || this.#stopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.#sleepers.delete(timer);
        resolve();
      }, realMs);
      this.#sleepers.set(timer, resolve);
    });
  }

  /** Wakes everybody; nobody sleeps from now on. */
  stop(): void {
    this.#stopped = true;
    for (const [timer, wake] of this.#sleepers) {
      clearTimeout(timer);
      wake();
    }
    this.#sleepers.clear();
  }
}
