/** The judge's words, which are Jepsen's: what was attempted, acknowledged, and what became of it. */

export interface Violation {
  /** As numbered in the specification: `I1` completeness, `I2` nothing acknowledged is lost, `I3` truthful outcomes… */
  readonly invariant: Invariant;
  readonly text: string;
}

export const INVARIANTS = {
  I1: "one outcome for each line of the manifest, and the manifest is the plan",
  I2: "nothing acknowledged is lost or changed",
  I3: "ok means executed, failed, denied and cancelled mean not executed, and rows are true",
  I4: "no second execution without looks in between",
  I5: "what can be done once is sent once per decision",
  I6: "nothing but the plan is executed, and nothing is sent after a pause or cancel",
  I7: "nothing is sent before a Retry-After is over",
  I9: "one tenant in token, address, plan and journal",
  I10: "counts add up and never fall",
  G8: "a run ends in time after the last fault",
  I13: "unresolved is only what nobody can decide",
} as const;
export type Invariant = keyof typeof INVARIANTS;

export interface Counts {
  /** Lines of the manifest. */
  readonly attempted: number;
  /** Outcomes that were told to somebody. */
  readonly acknowledged: number;
  readonly ok: number;
  /** Told, and not on record. */
  readonly lost: number;
  /** Executed again without looks in between, or recorded twice. */
  readonly doubled: number;
  /** Executed or recorded without being planned. */
  readonly unexpected: number;
  /** Ended well although an attempt at it was lost. */
  readonly recovered: number;
  readonly unresolved: number;
  /** Writes sent. */
  readonly writes: number;
  /** Writes sent whose answer never arrived whole. */
  readonly ambiguous: number;
  /** Doubts that were looked into, by what was found. */
  readonly reconciled: { readonly sent: number; readonly absent: number; readonly doubtful: number };
}

export interface Verdict {
  readonly counts: Counts;
  readonly violations: readonly Violation[];
}

export const NOTHING: Counts = {
  attempted: 0,
  acknowledged: 0,
  ok: 0,
  lost: 0,
  doubled: 0,
  unexpected: 0,
  recovered: 0,
  unresolved: 0,
  writes: 0,
  ambiguous: 0,
  reconciled: { sent: 0, absent: 0, doubtful: 0 },
};

export function add(a: Counts, b: Counts): Counts {
  return {
    attempted: a.attempted + b.attempted,
    acknowledged: a.acknowledged + b.acknowledged,
    ok: a.ok + b.ok,
    lost: a.lost + b.lost,
    doubled: a.doubled + b.doubled,
    unexpected: a.unexpected + b.unexpected,
    recovered: a.recovered + b.recovered,
    unresolved: a.unresolved + b.unresolved,
    writes: a.writes + b.writes,
    ambiguous: a.ambiguous + b.ambiguous,
    reconciled: {
      sent: a.reconciled.sent + b.reconciled.sent,
      absent: a.reconciled.absent + b.reconciled.absent,
      doubtful: a.reconciled.doubtful + b.reconciled.doubtful,
    },
  };
}
