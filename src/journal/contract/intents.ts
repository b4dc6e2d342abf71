/** Writes that are announced before they are sent. */
import type { Json } from "./json.ts";

/**
 * What became of a write that was announced. `sent`: executed, as its answer or a look at the tenant says. `refused`: the answer says that
 * it was not executed. `absent`: the tenant was looked at, and it was not executed. `doubtful`: nobody can say.
 */
export const INTENT_ENDS = ["sent", "refused", "absent", "doubtful"] as const;
export type IntentEnd = (typeof INTENT_ENDS)[number];

/** A write that is about to be sent. */
export interface NewIntent {
  readonly run: string;
  readonly line: number;
  /** Names the execution of the task that sends it, as in its settlement. */
  readonly attempt: number;
  readonly worker: string;
  /** What the cmdlet does to the tenant, as it was judged then. */
  readonly effect: string;
  readonly cmdlet: string;
  /** SHA-256, hex, of what is sent. */
  readonly digest: string;
  /** What was there before, as far as this write concerns it. */
  readonly before: Json;
  readonly atMs: number;
  /** The same moment on a clock that nobody sets, for those who can read that clock. */
  readonly clock: Json;
}

export interface Intent extends NewIntent {
  /** Numbers the intents of a target from 1, those of earlier versions included. */
  readonly n: number;
  /** Version of the target it belongs to. */
  readonly redrive: number;
  readonly end: IntentEnd | undefined;
  /** What was seen when the tenant was asked about it, oldest first. */
  readonly looks: readonly Json[];
}

/**
 * `opened`: it may be sent. `over`: the target has an outcome. `stopped`: the run is neither `running` nor `throttled`. `held`: an intent of
 * another attempt has no end yet; it must get one first. Only after `opened` was anything recorded.
 */
export type OpenIntentResult =
  | { readonly is: "opened"; readonly n: number }
  | { readonly is: "over" }
  | { readonly is: "stopped" }
  | { readonly is: "held"; readonly by: Intent };

/** Announcing writes, and saying what became of them. */
export interface Intents {
  /**
   * Announces a write before it is sent, and is the fence between processes: one target has at most one intent without an end. An open
   * one of the same attempt is ended as `refused` first: an attempt sends again only what was refused. Calls made together share a commit.
   */
  openIntent(intent: NewIntent): Promise<OpenIntentResult>;
  /** Adds what was seen to an open intent. @returns false when it is not open any more */
  addLook(run: string, line: number, n: number, look: Json): Promise<boolean>;
  /** Ends an open intent whose target stays pending. @returns false when it is not open any more */
  endIntent(run: string, line: number, n: number, end: IntentEnd): Promise<boolean>;
  /** All intents of a target, oldest first. */
  intents(run: string, line: number): Promise<readonly Intent[]>;
  /** Lines after `after` that have an intent without an end, ascending. */
  openIntents(run: string, after: number, limit: number): Promise<readonly number[]>;
}
