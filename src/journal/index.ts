/**
 * journal: the durable record of manifests, outcomes and rows. What it has answered is on disk; Redis may lose everything else.
 * Never talks to Exchange or Redis. The only home of node:sqlite and pg.
 */
export {
  INTENT_ENDS,
  IN_DOUBT,
  isComplete,
  isInDoubt,
  JournalError,
  OUTCOMES,
  RUN_STATES,
  RunOpenError,
  isOver,
} from "./journal.ts";
export { DELIVERY_STATES } from "./deliveries.ts";
export type {
  Delivery,
  DeliveryEnd,
  DeliveryFilter,
  DeliveryState,
  DeliveryTry,
  NewDelivery,
} from "./deliveries.ts";
export { MISSED_WORDS } from "./schedules.ts";
export type { MissedWord, NewSchedule, ScheduleRecord, Tick, TickState } from "./schedules.ts";
export { BundleError } from "./bundle/parse.ts";
export { verifyBundle } from "./bundle/verify.ts";
export { openPostgresJournal } from "./postgres/load.ts";
export { openSqliteJournal } from "./sqlite/open.ts";
export { openThreadedJournal } from "./sqlite/threaded.ts";
export type { BundleVerification } from "./bundle/verify.ts";
export type {
  AccessLead,
  BundleCounts,
  CallCounts,
  Decision,
  IndexEntry,
  Intent,
  IntentEnd,
  Journal,
  Json,
  NewIntent,
  NewRow,
  NewRun,
  NewTarget,
  OpenIntentResult,
  Outcome,
  PlacedRow,
  RunChain,
  RunEvent,
  RunRecord,
  RunState,
  Settlement,
  SettleResult,
  StoredRow,
  Target,
  TargetFilter,
  TargetKind,
  TargetPair,
  TargetStatus,
  UnindexedRows,
  Verification,
} from "./journal.ts";
