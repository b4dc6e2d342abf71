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

/** Making runs, moving them and claiming them. */
export interface Runs {
  /** @throws {RunOpenError} when this tenant, by `tenantId`, has an open run of this job; never for one that is imported */
  createRun(run: NewRun): Promise<RunRecord>;
  run(id: string): Promise<RunRecord | undefined>;
  /** Newest first. */
  runs(filter?: {
    readonly open?: boolean;
    readonly tenant?: string;
    readonly limit?: number;
  }): Promise<readonly RunRecord[]>;
  /**
   * The cheap question every worker asks twice a second: id, tenant and state of the runs there is something to do for. That is every run
   * that is not over, but for one that is being imported, and a cancelled one whose targets are not all settled: whoever cancelled it died over it.
   */
  openRuns(): Promise<
    readonly {
      readonly id: string;
      readonly tenant: string;
      readonly job: string;
      readonly state: RunState;
    }[]
  >;
  /**
   * Moves a run if it is still in one of `from`. Stamps `startedAtMs` on the first move to `enumerating` or `running`, `endedAtMs` when
   * it ends; a run that is opened again has no end. One with a pending target cannot become complete. The caller checks that the move is legal (`src/runs/state.ts`).
   * @returns false when the run was in another state: somebody else was first
   * @throws {RunOpenError} when it would open a run again beside another open one
   */
  moveRun(id: string, from: readonly RunState[], to: RunState, reason?: string): Promise<boolean>;
  /** Makes `owner` the one process that plans and seals this run, for `leaseMs`; renews it when it is already. */
  claimRun(id: string, owner: string, leaseMs: number): Promise<boolean>;
  releaseRun(id: string, owner: string): Promise<void>;
}
