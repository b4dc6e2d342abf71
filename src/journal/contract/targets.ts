/** Targets: the lines of a manifest. */
import type { Json } from "./json.ts";
import type { Outcome } from "./outcomes.ts";

/** In the order of the manifest's hash. */
export const TARGET_KINDS = ["bulk", "change", "mailbox"] as const;
/** `change`: one write to one mailbox, as a plan has it. */
export type TargetKind = (typeof TARGET_KINDS)[number];

export interface NewTarget {
  readonly kind: TargetKind;
  /** ExchangeGuid in lower case, the name of a bulk read, or what a change is known by. Two targets with one id are one target. */
  readonly id: string;
  readonly objectId: string;
  /** What people call it: the primary address. */
  readonly label: string;
  /** What the job needs of it. */
  readonly data: Json;
}

export interface Target extends NewTarget {
  /** Its line in the manifest, from 1, without gaps. */
  readonly line: number;
}

export interface TargetStatus extends Target {
  readonly outcome: Outcome | undefined;
  readonly reason: string | undefined;
  /** The service's id of the failing answer, for a support ticket. */
  readonly requestId: string | undefined;
  readonly fingerprint: string | undefined;
  readonly rows: number;
  readonly redrive: number;
  readonly settledAtMs: number | undefined;
}

/** A target of one run beside the same one of another. */
export interface TargetPair {
  readonly line: number;
  readonly kind: TargetKind;
  readonly outcome: Outcome | undefined;
  /** Undefined: the other run has no target with this id. */
  readonly other: { readonly line: number; readonly outcome: Outcome | undefined } | undefined;
}

/** Every condition given must hold. */
export interface TargetFilter {
  readonly outcome?: readonly Outcome[];
  readonly pending?: boolean;
  readonly fingerprint?: string;
  readonly lines?: ReadonlySet<number>;
}

/** Making the manifest of a run. */
export interface Manifest {
  /**
   * Adds targets, in parts; a known id is left as it is, an empty one refused. Refused once the manifest is sealed or the run is over.
   * @param filling as `clearTargets` answered it: refused once somebody else has begun to fill the manifest anew
   * @returns how many were new
   */
  addTargets(run: string, targets: readonly NewTarget[], filling?: number): Promise<number>;
  /**
   * Forgets an unsealed manifest and its principal index, in parts, the last lines first. Refused as adding is, and when one of its targets
   * has an outcome. @returns the number of this filling, which fences off whoever began an earlier one, however long they were frozen
   */
  clearTargets(run: string): Promise<number>;
  /**
   * Counts and hashes the manifest and closes it: SHA-256 over `kind\tid\n` of all lines, sorted by kind and id (by code points). Sealing
   * twice answers the same. @param filling as for `addTargets`
   */
  sealManifest(run: string, filling?: number): Promise<{ readonly count: number; readonly sha256: string }>;
}

/** Reading targets. */
export interface Targets {
  target(run: string, line: number): Promise<TargetStatus | undefined>;
  targetById(run: string, id: string): Promise<TargetStatus | undefined>;
  /** Lines after `after` without an outcome, ascending. */
  pending(run: string, after: number, limit: number): Promise<readonly number[]>;
  countPending(run: string): Promise<number>;
  /** All targets in line order, read in chunks; writers are not held up. */
  targets(run: string, filter?: TargetFilter): AsyncIterable<readonly TargetStatus[]>;
  /** What a target had before it was redriven, oldest first. */
  history(run: string, line: number): Promise<readonly TargetStatus[]>;
  /**
   * Targets of a run in line order, each with the target of another run that has the same id. Line order, and not that of ids: both runs
   * are read nearly as they lie on the disk, because a listing changes little from one night to the next.
   */
  pairs(run: string, other: string): AsyncIterable<readonly TargetPair[]>;
}
