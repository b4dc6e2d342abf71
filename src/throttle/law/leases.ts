/** What is on the wire, and whose it is: dead processes give their batches back, and nobody gets far ahead of the others (`throttle.md` 7.1, finding 7). */
import type { LawState, Lease, Member } from "./state.ts";
import { unlearn, unlevel } from "./window.ts";

/** Calls one process may be ahead of another that wants to send, in largest batches. */
const AHEAD_BATCHES = 2;
/** One that was granted a batch comes back within this, or does not want its share. */
export const WANTS_MS = 2_000;
/** A process that was silent for so long is forgotten. */
const FORGET_MS = 300_000;

export interface Tally {
  requests: number;
  calls: number;
  /** Those of them whose process is taken for dead: they hold their places, and prove nothing. */
  ghosts: number;
  ghostCalls: number;
  /** On trial: neither answered nor silent for long enough. */
  scouts: number;
  probes: number;
  lastProbeAt: number;
  /** When another process's last full batch left. */
  othersSentAt: number;
}

/**
 * Counts what is on the wire and drops leases nobody renewed.
 * @param process who asks; empty: nobody in particular
 */
export function tally(state: LawState, process: string, t: number): Tally {
  const sum = {
    requests: 0,
    calls: 0,
    ghosts: 0,
    ghostCalls: 0,
    scouts: 0,
    probes: 0,
    lastProbeAt: -1,
    othersSentAt: -1,
  };
  let last: Lease | undefined = undefined;
  for (const id in state.leases) {
    const lease = state.leases[id];
    if (lease === undefined) continue;
    // Renewed three times in the life of a lease: half of it without a word says that nobody renews it.
    if (!lease.ghost && t > (lease.aliveAt + lease.expiresAt) / 2) {
      lease.ghost = true;
      unlevel(state, lease);
      if (last === undefined || isOlder(lease, last)) last = lease;
    }
    if (lease.expiresAt <= t) {
      delete state.leases[id];
      continue;
    }
    sum.requests += 1;
    sum.calls += lease.calls;
    if (lease.ghost) {
      sum.ghosts += 1;
      sum.ghostCalls += lease.calls;
    }
    if (lease.scout && !lease.counted) sum.scouts += 1;
    if (lease.probe) {
      sum.probes += 1;
      sum.lastProbeAt = Math.max(sum.lastProbeAt, lease.sentAt);
    } else if (lease.process !== process) {
      sum.othersSentAt = Math.max(sum.othersSentAt, lease.sentAt);
    }
  }
  if (last !== undefined) unlearn(state, last, t);
  return sum;
}

/** Of ghosts the one whose word is oldest, and of those the one that knew least: whatever order they are found in. */
function isOlder(lease: Lease, than: Lease): boolean {
  if (lease.aliveAt !== than.aliveAt) return lease.aliveAt < than.aliveAt;
  if (lease.aliveVotes !== than.aliveVotes) return lease.aliveVotes < than.aliveVotes;
  if (lease.aliveW !== than.aliveW) return lease.aliveW < than.aliveW;
  if (lease.aliveOk !== than.aliveOk) return lease.aliveOk < than.aliveOk;
  return lease.aliveCeiling < than.aliveCeiling;
}

/** The member who asks; a new one starts level with the one that has least, so that it is not owed the past. */
export function memberOf(state: LawState, process: string, t: number): Member {
  let least = -1;
  for (const name in state.members) {
    const other = state.members[name];
    if (other === undefined) continue;
    if (t - other.seenAt > FORGET_MS) delete state.members[name];
    else if (name !== process && other.wantsUntil > t && (least < 0 || other.granted < least)) {
      least = other.granted;
    }
  }
  let member = state.members[process];
  if (member === undefined) {
    member = { granted: Math.max(0, least), seenAt: t, wantsUntil: t };
    state.members[process] = member;
  } else if (member.wantsUntil <= t && member.granted < least) {
    // It had nothing to send for a while.
    member.granted = least;
  }
  member.seenAt = t;
  return member;
}

/** True when this process is so far ahead that the others go first. */
export function isAhead(state: LawState, process: string, mostCalls: number, t: number): boolean {
  const own = state.members[process];
  if (own === undefined) return false;
  for (const name in state.members) {
    const other = state.members[name];
    if (other === undefined || name === process || other.wantsUntil <= t) continue;
    if (own.granted > other.granted + AHEAD_BATCHES * mostCalls) return true;
  }
  return false;
}

/** Processes that want to send now. */
export function wanting(state: LawState, t: number): number {
  let count = 0;
  for (const name in state.members) {
    const member = state.members[name];
    if (member !== undefined && member.wantsUntil > t) count += 1;
  }
  return Math.max(1, count);
}

/** @returns the lease, taken off the wire */
export function take(state: LawState, id: string): Lease | undefined {
  const lease = state.leases[id];
  if (lease !== undefined) delete state.leases[id];
  return lease;
}
