/** What happens to a state besides asking and reporting: leases are kept or given back, a closing is heard of, a share or a night begins. */
import { newBeat } from "./beat.ts";
import { newGate } from "./gate.ts";
import { newQuota } from "./quota.ts";
import { advance } from "./clock.ts";
import { take } from "./leases.ts";
import { paceOf } from "./pace.ts";
import type { LawState } from "./state.ts";
import type { LawSettings } from "./types.ts";
import { unsend } from "./unsend.ts";

/** @returns the new expiry, or undefined when the lease is not known any more */
export function renew(
  state: LawState,
  lease: string,
  settings: LawSettings,
  nowMs: number,
): number | undefined {
  const t = advance(state, nowMs);
  const found = state.leases[lease];
  if (found === undefined) return undefined;
  found.expiresAt = t + settings.leaseMs;
  found.aliveAt = t;
  found.aliveW = state.window.w;
  found.aliveOk = state.window.ok;
  found.aliveCeiling = state.window.ceiling;
  found.aliveVotes = state.window.itemVotes;
  found.ghost = false;
  return found.expiresAt + state.baseMs;
}

/** Nothing was sent. */
export function giveBack(state: LawState, id: string, nowMs: number): void {
  advance(state, nowMs);
  const lease = take(state, id);
  if (lease === undefined) return;
  unsend(state, lease, paceOf(state, lease.kind), lease.calls);
  const member = state.members[lease.process];
  if (member !== undefined) member.granted -= lease.calls;
  if (state.beat.canaryLease === id) state.beat.canaryLease = "";
  if (state.gate.half === 2 && lease.sentAt >= state.gate.scoutAt) state.gate.half = 1;
}

/** Somebody knows that nobody may send before `untilMs`: a process that heard it while the state was lost. */
export function close(state: LawState, untilMs: number, settings: LawSettings, nowMs: number): void {
  const t = advance(state, nowMs);
  const untilAt = Math.min(untilMs - state.baseMs, t + settings.maxWaitMs);
  if (untilAt <= state.gate.untilAt || untilAt <= t) return;
  state.gate.untilAt = untilAt;
  state.gate.half = 1;
  state.gate.explained = true;
}

/** What one of so many processes may do by itself while the shared state is away. Takes over a copy of the state last seen. */
export function ownShare(state: LawState, processes: number, nowMs: number): void {
  advance(state, nowMs);
  state.parts = Math.max(1, processes);
  shrinkWindow(state, state.parts);
  state.window.ceiling = state.window.w;
  state.leases = {};
  state.members = {};
}

/** Makes of a state that was kept from an earlier night one to start with: half of what was found, nothing on the wire. */
export function resume(state: LawState, nowMs: number): void {
  const t = advance(state, nowMs);
  state.parts = 1;
  shrinkWindow(state, 2);
  state.window.ceiling = 0;
  state.leases = {};
  state.members = {};
  // A Retry-After that is still running holds; everything else about the gate is over.
  const untilAt = state.gate.untilAt;
  state.gate = newGate();
  if (untilAt > t) {
    state.gate.untilAt = untilAt;
    state.gate.half = 1;
  }
  state.quota = newQuota();
  state.beat = newBeat();
  for (const pace of [state.paces.read, state.paces.write]) {
    pace.rate /= 2;
    pace.held = pace.rate;
    pace.holdUntil = t;
    pace.step = 0;
    pace.clean = false;
    pace.cycleFrom = t;
    pace.calls = 0;
    pace.requests = 0;
    pace.cost = 0;
    pace.lastCalls = 0;
    pace.lastRequests = 0;
    pace.trialUntil = 0;
  }
}

function shrinkWindow(state: LawState, by: number): void {
  const { window } = state;
  window.w = Math.max(1, Math.floor(window.w / by));
  window.ok = Math.floor(window.ok / by);
  window.changedAt = state.t;
  window.cutAt = state.t;
}
