/**
 * journal: the durable record of manifests, outcomes and rows. What it has answered is on disk; Redis may lose everything else.
 * Never talks to Exchange or Redis. The only home of node:sqlite and pg.
 */
export { INTENT_ENDS } from "./contract/intents.ts";
export { IN_DOUBT, isInDoubt, OUTCOMES } from "./contract/outcomes.ts";
export { isComplete, RUN_STATES, isOver } from "./contract/runs.ts";
export { JournalError, RunOpenError } from "./contract/errors.ts";
export { DELIVERY_STATES } from "./deliveries.ts";
export type {
  Delivery,
  DeliveryEnd,
  DeliveryFilter,
  DeliveryState,
  DeliveryTry,
  NewDelivery,
  Unsent,
} from "./deliveries.ts";
export { MISSED_WORDS } from "./schedules.ts";
export type { MissedWord, NewSchedule, ScheduleRecord, Tick, TickState } from "./schedules.ts";
export { BundleError } from "./bundle/parse.ts";
export { verifyBundle } from "./bundle/verify.ts";
export { openPostgresJournal } from "./postgres/load.ts";
export { openSqliteJournal } from "./sqlite/open.ts";
export { openThreadedJournal } from "./sqlite/threaded.ts";
export type { BundleVerification } from "./bundle/verify.ts";
export type { AccessLead, NewRow, PlacedRow, RowsUnder, StoredRow, UnindexedRows } from "./contract/rows.ts";
export type { BundleCounts, Verification } from "./contract/proofs.ts";
export type { CallCounts, NewRun, RunChain, RunRecord, RunState } from "./contract/runs.ts";
export type { Decision, Settlement, SettleResult } from "./contract/settlements.ts";
export type { IndexEntry } from "./contract/principals.ts";
export type { RunEvent } from "./contract/run-notes.ts";
export type { Intent, IntentEnd, NewIntent, OpenIntentResult } from "./contract/intents.ts";
export type { Journal } from "./journal.ts";
export type { Json } from "./contract/json.ts";
export type {
  NewTarget,
  Target,
  TargetFilter,
  TargetKind,
  TargetPair,
  TargetStatus,
} from "./contract/targets.ts";
export type { Outcome } from "./contract/outcomes.ts";
