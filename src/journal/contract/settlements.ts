/** How a target is given its outcome: by an attempt, or by a person. */
import type { IntentEnd } from "./intents.ts";
import type { Outcome } from "./outcomes.ts";
import type { NewRow } from "./rows.ts";

export interface Settlement {
  readonly run: string;
  readonly line: number;
  /** Names this execution of the task; staged rows of other attempts are dropped. A random integer below 2^48. */
  readonly attempt: number;
  readonly worker: string;
  readonly outcome: Outcome;
  readonly reason?: string;
  readonly requestId?: string;
  /** Groups failures of one cause: cmdlet and kind, no names in it. */
  readonly fingerprint?: string;
  readonly rows: readonly NewRow[];
  readonly counts?: Readonly<Record<string, number>>;
  readonly atMs: number;
  /** The open intent this outcome speaks of, and its end. */
  readonly intent?: { readonly n: number; readonly end: IntentEnd };
}

/**
 * `settled`: recorded now. `again`: the target has an outcome already and nothing was changed. `held`: a write is open that the settlement
 * does not speak of, or it speaks of one that is not open any more, and nothing was changed: somebody else is at this target. `fenced`: it
 * has none, and the run, being over, takes none any more.
 */
export type SettleResult = "settled" | "again" | "held" | "fenced";

/** What a person decided about a target nobody could be sure of. */
export interface Decision {
  readonly run: string;
  readonly line: number;
  /** Absent: it is opened for another try. */
  readonly outcome?: Outcome;
  readonly reason: string;
  /** Who decided. */
  readonly by: string;
  readonly atMs: number;
}
