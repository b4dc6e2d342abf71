/** Runs, as they are on record. */
import type { Json } from "./json.ts";
import type { Outcome } from "./outcomes.ts";

export const RUN_STATES = [
  "planned",
  /** Rows of a file are being put in place: nobody works on it but who reads the file, and it stands in no other run's way. */
  "importing",
  "awaiting_approval",
  "enumerating",
  "running",
  "throttled",
  "paused",
  "draining",
  "complete",
  "complete_with_failures",
  "cancelled",
] as const;
export type RunState = (typeof RUN_STATES)[number];

/** True for the states a run ends in. Such a run takes no outcomes; only a redrive opens it again. */
export function isOver(state: RunState): boolean {
  return state === "complete" || state === "complete_with_failures" || state === "cancelled";
}

/** True for the states that say: every target has its outcome. */
export function isComplete(state: RunState): boolean {
  return state === "complete" || state === "complete_with_failures";
}

export interface CallCounts {
  /** Requests sent. */
  readonly batches: number;
  /** Calls sent, repeats included. */
  readonly items: number;
  readonly throttledItems: number;
  readonly throttledBatches: number;
  readonly retries: number;
  /** Of the requests that left while others waited for the gate: how many, and the calls in them. */
  readonly busyBatches: number;
  readonly busyItems: number;
  /** Requests for a page after the first. */
  readonly pages: number;
}

export interface NewRun {
  readonly id: string;
  readonly job: string;
  readonly tenant: string;
  readonly tenantId: string;
  /** Parameters of the job, as given and checked. */
  readonly params: Json;
  /** Which mailboxes, as given: enough to enumerate again. */
  readonly scope: Json;
  /** Calls the usual script would make per target. */
  readonly naiveCallsPerTarget: number;
  /** It begins as `importing`, in place of `planned`. */
  readonly imported?: true;
}

/** What ties the outcomes of a run together, in the order they were recorded (`chain.ts`). Links are 32 hex digits. */
export interface RunChain {
  /** Over what the run is: id, job, tenant, parameters, scope. */
  readonly start: string;
  /** The link that binds the manifest, and how many outcomes came before it. */
  readonly sealed: { readonly link: string; readonly after: number } | undefined;
  /** Outcomes recorded so far, those of before redrives included. */
  readonly length: number;
  /** The last link: whoever notes it elsewhere can prove later that nothing before it was changed. */
  readonly head: string;
}

export interface RunRecord extends NewRun {
  readonly state: RunState;
  /** Why it is paused, cancelled or throttled. */
  readonly reason: string | undefined;
  readonly manifest: { readonly count: number; readonly sha256: string } | undefined;
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
  /** Rows of settled targets, noise included. */
  readonly rows: number;
  /** Rows hidden by default, by noise rule. */
  readonly noise: Readonly<Record<string, number>>;
  readonly calls: CallCounts;
  /** Counted oddities of settled targets, such as `wrong-identity`. */
  readonly counts: Readonly<Record<string, number>>;
  /** Ids of the worker processes that settled a target. */
  readonly workers: readonly string[];
  readonly redrives: number;
  readonly chain: RunChain;
  /** What the sealer worked out for people; absent until then. */
  readonly summary: Json | undefined;
  /** When to stop by itself, as `setLimits` said last. */
  readonly limits: Json | undefined;
  readonly createdAtMs: number;
  readonly startedAtMs: number | undefined;
  readonly endedAtMs: number | undefined;
}
