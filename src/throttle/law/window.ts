/**
 * How much may be on the wire: the limit is found by single calls sent above what is proven, and read off the refusal: so many were
 * out, so many of them came back meanwhile (`throttle.md` findings 2 and 4). Counted in requests until calls are proven to count.
 */
import type { Tally } from "./leases.ts";
import type { LawState, Lease, Window } from "./state.ts";
import type { LawSettings } from "./types.ts";

const CALM_MS = 400;
const PROBE_AGE = 0.2;
const PROBE_SOONEST_MS = 5_000;
/** Longer than this is not how long a refusal takes, but a wait in between. */
const REJECTION_MOST_MS = 5_000;
const ITEM_PROOF = 2;
/** A single call tells requests from calls only where far fewer calls are on the wire than when a batch was refused. */
const CONTRAST = 0.5;
/** Of what came back while a call was under way, so much is taken off: the rest is always under way. */
const ITEM_GONE = 0.2;
const ITEM_PROBE = 3;
const ITEM_ADJUST_MS = 1_000;
const DOUBT_MS = 8_000;
/** Or so many answers: where calls are quick, more of them tell nothing new, and each is a place that carries one call instead of twenty. */
const DOUBT_ANSWERS = 60;
const AUDIT_CALLS = 8;
const AUDIT_FIRST_MS = 30_000;
const AUDIT_LAST_MS = 600_000;

export function newWindow(): Window {
  return {
    w: 0,
    ok: 0,
    ceiling: 0,
    changedAt: 0,
    grownAt: 0,
    cutAt: -1,
    cuts: 0,
    stillUntil: 0,
    probedAt: 0,
    probedAnswers: 0,
    rejectionMs: 0,
    quickestMs: 0,
    itemVotes: 0,
    doubtLevel: 0,
    doubtCalls: 0,
    auditAt: 0,
    auditMs: 0,
    auditW: 0,
    itemCalls: 1,
    itemAt: 0,
  };
}

export function countsCalls(window: Window): boolean {
  return window.itemVotes >= ITEM_PROOF;
}

export function loadOf(window: Window, requests: number, calls: number): number {
  return countsCalls(window) ? calls : requests;
}

/** Silence for so long is a yes: a refusal comes back in one round trip. */
export function confirmMs(window: Window): number {
  let ms = CALM_MS;
  if (window.rejectionMs > 0) ms = 3 * window.rejectionMs;
  else if (window.quickestMs > 0) ms = window.quickestMs;
  return Math.max(150, Math.min(1_500, ms));
}

/** A single call may go above the ceiling to see whether it moved. */
export function isProbeDue(state: LawState, sum: Tally, settings: LawSettings, t: number): boolean {
  const { window } = state;
  if (window.ceiling === 0 || settings.probeShare <= 0 || sum.probes > 0 || t < window.stillUntil)
    return false;
  const sinceMs = t - window.probedAt;
  if (sinceMs < PROBE_SOONEST_MS) return false;
  // Where calls count, a probe costs as much as any batch.
  if (countsCalls(window)) return state.answers - window.probedAnswers >= ITEM_PROBE / settings.probeShare;
  // A limit that moved lately moves again sooner.
  if (sinceMs >= PROBE_AGE * (t - window.changedAt)) return true;
  return state.answers - window.probedAnswers >= 1 / settings.probeShare;
}

/** Where calls seem to count, a batch larger than the room that is left shows now and then whether they do. @returns its size, 0: not now */
export function auditSize(state: LawState, load: number, most: number, t: number): number {
  const { window } = state;
  if (!countsCalls(window) || load + 1 !== Math.floor(window.w) || window.ok < load) return 0;
  if (window.auditMs === 0) {
    window.auditMs = AUDIT_FIRST_MS;
    window.auditAt = t;
  }
  if (t - window.auditAt < window.auditMs) return 0;
  window.auditAt = t;
  return Math.min(AUDIT_CALLS, most);
}

/** Where calls count, small batches hold their places shortest; larger ones pay only while something else than places binds. */
export function adjustItemCalls(window: Window, load: number, paced: boolean, most: number, t: number): void {
  if (!countsCalls(window) || t - window.itemAt < ITEM_ADJUST_MS) return;
  window.itemAt = t;
  if (!paced) window.itemCalls = Math.max(1, window.itemCalls - 1);
  else if (load < 0.7 * window.w) window.itemCalls = Math.min(most, window.itemCalls + 1);
}

/** Most scouts whose fate is unknown. */
export function scoutsAllowed(window: Window): number {
  return Math.max(2, Math.floor(window.ok / 4));
}

/** Somebody would send more if he might. */
export function grow(window: Window, most: number, t: number): void {
  const top = window.ceiling > 0 ? Math.min(window.ceiling, most) : most;
  if (
    window.w >= top ||
    t < window.stillUntil ||
    window.ok + Math.max(1, window.w / 10) <= Math.floor(window.w)
  )
    return;
  if (t - window.grownAt < confirmMs(window)) return;
  window.w = Math.min(top, window.w + Math.max(1, window.w / 5));
  window.grownAt = t;
}

/** Takes silence for a yes, and remembers what came back while a batch was under way. */
export function watch(state: LawState, t: number): void {
  const { window } = state;
  const underwayMs = window.rejectionMs > 0 ? window.rejectionMs : 80;
  const calmMs = confirmMs(window);
  for (const id in state.leases) {
    const lease = state.leases[id];
    if (lease === undefined || lease.counted) continue;
    if (lease.gone < 0 && t - lease.sentAt >= underwayMs) lease.gone = goneSince(state, lease);
  }
  // In the order they left: what one proves decides what the next one does.
  for (;;) {
    let first: Lease | undefined = undefined;
    for (const id in state.leases) {
      const lease = state.leases[id];
      if (lease === undefined || lease.counted || t - lease.sentAt < calmMs) continue;
      if (first === undefined || leftBefore(lease, first)) first = lease;
    }
    if (first === undefined) return;
    prove(state, first, t);
  }
}

function leftBefore(lease: Lease, other: Lease): boolean {
  if (lease.sentAt !== other.sentAt) return lease.sentAt < other.sentAt;
  if (lease.answers !== other.answers) return lease.answers < other.answers;
  if (lease.level !== other.level) return lease.level < other.level;
  return lease.callsLevel < other.callsLevel;
}

/** Remembers what came back while a batch was under way, unless that is known already. */
export function noteGone(state: LawState, lease: Lease): void {
  if (lease.gone < 0) lease.gone = goneSince(state, lease);
}

function goneSince(state: LawState, lease: Lease): number {
  return countsCalls(state.window)
    ? ITEM_GONE * (state.answeredCalls - lease.answeredCalls)
    : state.answers - lease.answers;
}

/** A batch that was not refused proves what was on the wire with it. */
export function prove(state: LawState, lease: Lease, t: number): void {
  const { window } = state;
  if (lease.counted) return;
  lease.counted = true;
  if (lease.sentAt <= window.cutAt) return;
  const gone = lease.gone >= 0 ? lease.gone : goneSince(state, lease);
  const level = countsCalls(window) ? lease.callsLevel + lease.calls : lease.level + 1;
  const proven = level - gone;
  if (lease.calls === 1 && window.doubtCalls > 0 && !countsCalls(window)) judgeUnit(state, lease, true);
  if (countsCalls(window) && lease.probe && lease.calls > 1) {
    auditPassed(window, t);
    return;
  }
  if (proven <= window.ok) {
    // A place became free just then: the probe showed nothing, and another is due soon.
    if (lease.probe) window.probedAnswers = 0;
    return;
  }
  window.ok = proven;
  if (proven > window.w) {
    if (lease.probe) {
      state.movedAt = t;
      state.movedUp = true;
    }
    window.w = proven;
  }
  if (window.ceiling > 0 && proven > window.ceiling) {
    window.ceiling = 0;
    window.changedAt = t;
  }
}

/** The process of a batch is dead: since it last showed life its place was counted though nothing was in it. */
export function unlevel(state: LawState, ghost: Lease): void {
  for (const id in state.leases) {
    const lease = state.leases[id];
    if (lease === undefined || lease.counted || lease.sentAt < ghost.aliveAt) continue;
    lease.level = Math.max(0, lease.level - 1);
    lease.callsLevel = Math.max(0, lease.callsLevel - ghost.calls);
  }
}

/**
 * What passed beside a dead process since it last showed life proved less than it seemed to, of how many fit and of what is counted: a window
 * that grew by that would end in refusals which look like a limit that moved.
 * @param ghost of several the one whose word is oldest
 */
export function unlearn(state: LawState, ghost: Lease, t: number): void {
  const { window } = state;
  if (window.cutAt >= ghost.aliveAt) window.doubtCalls = 0;
  const misread = countsCalls(window) && ghost.aliveVotes < ITEM_PROOF;
  window.itemVotes = Math.min(window.itemVotes, ghost.aliveVotes);
  if (!misread && window.w <= ghost.aliveW) return;
  window.w = ghost.aliveW;
  window.ok = misread ? ghost.aliveOk : Math.min(window.ok, ghost.aliveOk);
  window.ceiling = ghost.aliveCeiling;
  window.changedAt = t;
}

/** More calls came through than there were places: the limit was raised, or, if it happens again at the same window, requests count. */
function auditPassed(window: Window, t: number): void {
  const again = window.auditW > 0 && window.w <= window.auditW;
  window.auditMs = AUDIT_FIRST_MS;
  window.auditW = window.w;
  window.ceiling = 0;
  window.changedAt = t;
  if (!again) return;
  window.itemVotes = 0;
  window.auditMs = 0;
  window.auditW = 0;
  window.w = Math.max(1, Math.floor(window.w / 8));
  window.ok = 0;
  window.cutAt = t;
}

/** For a moment after a doubtful refusal only single calls are sent: they tell calls from requests. */
export function isDoubting(window: Window, answers: number, t: number): boolean {
  return (
    window.doubtCalls > 0 &&
    window.itemVotes > -2 &&
    !countsCalls(window) &&
    t - window.cutAt < DOUBT_MS &&
    answers - window.probedAnswers < DOUBT_ANSWERS
  );
}

/** Too many at once. The limit is what was out less what came back since. */
export function slotRefused(
  state: LawState,
  lease: Lease,
  tookMs: number,
  retryAfterMs: number,
  t: number,
): void {
  const { window } = state;
  if (tookMs < REJECTION_MOST_MS) {
    window.rejectionMs = window.rejectionMs > 0 ? 0.8 * window.rejectionMs + 0.2 * tookMs : tookMs;
  }
  // Its Retry-After binds the place and further growth, not the tenant (finding 5).
  if (retryAfterMs > 0) window.stillUntil = Math.max(window.stillUntil, t + retryAfterMs);
  if (lease.sentAt <= window.cutAt) {
    return;
  }
  const level = countsCalls(window) ? lease.callsLevel : lease.level;
  const limit = Math.max(1, level - Math.max(0, lease.gone));
  if (lease.calls === 1 && window.doubtCalls > 0 && !countsCalls(window)) judgeUnit(state, lease, false);
  if (lease.scout || (lease.probe && lease.calls === 1)) {
    const edge = Math.max(window.ok, Math.min(window.w, limit));
    window.ceiling = edge;
    if (!lease.probe && edge < window.w) {
      window.w = edge;
      window.changedAt = t;
    }
    window.grownAt = t;
    return;
  }
  surprise(state, lease, limit, t);
}

/** A full batch was refused below what was proven: the limit moved, a neighbour came, or calls are counted and not requests. */
function surprise(state: LawState, lease: Lease, limit: number, t: number): void {
  const { window } = state;
  if (!countsCalls(window) && lease.calls > 1) {
    window.doubtLevel = lease.level;
    window.doubtCalls = lease.callsLevel + lease.calls;
    // Alone on the wire, only its own size can have been too much.
    if (limit <= 1 && lease.level === 0) window.itemVotes += 1;
  }
  if (countsCalls(window) && lease.probe && lease.calls > 1) {
    window.auditMs = Math.min(AUDIT_LAST_MS, 2 * window.auditMs);
    window.auditW = 0;
    return;
  }
  window.cutAt = t;
  window.cuts += 1;
  window.ok = Math.floor(limit / 2);
  // One place more for a single call, which tells a smaller limit from calls that are counted.
  const retest = window.doubtCalls > 0 && window.itemVotes > -2 ? 1 : 0;
  window.w = Math.max(1, Math.min(window.w, limit + retest));
  window.ceiling = window.w;
  window.changedAt = t;
  window.grownAt = t;
  window.probedAt = t;
  window.probedAnswers = state.answers;
  state.movedAt = t;
  state.movedUp = false;
}

/** A single call at the level where a batch was refused: if it passes, calls are counted. */
function judgeUnit(state: LawState, lease: Lease, passed: boolean): void {
  const { window } = state;
  if (passed) {
    if (lease.level < window.doubtLevel || lease.callsLevel + 1 > CONTRAST * window.doubtCalls) return;
    window.itemVotes += 1;
  } else {
    if (lease.level > window.doubtLevel || lease.callsLevel + 1 > CONTRAST * window.doubtCalls) return;
    window.itemVotes = Math.max(-2, window.itemVotes - 1);
  }
  const callsThen = window.doubtCalls;
  window.doubtCalls = 0;
  if (!countsCalls(window)) return;
  window.ok = 1;
  window.w = Math.max(1, Math.floor(callsThen / 2));
  window.ceiling = 0;
  window.changedAt = state.t;
}
