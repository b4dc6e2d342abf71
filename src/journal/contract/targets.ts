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
