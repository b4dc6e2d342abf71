/** What command line, API and schedule call: runs by name and number. Holds no state of its own: the journal does. */
import type {
  Intent,
  Outcome,
  RunEvent,
  RunRecord,
  TargetFilter,
  TargetStatus,
  Verification,
} from "../journal/index.ts";
import type { LimitChange, Limits } from "./limits.ts";
import type { Scope } from "./scope.ts";

export interface StartOptions {
  readonly job: string;
  readonly tenant: string;
  /** As the user gave them; checked against the job's schema. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly scope: Scope;
  /** For who must be able to start it again and get the same run; absent: a new one. */
  readonly id?: string;
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

/** Targets picked for another try. */
export interface Selection {
  readonly run: RunRecord;
  readonly lines: ReadonlySet<number>;
  /** Those of them that were done well, and are done anew because they go by what changes. */
  readonly anew: ReadonlySet<number>;
  /** SHA-256, hex, of the lines and their versions. */
  readonly sha256: string;
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
}

export interface Doubt {
  readonly run: RunRecord;
  readonly target: TargetStatus;
}

export const DECISIONS = ["applied", "not-applied", "abandon"] as const;
export type DecisionWord = (typeof DECISIONS)[number];

export interface RunService {
  /** @throws {RunError} `bad-filter` when Exchange refuses the filter; {ExoError} when the mailboxes cannot be counted */
  plan(options: StartOptions, signal?: AbortSignal): Promise<RunPlan>;
  /**
   * Whether `start` would know what is meant: job, tenant and parameters. Asks nobody.
   * @returns what would be put on record @throws {RunError} `unknown-job`, `unknown-tenant`, `bad-parameter`
   */
  check(options: StartOptions): Pick<RunRecord, "job" | "tenant" | "params" | "scope">;
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
  /** Opens the selected targets again; the run goes on. */
  redrive(selection: Selection): Promise<{ readonly run: RunRecord; readonly targets: number }>;
  /** What `redrive` would open with this filter: frozen, so that what is confirmed is what is done. */
  select(run: string, filter: TargetFilter): Promise<Selection>;
  /** The word a run that writes waits for. @param plan the beginning of the manifest's SHA-256, when given; it must be that one */
  approve(run: string, by: string, plan?: string): Promise<RunRecord>;
  /** Changes when a run stops by itself, also while it goes on. */
  limit(run: string, change: LimitChange): Promise<Limits>;
  /** Targets nobody could be sure of, of one run or of all. */
  doubts(run?: string): AsyncIterable<Doubt>;
  /** Everything that is known about one target: its status, its history, what was announced and seen. */
  doubt(
    run: string,
    line: number,
  ): Promise<Doubt & { readonly intents: readonly Intent[]; readonly history: readonly TargetStatus[] }>;
  /**
   * A person's word about an `unresolved` target: `applied` makes it `ok`, `abandon` makes it `skipped`, `not-applied` opens it for another
   * try. Kept with who and why. @throws {RunError} `not-allowed` when the target is not `unresolved`
   */
  decide(run: string, line: number, word: DecisionWord, by: string, why: string): Promise<RunRecord>;
  /** @param head of its chain, noted before */
  verify(run: string, head?: string): Promise<Verification>;
  /** Snapshots, about twice a second, until the run is over or paused; the last one says so. */
  watch(run: string, signal: AbortSignal): AsyncIterable<RunSnapshot>;
}
