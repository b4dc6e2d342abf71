/** How a target is given its outcome: by an attempt, or by a person. */
import type { IntentEnd } from "./intents.ts";
import type { Outcome } from "./outcomes.ts";
import type { NewRow } from "./rows.ts";
import type { TargetFilter } from "./targets.ts";

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

/** Giving targets their outcomes, with the rows that came with them, and taking outcomes back. */
export interface Settlements {
  /**
   * Keeps rows of a bulk read aside, in parts, until its target settles with the same attempt. Rows that can no longer be settled are
   * not kept: the target has an outcome, or the run is over. Refused as settling is. After a failure drop what was staged and begin anew.
   */
  stageRows(run: string, line: number, attempt: number, rows: readonly NewRow[]): Promise<void>;
  /** Drops what this attempt staged. */
  dropStaged(run: string, line: number, attempt: number): Promise<void>;
  /**
   * Records outcome, rows (after those staged) and counts in one transaction, once. Calls made together share a commit. A target with an
   * open intent is settled by a settlement that names it, and ends it; such a one is also taken by a cancelled run.
   * Refused before the manifest is sealed, and when a row is about a line that is not in it.
   */
  settle(settlement: Settlement): Promise<SettleResult>;
  /**
   * Settles every pending target of a run that is `cancelled` as just that, in parts; of a run that was opened again meanwhile, no more. One with an open intent may have been written to:
   * it becomes `unresolved`, its intent `doubtful`; with `sparedSinceMs` those whose intent was opened at that time or later are left alone.
   * @returns how many were settled
   */
  cancelPending(run: string, reason: string, atMs: number, sparedSinceMs?: number): Promise<number>;
  /**
   * Opens settled targets that match for another try (never one in doubt: that takes a decision), in parts: their version goes up, what they had stays on record (`history`), and
   * the run's counters no longer count it. @returns how many
   */
  redrive(run: string, filter: TargetFilter): Promise<number>;
  /**
   * Gives a target in doubt another outcome, without rows, or opens it for another try. What it had stays on record (`history`), and who
   * decided is an event of the run (`decided`), in the same transaction. No redrive of the run is counted.
   * @returns false when the target is not in doubt
   */
  decide(decision: Decision): Promise<boolean>;
}
