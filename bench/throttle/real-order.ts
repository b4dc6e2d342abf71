/** What `bench/throttle-real.ts` and its processes say to each other. */

/** The only argument of a process, as JSON. */
export interface Order {
  /** Of the private Redis. */
  readonly dataDir: string;
  readonly yaml: string;
  /** Mailboxes; they are read again and again. */
  readonly targets: readonly string[];
  readonly spanMs: number;
}

/** A line on its stdout, as JSON: what came since the line before. */
export interface Told {
  /** Wall clock, ms, of each call that was answered. */
  readonly doneAtMs: readonly number[];
  readonly calls: number;
  readonly refused: number;
  readonly requests: number;
  readonly requestsRefused: number;
  readonly cpuMs: number;
}

/** Keys of the private Redis: how many processes wait for the start, and when it was (wall clock, ms). */
export const READY = "bench:ready";
export const START = "bench:start";
