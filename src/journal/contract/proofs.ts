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

/** Proving runs. */
export interface Proofs {
  /**
   * Recounts everything from the lines up, and follows the chain of its outcomes, also while work goes on. An empty list of problems means
   * the run is what it says. @param head a head of its chain, hex, that was noted before: it must still be one of its links
   */
  verify(run: string, head?: string): Promise<Verification>;
  /**
   * Gives the run with all it can be proved from as text, piece by piece: a bundle, which `verifyBundle` verifies without a journal. Also
   * while work goes on. What was written before a failure is of no use.
   */
  bundle(run: string, write: (text: string) => Promise<void>): Promise<BundleCounts>;
}
