/**
 * Where the fault suite may reach into this process: named places to die at, and named defects to have. Without the suite's own module
 * loaded before everything else (`node --import`), which puts a switchboard under this symbol, nothing here does anything.
 */

/** Every durable step, by what is on disk when the process dies there. */
export const CRASH_POINTS = [
  "run.created",
  "manifest.cleared",
  "manifest.part-added",
  "manifest.before-seal",
  "manifest.sealed",
  "preflight.begun",
  "run.moved",
  "tasks.before-add",
  "tasks.added",
  "task.taken",
  "target.loaded",
  "rows.staged",
  "reply.before-settle",
  "settle.before-commit",
  "settle.committed",
  "task.before-ack",
  "write.before-look",
  "write.before-intent",
  "intent.before-commit",
  "intent.committed",
  "write.sent",
  "write.answered",
  "doubt.before-snooze",
  "doubt.before-look",
  "doubt.looked",
  "doubt.before-end",
  "doubt.ended",
  "decision.before-commit",
  "decision.committed",
  "redrive.part-opened",
  "redrive.before-move",
  "cancel.before-settle",
  "cancel.part-settled",
  "limits.before-pause",
  "canary.before-release",
  "group.kept",
  "run.before-seal",
  "access.part-indexed",
  "summary.written",
  "run.sealed",
  "export.before-rename",
  "bundle.before-rename",
] as const;

/** Those of a time that a schedule is due at: taken on, its run there, put on record. */
export const TICK_CRASH_POINTS = ["tick.claimed", "tick.run-started", "tick.moved"] as const;

/** Those of what follows a night: no run of a job comes by them. */
export const NIGHT_CRASH_POINTS = [
  "night.judged",
  "delivery.written",
  "delivery.claimed",
  "delivery.answered",
  "delivery.ended",
] as const;
export type CrashPoint =
  | (typeof CRASH_POINTS)[number]
  | (typeof TICK_CRASH_POINTS)[number]
  | (typeof NIGHT_CRASH_POINTS)[number];

/** Defects the suite must notice. What each does stands where it is asked for. */
export const PLANTED_BUGS = [
  "acknowledge-before-journal",
  "retry-lost-write",
  "retry-lost-once",
  "ignore-missing-item",
  "skip-seal-check",
  "count-throttles-as-failures",
  "skip-intent",
  "skip-deadline",
  "skip-settle-window",
  "one-look-is-enough",
  "resend-without-look",
  "look-on-other-connection",
  "ignore-conflict",
  "trust-redis-as-record",
  "truncated-page-is-whole",
  "lose-staged-rows",
  "settle-twice",
  "send-while-paused",
  "send-after-cancel",
  "cancel-claims-unsent",
  "guess-ok",
  "redrive-resends-ok",
  "ignore-retry-after",
  "accept-foreign-rows",
  "quarantine-neighbours",
  "accept-edited-line",
  "foreign-token",
  "skip-approval",
] as const;
export type PlantedBug = (typeof PLANTED_BUGS)[number];

/** What the suite's module puts in. */
export interface Switchboard {
  reached(point: CrashPoint): void;
  has(bug: PlantedBug): boolean;
}

const SWITCHBOARD = Symbol.for("exosweep.test-points");

/** Under the suite this process may end here. */
export function crashPoint(point: CrashPoint): void {
  switchboard()?.reached(point);
}

/** Whether the suite wants this process to be wrong in this way. */
export function planted(bug: PlantedBug): boolean {
  return switchboard()?.has(bug) ?? false;
}

function switchboard(): Switchboard | undefined {
  const board: unknown = Reflect.get(globalThis, SWITCHBOARD);
  return isSwitchboard(board) ? board : undefined;
}

function isSwitchboard(value: unknown): value is Switchboard {
  return typeof value === "object" && value !== null && "reached" in value && "has" in value;
}
