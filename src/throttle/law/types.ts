/**
 * What goes into the law and what comes out. Plain data only: the same functions run in Node and, translated to Lua, inside Redis.
 * Times named `…Ms` that cross this border are on the caller's clock; durations are in ms; paces are in calls per second.
 */

/** A sweep reads, a change writes; Exchange has had limits of their own for writes (`throttle.md` 1, 7.4). */
export type CallKind = "read" | "write";

/** What bounds the law from outside. The caller evaluates timetables: these hold at this moment. */
export interface LawSettings {
  /** Batches at once at the start, and never more than. */
  readonly startWindow: number;
  readonly maxWindow: number;
  /** Most calls in a batch. */
  readonly maxCalls: number;
  /** A lease that is not renewed is taken back after this long. */
  readonly leaseMs: number;
  /** A longer `Retry-After` is believed only this far. */
  readonly maxWaitMs: number;
  /** Share of requests that may be sent to see whether more is allowed; 0.02 is normal, 0 never asks for more. */
  readonly probeShare: number;
  /** Share of calls that may be refused to learn a pace; 0.003 is normal. */
  readonly wasteShare: number;
  /** Of what was found, at most this share is used: 0 (nothing leaves) to 100. */
  readonly sharePercent: number;
  /** The operator's bounds; absent: none. */
  readonly maxConcurrent?: number;
  readonly maxCallsPerSecond?: number;
  /** Bound of writes alone. */
  readonly maxWritesPerSecond?: number;
}

export interface LawAsk {
  /** Who asks; one name per process. */
  readonly process: string;
  /** Name of the lease to be made, never used before. */
  readonly lease: string;
  readonly kind: CallKind;
  /** Calls that wait in this process, at least 1. */
  readonly waiting: number;
  /** Most calls this asker would put into a batch, at least 1. */
  readonly maxCalls: number;
  /** 0 <= random < 1: spreads what would else happen in step. */
  readonly random: number;
}

export type Because =
  | "retry-after"
  | "half-open"
  | "window"
  | "pace"
  | "headers"
  | "budget"
  | "share"
  | "operator"
  | "destructive";

/** One batch of at most `calls` calls may leave now. */
export interface Go {
  readonly kind: "go";
  readonly calls: number;
  /** The lease ends then unless it is renewed, reported or given back. */
  readonly expiresAtMs: number;
  /** Sent to see whether one more is allowed. Choose calls that were never refused for it. */
  readonly scout: boolean;
}

/** Nothing may leave. Ask again at `untilMs`, or sooner when somebody reported. */
export interface Wait {
  readonly kind: "wait";
  readonly untilMs: number;
  readonly because: Because;
}

export type Answer = Go | Wait;

/** `Rate-Limit-*` of one reply (`exo-protocol.md` 3.3). */
export interface LawRate {
  readonly limit: number;
  readonly remaining: number;
  readonly resetInMs: number;
}

/** `Balance: a/b/c` of a micro-delay warning (`exo-protocol.md` 9.3). */
export interface LawBalance {
  readonly balanceMs: number;
  readonly rechargeMsPerHour: number;
  readonly cutoffMs: number;
}

/** What came of one batch, counted by the caller. Absurd numbers are brought into bounds by the law. */
export interface LawResult {
  /** Calls that were sent. */
  readonly calls: number;
  readonly tookMs: number;
  /** Calls that got an answer of their own, good or bad, that is no refusal to serve. */
  readonly passed: number;
  /** Calls refused because too many were running at once; all of them when the request was. */
  readonly slotRefused: number;
  /** Calls refused for anything else that is throttling, of which: */
  readonly refused: number;
  /** ... a later call of the same batch passed, */
  readonly passedBy: number;
  /** ... no later call passed, but this mailbox was told to wait alone before, or is refused for the third time in a row. */
  readonly knownBusy: number;
  /** The request itself was refused, not items inside an answer. */
  readonly whole: boolean;
  /** Longest one that was named, if any. */
  readonly retryAfterMs?: number;
  readonly rate?: LawRate;
  readonly balance?: LawBalance;
  /** The batch had too many calls for the service. */
  readonly tooLarge: boolean;
  /** No answer, or one that says nothing about the throttle: 5xx, reset, timeout. */
  readonly fault: boolean;
}

/** Which of the refused calls wait by themselves and are sent again without regard to the tenant's gate (`throttle.md` finding 7). */
export type Alone = "none" | "passed-by" | "all";

/** What a report changed, for events. Windows in batches, paces in calls per second; an absent pace is none. */
export interface Reaction {
  /** Of the slot-refused calls nothing is said here: they wait for the next place. */
  readonly alone: Alone;
  /** Nobody may send before; 0 when the gate is open. */
  readonly closedUntilMs: number;
  /** This report closed it, or moved the instant. */
  readonly closed: boolean;
  readonly windowFrom: number;
  readonly windowTo: number;
  readonly paceFrom?: number;
  readonly paceTo?: number;
  readonly callsFrom: number;
  readonly callsTo: number;
  /** Somebody who waits could go now: wake the others. */
  readonly roomy: boolean;
}

/** Everything `throttle show` prints. Absent: not known, or not bounded by it. */
export interface LawView {
  readonly closedUntilMs: number;
  readonly reopening: boolean;
  readonly window: number;
  /** Most at once that was proven to pass, and what was refused. */
  readonly windowProven: number;
  readonly windowCeiling?: number;
  readonly windowSinceMs: number;
  readonly windowUnit: "requests" | "calls";
  readonly inFlight: number;
  readonly inFlightCalls: number;
  readonly maxCalls: number;
  readonly pace?: number;
  readonly paceFrom?: "refusals" | "headers" | "budget" | "start" | "operator";
  readonly paceSinceMs?: number;
  readonly writePace?: number;
  readonly headers?: {
    readonly limit: number;
    readonly remaining: number;
    readonly resetAtMs: number;
    readonly unit: "requests" | "calls";
    /** False after they were wrong too often. */
    readonly believed: boolean;
  };
  readonly budget?: {
    readonly balanceMs: number;
    readonly rechargeMsPerHour: number;
    readonly cutoffMs: number;
    readonly atMs: number;
  };
  /** Every call is being delayed without a word: batches at once are held to this. */
  readonly delayedWindow?: number;
  readonly processes: number;
  /** What the last one who had to wait waited for. */
  readonly binds?: Because;
  /** Share of the time in which the limit, and not a lack of work, decided when the next batch left, 0 to 1. */
  readonly used: number;
  readonly callsPassed: number;
  readonly callsRefused: number;
  /** The limit moved: when and which way, if it did lately. */
  readonly movedAtMs?: number;
  readonly movedUp?: boolean;
}
