/** The contract of a recipe: how to look whether a planned write happened. */
import type { ExoRow, ExoValue, Parameters } from "../job/index.ts";

/** One read of a recipe. All reads of a recipe go by the mailbox's anchor and connection, so that they see what was written there. */
export interface Look {
  readonly cmdlet: string;
  /** Sent as they are; where `Identity` is missing, the mailbox's immutable id is filled in, unless `complete`. */
  readonly parameters: Parameters;
  readonly select?: readonly string[];
  /** True where the mailbox is named by another parameter, and `Identity` would mean something else. */
  readonly complete?: true;
}

/** What a look brought: its rows, or that the object it named does not exist. */
export type Seeing = readonly ExoRow[] | "gone";

/** How one planned write is looked at: what to read, and what the answers say. Pure. */
export interface Recipe {
  readonly looks: readonly Look[];
  /**
   * What is there, as far as this write concerns it: small, canonical (the same state gives the same JSON text), never null, survives JSON.
   * @param replies one for each look, in their order
   * @throws {UnusableReply} when the answers do not tell
   */
  see(replies: readonly Seeing[]): ExoValue;
  /** Whether what is there is what the write wants. `seen` comes from `see`, perhaps by way of the journal. */
  wants(seen: ExoValue): boolean;
}

/** Refusals of a read that are an answer: there is no such entry (`exo-protocol.md` 10.8). */
const NO_ENTRY = /UserNotFoundInPermissionEntryException$/;

/** True when a look failed because there is no such entry: it counts as `gone`, like a failure that `isGone` knows. */
export function saysNoEntry(error: unknown): boolean {
  return (
    error instanceof Error &&
    "exceptionType" in error &&
    typeof error.exceptionType === "string" &&
    NO_ENTRY.test(error.exceptionType)
  );
}
