/** What was counted when a batch left is taken back. */
import { countsRequests } from "./quota.ts";
import type { LawState, Lease, Pace } from "./state.ts";

/** What was refused was not accepted, and cost nothing. */
export function unsend(state: LawState, lease: Lease, pace: Pace, calls: number): void {
  pace.calls = Math.max(0, pace.calls - calls);
  if (calls >= lease.calls) pace.requests = Math.max(0, pace.requests - 1);
  pace.tokens += calls;
  state.beat.usedCalls = Math.max(0, state.beat.usedCalls - calls);
  if (calls >= lease.calls) state.beat.usedRequests = Math.max(0, state.beat.usedRequests - 1);
  state.quota.left += countsRequests(state.quota) ? 1 : calls;
}
