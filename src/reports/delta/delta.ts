/** The contract of a comparison of two runs: what it is asked with, and what it tells. */
import type { Journal, TargetStatus } from "../../journal/index.ts";
import type { Rules } from "../rules/rules.ts";
import type { Comparable } from "./comparable.ts";
import type { FindingChange } from "./findings.ts";
import type { ChangeKind, RowChange } from "./mailbox.ts";
import type { MemberChange, MemberCounts } from "./members.ts";

export interface DeltaSource {
  readonly journal: Pick<Journal, "lookUp" | "pairs" | "rowsAbout" | "target" | "targetById">;
  /** As `comparable` has found them. */
  readonly runs: Comparable;
  /** Changes of hidden rows, too. */
  readonly includeNoise?: boolean;
  /** What the user has decided about rules and findings: of the rows of both runs. */
  readonly rules?: Rules | undefined;
  /** For the older run, in their place: as they were when somebody was last told of it. */
  readonly rulesBefore?: Rules | undefined;
  readonly signal?: AbortSignal;
}

export interface DeltaCounts {
  /** Rows in `changes`, by kind. */
  readonly changes: { readonly [Kind in ChangeKind]: number };
  readonly mailboxes: {
    /** In either run. */
    readonly all: number;
    readonly added: number;
    readonly gone: number;
    /** Not read by one of the runs, or not asked about. */
    readonly unknown: number;
    /** There in both, with rows that were added or removed or have changed. */
    readonly changed: number;
  };
  /** Changes of rows that noise rules hide: not in `changes`. */
  readonly hidden: number;
  /** Who came into groups that hold rights, or left them: not in `changes`, which are about rights. */
  readonly members: MemberCounts;
}

/** What changed about one mailbox, or about the tenant as one of its bulk reads tells of it. */
export interface ChangedTarget {
  /** Of the newer run, where it has the mailbox. */
  readonly target: TargetStatus;
  /** At least one; none hidden, unless asked for. */
  readonly changes: readonly RowChange[];
}

export interface Delta {
  readonly counts: DeltaCounts;
  /** What the runs have not read at all, in words. */
  readonly gaps: readonly string[];
  /** The user's rules the findings are judged by; undefined: the job's own. */
  readonly rules: Rules | undefined;
  /** In the order of the newer run's manifest, then those that are gone in the order of the older one's. Reads the journal again. */
  changes(): AsyncGenerator<ChangedTarget>;
  /** Who came into groups that hold rights, or left them; a group at a time. Reads the journal again. */
  members(): AsyncGenerator<readonly MemberChange[]>;
  /** Findings that came or went, target by target, in the order of the newer run's manifest. Reads and judges all rows again. */
  findings(): AsyncGenerator<readonly KeyedFindingChange[]>;
}

/** `key`: what the finding is about and what it says, equal for the same in any run, without names. */
export interface KeyedFindingChange extends FindingChange {
  readonly key: string;
}
