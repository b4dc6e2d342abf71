/** What the judge is given: nothing that the engine says of itself, but what is on record and what was shown. */
import type { Heard } from "./ledger.ts";
import type { RunOnFile } from "./journal-file.ts";

/** What a write does to a tenant, as whoever wrote the plan knows it; the engine's own opinion is not asked. */
export type Effect = "absolute" | "convergent" | "create" | "once";

export interface Planned {
  /** ExchangeGuid of the mailbox, lower case. */
  readonly subject: string;
  readonly cmdlet: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly effect: Effect;
}

export type Plan =
  | {
      readonly kind: "reads";
      /** ExchangeGuids of the mailboxes the run is about. */
      readonly subjects: readonly string[];
      /** Sent once for each of them. */
      readonly cmdlet: string;
    }
  | { readonly kind: "changes"; readonly changes: readonly Planned[] };

/** An outcome that a process has told of: in a log, an event, an answer. */
export interface Said {
  readonly atMs: number;
  readonly line: number;
  readonly outcome: string;
}

/** What an operator was told is done. */
export interface Order {
  readonly atMs: number;
  readonly word: "approved" | "paused" | "resumed" | "cancelled";
}

/** A permission, `mailbox trustee right allow|deny` in lower case: the same text from both sides. */
export type Fact = string;

export interface Evidence {
  readonly plan: Plan;
  readonly run: RunOnFile;
  /** All calls of the run's tenant from its start on, to now. */
  readonly ledger: readonly Heard[];
  readonly said: readonly Said[];
  readonly orders: readonly Order[];
  /** Least time from a write's arrival to the first look that counts, and between two looks. */
  readonly times: { readonly settleMs: number; readonly lookGapMs: number };
  /** What a watch over the run found (I10). */
  readonly watched: readonly string[];
  /** What the tenant is, and what an export says; absent: not compared. */
  readonly facts?: { readonly truth: readonly Fact[]; readonly exported: readonly Fact[] };
  readonly allowances?: Allowances;
  /** The `Retry-After` of every 429 for the tenant; absent: not compared. */
  readonly retryAfterMs?: number;
}

/** What this fault makes impossible to ask for, with nothing else let off. */
export interface Allowances {
  /** Ends of targets that are right here besides `ok`, `ok_no_change` and, after a cancel, `cancelled`. */
  readonly outcomes?: readonly string[];
  /** Subjects that must end in this way, whatever else is allowed. */
  readonly ends?: ReadonlyMap<string, string>;
  /** Clocks were set: times on record cannot be compared. */
  readonly clocksLie?: boolean;
  /** The tenant changed by itself: facts of these mailboxes may differ, and they may be missing from the plan. */
  readonly churned?: ReadonlySet<string>;
  /** The service executes later than the settle window: a convergent or absolute write may then be executed twice. */
  readonly laterThanWindow?: boolean;
  /** Looks at the tenant do not tell the truth in time: an absolute write may stay unresolved. */
  readonly looksLie?: boolean;
  /** The run is judged before its end. */
  readonly notOver?: boolean;
}
