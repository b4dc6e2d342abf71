/** What is remembered about one tenant and app: plain, small, serialisable. Times inside are on the law's own clock (`clock.ts`), in ms; paces in calls per second. */
import type { Because, CallKind } from "./types.ts";

/** One batch on the wire. */
export interface Lease {
  process: string;
  kind: CallKind;
  calls: number;
  sentAt: number;
  expiresAt: number;
  /** When its process last showed that it lives, and what was known of the window then. */
  aliveAt: number;
  aliveW: number;
  aliveOk: number;
  aliveCeiling: number;
  aliveVotes: number;
  /** Its process is silent for so long that it is taken for dead. */
  ghost: boolean;
  /** Batches and calls that were on the wire when it left. */
  level: number;
  callsLevel: number;
  /** Batches and calls answered in total when it left. */
  answers: number;
  answeredCalls: number;
  /** Load (`window.ts`) answered while it was under way to the service; -1: not known yet. */
  gone: number;
  scout: boolean;
  /** Sent above the window. */
  probe: boolean;
  /** Its silence or its answer has been taken for a yes. */
  counted: boolean;
}

export interface Member {
  /** Calls it was granted. */
  granted: number;
  seenAt: number;
  /** Until then it is taken to want its share. */
  wantsUntil: number;
}

export interface Gate {
  untilAt: number;
  closedAt: number;
  /** 0 open, 1 waits for somebody to go first, 2 the first one is out. */
  half: number;
  scoutAt: number;
  /** Refusals in a row, nothing passed between. */
  fails: number;
  /** Headers, balance or beat foretold the last refusal: nothing to learn from it. */
  explained: boolean;
  /** A single call was refused: it, or the tenant? The next one tells. */
  doubtAt: number;
}

export interface Window {
  /** Load that may be on the wire. */
  w: number;
  /** Most that was proven to pass. */
  ok: number;
  /** What was refused last; 0: nothing yet. */
  ceiling: number;
  changedAt: number;
  grownAt: number;
  /** Surprises: refusals below what was proven. */
  cutAt: number;
  cuts: number;
  /** No growth before. */
  stillUntil: number;
  probedAt: number;
  probedAnswers: number;
  /** How long a refusal takes, smoothed; 0: none yet. */
  rejectionMs: number;
  /** Shortest batch of one call; a refusal is no slower. */
  quickestMs: number;
  /** Positive: places are counted in calls; else in requests. */
  itemVotes: number;
  /** A batch of several was refused with so many batches and, itself included, calls on the wire; 0 calls: no doubt. */
  doubtLevel: number;
  doubtCalls: number;
  auditAt: number;
  auditMs: number;
  auditW: number;
  /** Calls a batch may carry where calls are counted. */
  itemCalls: number;
  itemAt: number;
}

/** A bucket of calls that may leave. */
export interface Tokens {
  tokens: number;
  tokensAt: number;
}

/** What is learned from refusals, for one kind of calls. */
export interface Pace extends Tokens {
  /** 0: none learned. */
  rate: number;
  /** Before growth began. */
  held: number;
  since: number;
  holdUntil: number;
  holdMs: number;
  /** Next step of growth, and when. */
  step: number;
  stepAt: number;
  events: number;
  /** Since the last opening: calls and requests sent and not refused, and when that was. */
  cycleFrom: number;
  calls: number;
  requests: number;
  /** The cycle began at an opening, so the limit was used up when it began. */
  clean: boolean;
  /** Calls that fitted at its start, and at its end: the sizes of the batches whose Retry-After was obeyed. */
  stockFrom: number;
  stockTo: number;
  /** Calls lost to the refusals that closed the gate. */
  cost: number;
  /** Openings in a row after which nothing passed. */
  shut: number;
  /** Positive: each request counts as a full batch; negative: calls are counted. 0: not known. */
  unit: number;
  /** Calls and requests a second in the cycle before. */
  lastCalls: number;
  lastRequests: number;
  /** Until then batches of half the size show what is counted. */
  trialUntil: number;
}

/** So many calls until an instant: read from headers, or learned from refusals that all end at one instant. */
export interface Quota {
  limit: number;
  left: number;
  resetAt: number;
  periodMs: number;
  readAt: number;
  /** What the reading before said, and how far they fell since the last vote on what is counted, while so much passed. */
  lastLeft: number;
  fall: number;
  calls: number;
  requests: number;
  /** Positive: requests are counted. */
  unit: number;
  filledAt: number;
  /** Positive: a bucket that fills, at this many a second. */
  fill: number;
  bucketVotes: number;
  misreads: number;
  misreadAt: number;
  blindUntil: number;
}

/** A fixed window without headers, seen by where its refusals end. */
export interface Beat {
  /** 0 unknown, 1 suspected: the next one is run fast to measure it, 2 known. */
  known: number;
  /** Suspicions that proved wrong. */
  wrong: number;
  resetAt: number;
  /** The wait that was named last. */
  saidMs: number;
  periodMs: number;
  calls: number;
  requests: number;
  usedCalls: number;
  usedRequests: number;
  canaryAt: number;
  /** Calls passed since the last one that was refused. */
  sinceCanary: number;
  canarySize: number;
  canaryLease: string;
}

export interface Budget {
  balanceMs: number;
  rechargeMsPerHour: number;
  cutoffMs: number;
  /** -1: never read. */
  at: number;
}

/** Delays that nobody tells of, seen by the time single calls take. */
export interface Marks {
  /** Bound of the load; 0: none. */
  w: number;
  /** Lower quartile of undisturbed single calls. */
  baseMs: number;
  /** Time per call of undisturbed full batches. */
  batchBaseMs: number;
  /** Single calls of this round, shortest first, of which `count` are filled. */
  samples: number[];
  count: number;
  /** A round is wanted. */
  wanted: boolean;
  /** Full batches of this epoch. */
  epochAt: number;
  epochMs: number;
  epochCalls: number;
  /** Single calls heard of, outside rounds. */
  singles: number;
  /** How much longer single calls take of late, smoothed. */
  lag: number;
  /** Time per call, smoothed. */
  callMs: number;
  /** How many times longer quick calls took in the round before. */
  lastQ: number;
  quietUntil: number;
  load: number;
}

export interface LawState {
  version: number;
  /** Caller's clock minus ours. */
  baseMs: number;
  t: number;
  answers: number;
  answeredCalls: number;
  passed: number;
  refused: number;
  /** Step-down after "too large"; 0: none. */
  mostCalls: number;
  movedAt: number;
  movedUp: boolean;
  lastWait: Because | "";
  /** Processes that each run a law of their own on a copy: paces are divided by it. 1: one law for all. */
  parts: number;
  /** The last asker had to wait; time since, and time of that in all (`clock.ts`). */
  bound: boolean;
  usedAt: number;
  openMs: number;
  fullMs: number;
  /** Refusals of the tenant came as items inside an answer, so silence is no yes. */
  itemwise: number;
  gate: Gate;
  window: Window;
  paces: { read: Pace; write: Pace };
  /** The operator's bound on calls of both kinds. */
  cap: Tokens;
  quota: Quota;
  beat: Beat;
  budget: Budget;
  marks: Marks;
  leases: Record<string, Lease>;
  members: Record<string, Member>;
}
