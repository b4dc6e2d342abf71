/**
 * runs: the heart. A run from plan to report: enumerate, execute, settle, seal; pause, resume, cancel, redrive.
 * Promises one outcome for every line of the manifest, whatever dies in between. Never speaks HTTP or SQL itself.
 */
export { announce, newWorkerId } from "./announce.ts";
export { COUNTED_MS } from "./call-tally.ts";
export type { LimitChange, Limits } from "./limits.ts";
export { DECISIONS } from "./run-service.ts";
export { RunDirectory } from "./directory.ts";
export { mailboxEntry } from "./mailbox.ts";
export { readLive } from "./read-live.ts";
export { RunError } from "./errors.ts";
export { LISTING_ROLE, LISTINGS } from "./listings.ts";
export { pauseCauseOf } from "./pause.ts";
export type { PauseCause } from "./pause.ts";
export type {
  DecisionWord,
  Doubt,
  RunPlan,
  RunService,
  RunSnapshot,
  Selection,
  StartOptions,
} from "./run-service.ts";
export { DEFAULT_TYPES, describeScope, isImported, MOST_CHANGES, scopeSchema } from "./scope.ts";
export type { Scope } from "./scope.ts";
export { newRunId } from "./starting.ts";
export { createRunService } from "./service.ts";
export { mailboxTarget } from "./targets.ts";
export { startWorker } from "./worker.ts";
export type { Worker, WorkerRole } from "./worker.ts";
