/** A state that knows nothing yet. */
import { newBeat } from "./beat.ts";
import { newGate } from "./gate.ts";
import { newMarks } from "./marks.ts";
import { newPace } from "./pace.ts";
import { newQuota } from "./quota.ts";
import type { LawState } from "./state.ts";
import { newWindow } from "./window.ts";

export function newState(nowMs: number): LawState {
  return {
    version: 3,
    baseMs: nowMs,
    t: 0,
    answers: 0,
    answeredCalls: 0,
    passed: 0,
    refused: 0,
    mostCalls: 0,
    movedAt: -1,
    movedUp: false,
    lastWait: "",
    parts: 1,
    bound: false,
    usedAt: 0,
    openMs: 0,
    fullMs: 0,
    itemwise: 0,
    gate: newGate(),
    window: newWindow(),
    paces: { read: newPace(), write: newPace() },
    cap: { tokens: 0, tokensAt: 0 },
    quota: newQuota(),
    beat: newBeat(),
    budget: { balanceMs: 0, rechargeMsPerHour: 0, cutoffMs: 0, at: -1 },
    marks: newMarks(),
    leases: {},
    members: {},
  };
}
