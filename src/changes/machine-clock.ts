/**
 * A clock that nobody can set: the machine's own, since it was started. Processes of one machine share it; to another machine, or after a
 * restart, it means nothing, and then the wall clock has to do.
 */
import { readFileSync } from "node:fs";
import type { Json } from "../journal/index.ts";

/** Changes with every start of the machine; systems without it have only the wall clock. */
const BOOT_ID = "/proc/sys/kernel/random/boot_id";

export interface Moment {
  /** Wall clock. */
  readonly atMs: number;
  readonly clock: Json;
}

export class MachineClock {
  readonly #boot: string | undefined;

  constructor(boot: string | undefined = bootId()) {
    this.#boot = boot;
  }

  now(): Moment {
    return {
      atMs: Date.now(),
      clock: this.#boot === undefined ? null : { boot: this.#boot, ms: monotonicMs() },
    };
  }

  /** Whether a moment was taken on this machine since it was started. Where machines cannot be told apart, all of them count as one. */
  canRead({ clock }: Moment): boolean {
    return this.#boot === undefined || this.#ownMs(clock) !== undefined;
  }

  /** Never negative. */
  msSince({ atMs, clock }: Moment): number {
    const ms = this.#ownMs(clock);
    return Math.max(0, ms === undefined ? Date.now() - atMs : monotonicMs() - ms);
  }

  #ownMs(clock: Json): number | undefined {
    if (clock === null || typeof clock !== "object" || !("boot" in clock) || !("ms" in clock))
      return undefined;
    return clock["boot"] === this.#boot && typeof clock["ms"] === "number" ? clock["ms"] : undefined;
  }
}

function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

function bootId(): string | undefined {
  try {
    return readFileSync(BOOT_ID, "utf8").trim();
  } catch {
    return undefined; // Not a Linux system.
  }
}
