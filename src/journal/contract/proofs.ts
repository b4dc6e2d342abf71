/** What proving a run brings. */
import type { RunChain } from "./runs.ts";

/** What a bundle holds. */
export interface BundleCounts {
  readonly targets: number;
  /** Rows of settled targets and of what they had before redrives. */
  readonly rows: number;
  /** SHA-256, hex, of all but its last line. */
  readonly sha256: string;
}

export interface Verification {
  readonly targets: number;
  readonly outcomes: number;
  readonly rows: number;
  readonly sha256: string;
  readonly chain: RunChain;
  /** One sentence each. */
  readonly problems: readonly string[];
}
