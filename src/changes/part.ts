/** One property of a write that sets properties: what is read of it, and what that says. */
import type { ExoRow, ExoValue } from "../job/index.ts";

export interface Part {
  /** Property that shows it. */
  readonly property: string;
  /** Recipients that have to be looked up to understand what is shown; identities as the write names them. */
  readonly people?: readonly string[];
  /**
   * Canonical form of what is shown; undefined when it cannot be read.
   * @param found what each of `people` is: its row, or undefined when there is no such recipient
   */
  see(shown: ExoValue, found: readonly (ExoRow | undefined)[]): ExoValue | undefined;
  wants(seen: ExoValue): boolean;
}

/** A property with one value, which is compared as a whole. */
export function scalar(
  property: string,
  wanted: ExoValue | undefined,
  canonical: (shown: ExoValue) => ExoValue | undefined,
): Part | undefined {
  if (wanted === undefined) return undefined;
  return { property, see: canonical, wants: (seen) => seen === wanted };
}
