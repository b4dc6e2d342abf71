/**
 * The contract of a journal: the durable record of runs. `test/journal/journal.contract.ts` puts every implementation through it.
 *
 * Whatever an awaited method has answered is on stable storage (synced, not only written). Every method may be called from several
 * processes at once, and what one has been answered, all see. Nothing here is ever lost or silently changed: a redrive adds a version,
 * it does not erase.
 *
 * Every method may throw {JournalError}: when the storage fails, when it is asked for a run or line that is not there, and when what
 * is asked for is refused. A refused call has recorded nothing, but for the first parts of calls that work in parts. After a fault of
 * the storage a call may be repeated: what is recorded once stays so, while calls and events may then count twice.
 */
import type { IndexEntry, RunEvent } from "./contract/entries.ts";
import type { Intent, IntentEnd, NewIntent, OpenIntentResult } from "./contract/intents.ts";
import type { Json } from "./contract/json.ts";
import type { BundleCounts, Verification } from "./contract/proofs.ts";
import type { AccessLead, NewRow, StoredRow, UnindexedRows } from "./contract/rows.ts";
import type { CallCounts, NewRun, RunRecord, RunState } from "./contract/runs.ts";
import type { Decision, SettleResult, Settlement } from "./contract/settlements.ts";
import type { NewTarget, TargetFilter, TargetPair, TargetStatus } from "./contract/targets.ts";
import type { Delivery, DeliveryEnd, DeliveryFilter, DeliveryTry, NewDelivery } from "./deliveries.ts";
import type { NewSchedule, ScheduleRecord, Tick, TickClaim, TickState } from "./schedules.ts";

export interface Journal {
  // — runs —
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
  setSummary(id: string, summary: Json): Promise<void>;
  /**
   * Says in place of what was said before when the run is to stop by itself.
   * @param was what they are known to be @returns false when they are not that any more, and nothing was changed: somebody else was first
   */
  setLimits(id: string, limits: Json, was: Json | undefined): Promise<boolean>;
  /** Adds to the run's counters. */
  addCalls(id: string, delta: CallCounts): Promise<void>;
  addEvent(id: string, event: RunEvent): Promise<void>;
  /** The last `limit` events, oldest first. */
  events(id: string, limit: number): Promise<readonly RunEvent[]>;

  // — manifest —
  /** Adds targets, in parts; a known id is left as it is, an empty one refused. Refused once the manifest is sealed or the run is over. @returns how many were new */
  addTargets(run: string, targets: readonly NewTarget[]): Promise<number>;
  /** Forgets an unsealed manifest and its principal index, in parts, the last lines first. Refused as adding is, and when one of its targets has an outcome. */
  clearTargets(run: string): Promise<void>;
  /** Counts and hashes the manifest and closes it: SHA-256 over `kind\tid\n` of all lines, sorted by kind and id (by code points). Sealing twice answers the same. */
  sealManifest(run: string): Promise<{ readonly count: number; readonly sha256: string }>;
  target(run: string, line: number): Promise<TargetStatus | undefined>;
  targetById(run: string, id: string): Promise<TargetStatus | undefined>;
  /** Lines after `after` without an outcome, ascending. */
  pending(run: string, after: number, limit: number): Promise<readonly number[]>;
  countPending(run: string): Promise<number>;
  /** All targets in line order, read in chunks; writers are not held up. */
  targets(run: string, filter?: TargetFilter): AsyncIterable<readonly TargetStatus[]>;
  /** What a target had before it was redriven, oldest first. */
  history(run: string, line: number): Promise<readonly TargetStatus[]>;

  // — outcomes and rows —
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
   * Settles every pending target as `cancelled`, in parts, whatever the state of the run. One with an open intent may have been written to:
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
   * Rows of settled targets, grouped by the target they are about, in manifest order; within a group by the line that brought them, in
   * the order they were found. The same order every time, and a group is never parted. Read in chunks; writers are not held up.
   */
  rows(run: string): AsyncIterable<readonly StoredRow[]>;
  /** Rows about these lines, in the order of `rows`. All in one go: a caller asks for as many lines as it wants to hold the rows of. */
  rowsAbout(run: string, lines: readonly number[]): Promise<readonly StoredRow[]>;
  /**
   * Targets of a run in line order, each with the target of another run that has the same id. Line order, and not that of ids: both runs
   * are read nearly as they lie on the disk, because a listing changes little from one night to the next.
   */
  pairs(run: string, other: string): AsyncIterable<readonly TargetPair[]>;
  /**
   * Recounts everything from the lines up, and follows the chain of its outcomes, also while work goes on. An empty list of problems means
   * the run is what it says. @param head a head of its chain, hex, that was noted before: it must still be one of its links
   */
  verify(run: string, head?: string): Promise<Verification>;
  /**
   * Gives the run with all it can be proved from as text, piece by piece: a bundle, which `verifyBundle` verifies without a journal. Also
   * while work goes on. What was written before a failure is of no use.
   */
  bundle(run: string, write: (text: string) => Promise<void>): Promise<BundleCounts>;

  // — writes —
  /**
   * Announces a write before it is sent, and is the fence between processes: one target has at most one intent without an end. An open
   * one of the same attempt is ended as `refused` first: an attempt sends again only what was refused. Calls made together share a commit.
   */
  openIntent(intent: NewIntent): Promise<OpenIntentResult>;
  /** Adds what was seen to an open intent. @returns false when it is not open any more */
  addLook(run: string, line: number, n: number, look: Json): Promise<boolean>;
  /** Ends an open intent whose target stays pending. @returns false when it is not open any more */
  endIntent(run: string, line: number, n: number, end: IntentEnd): Promise<boolean>;
  /** All intents of a target, oldest first. */
  intents(run: string, line: number): Promise<readonly Intent[]>;
  /** Lines after `after` that have an intent without an end, ascending. */
  openIntents(run: string, after: number, limit: number): Promise<readonly number[]>;
  /**
   * Gives a target in doubt another outcome, without rows, or opens it for another try. What it had stays on record (`history`), and who
   * decided is an event of the run (`decided`), in the same transaction. No redrive of the run is counted.
   * @returns false when the target is not in doubt
   */
  decide(decision: Decision): Promise<boolean>;

  // — principal index —
  /** Adds entries, in parts. What an entry with the same id was found under before stays. */
  putIndex(run: string, entries: readonly IndexEntry[]): Promise<void>;
  /** Values of all entries that have this key, oldest first; one for each id. */
  lookUp(run: string, key: string): Promise<readonly Json[]>;

  // — access index —
  /**
   * The next rows of settled targets that the access index does not have; undefined when it has all. What was settled anew since the index
   * was made comes again. Read in chunks.
   */
  unindexed(run: string): Promise<UnindexedRows | undefined>;
  /**
   * Adds keys that lead to rows of a stretch, each row under as many as wanted, and leaves the stretch behind, in one transaction.
   * @returns false when the index does not stand at `from` any more, and nothing was added: somebody else was first, ask again
   */
  indexAccess(
    run: string,
    stretch: Pick<UnindexedRows, "from" | "to">,
    leads: readonly AccessLead[],
  ): Promise<boolean>;
  /**
   * Rows of settled targets that a key leads to, each once for all keys, and those about one line together, in one chunk. First come the lines
   * whose own reading brought such a row, ascending, then those of which only another line's reading tells, in the order of that reading: the
   * same every time. A row that was put under a key and has since been settled anew may bring another row in its place: whoever asks looks
   * whether a row is what was asked for. Read in chunks, of which the first is small: whoever wants the first rows does not wait for the rest.
   */
  rowsUnder(run: string, keys: readonly string[]): AsyncIterable<readonly StoredRow[]>;

  // — notes —
  /** Keeps one value under a name, in place of what was there: for what must outlive Redis and is no part of a run's record. */
  putNote(about: string, name: string, value: Json): Promise<void>;
  /** @param about whom the note is about: a tenant and app, or a run @returns undefined when there is none */
  note(about: string, name: string): Promise<Json | undefined>;

  // — schedules —
  /** @returns false when there is one of this name, and nothing was changed */
  addSchedule(schedule: NewSchedule): Promise<boolean>;
  /** What is on record of its ticks stays. @returns false when there is none of this name */
  dropSchedule(name: string): Promise<boolean>;
  /** By name. */
  schedules(): Promise<readonly ScheduleRecord[]>;
  /** Times up to `atMs` are decided with it, and none after: what was due while it was paused is not caught up, and a clock that was ahead is made good. @returns false when there is none of this name */
  pauseSchedule(name: string, paused: boolean, atMs: number): Promise<boolean>;
  /**
   * Makes `owner` the one process that decides what becomes of this time, for `leaseMs`; renews it when it is already.
   * @returns undefined when another has it, when it is decided, or when the schedule is gone or, unless by hand, paused
   */
  claimTick(claim: TickClaim): Promise<Tick | undefined>;
  /**
   * Says what became of it, gives the claim back, and has all earlier times of the schedule decided too, unless it was set off by hand.
   * @returns false when it is not in the state before, or not `owner`'s any more
   */
  moveTick(
    tick: Pick<TickClaim, "schedule" | "dueMs" | "owner">,
    to: TickState,
    reason?: string,
  ): Promise<boolean>;
  /** Those that are `claimed` or `started`, of all schedules, and of those that are gone. */
  openTicks(): Promise<readonly Tick[]>;
  /** The last `limit` of a name, newest first. */
  ticks(schedule: string, limit: number): Promise<readonly Tick[]>;

  // — deliveries —
  /** Adds those with an id that is not on record, all in one transaction, ready to be sent. @returns how many were new */
  addDeliveries(deliveries: readonly NewDelivery[]): Promise<number>;
  /** Makes `owner` the one process that tries the oldest delivery to this sink that is due, for `leaseMs`; undefined when there is none. */
  claimDelivery(sink: string, owner: string, leaseMs: number): Promise<Delivery | undefined>;
  /** Puts a try on record, says what follows, and gives the claim back. @returns false when it is not `owner`'s any more, and nothing was changed */
  endTry(id: string, owner: string, made: DeliveryTry, end: DeliveryEnd): Promise<boolean>;
  /** Has one that failed tried again, from `atMs` on; its tries stay. @returns false when there is none that failed under this id */
  retryDelivery(id: string, atMs: number): Promise<boolean>;
  /** Newest first. */
  deliveries(filter: DeliveryFilter, limit: number): Promise<readonly Delivery[]>;

  /** Finishes what was asked for; every later call is refused. */
  close(): Promise<void>;
}
