/** What command line, API and schedule call: runs by name and number. Holds no state of its own: the journal does. */
import type { RunEvent, RunRecord, TargetFilter, TargetStatus, Verification } from "../journal/index.ts";
import type { Scope } from "./scope.ts";

export interface StartOptions {
  readonly job: string;
  readonly tenant: string;
  /** As the user gave them; checked against the job's schema. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly scope: Scope;
}

/** What a run would do. */
export interface RunPlan {
  readonly job: string;
  readonly tenant: string;
  readonly scope: string;
  readonly targets: number;
  /** Calls by cmdlet, and why so many. */
  readonly calls: readonly { readonly cmdlet: string; readonly count: number; readonly how: string }[];
  readonly totalCalls: number;
  /** Calls the usual script would make. */
  readonly naiveCalls: number;
  readonly requests: number;
  readonly diskBytes: number;
  /** Expected duration, from first principles or from the last run; a range. */
  readonly seconds: { readonly low: number; readonly high: number };
}

/** A run at one moment, for progress. */
export interface RunSnapshot {
  readonly run: RunRecord;
  readonly atMs: number;
  /** Settled targets per second over the last half minute. */
  readonly perSecond: number;
  /** Expected end; undefined while it cannot be said. */
  readonly etaMs: number | undefined;
}

export interface RunService {
  /** @throws {RunError} `bad-filter` when Exchange refuses the filter; {ExoError} when the mailboxes cannot be counted */
  plan(options: StartOptions, signal?: AbortSignal): Promise<RunPlan>;
  /**
   * Asks Exchange for nothing but whether it takes a filter.
   * @throws {RunError} `run-open` when this tenant has an open run of this job; `bad-filter`
   */
  start(options: StartOptions, signal?: AbortSignal): Promise<RunRecord>;
  /** By id or unique prefix of it. @throws {RunError} `unknown-run` */
  get(run: string): Promise<RunRecord>;
  list(filter?: {
    readonly open?: boolean;
    readonly tenant?: string;
    readonly limit?: number;
  }): Promise<readonly RunRecord[]>;
  items(run: string, filter: TargetFilter): AsyncIterable<readonly TargetStatus[]>;
  events(run: string, limit: number): Promise<readonly RunEvent[]>;
  /** @throws {RunError} `not-allowed` from a state that cannot be left so */
  pause(run: string, reason: string): Promise<RunRecord>;
  resume(run: string): Promise<RunRecord>;
  cancel(run: string, reason: string): Promise<RunRecord>;
  /** The kill switch: every open run of every tenant. */
  cancelAll(reason: string): Promise<readonly RunRecord[]>;
  /** Opens the targets with these outcomes again; the run goes on. */
  redrive(run: string, filter: TargetFilter): Promise<{ readonly run: RunRecord; readonly targets: number }>;
  verify(run: string): Promise<Verification>;
  /** Snapshots, about twice a second, until the run is over or paused; the last one says so. */
  watch(run: string, signal: AbortSignal): AsyncIterable<RunSnapshot>;
}
