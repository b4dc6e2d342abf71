/** The gate opens again. */
import { fullBatch } from "./batch.ts";
import { learn } from "./pace.ts";
import type { LawState } from "./state.ts";
import type { LawSettings } from "./types.ts";
import { countsCalls } from "./window.ts";

/** Somebody went first and was not refused: the gate is open, and the cycle that ended teaches the pace. */
export function openGate(state: LawState, settings: LawSettings, t: number): void {
  const { gate } = state;
  const most = fullBatch(state, settings);
  gate.half = 0;
  gate.doubtAt = -1;
  for (const pace of [state.paces.read, state.paces.write]) {
    if (pace.cost <= 0) continue;
    if (gate.explained) {
      pace.cycleFrom = t;
      pace.calls = 0;
      pace.requests = 0;
      pace.cost = 0;
      pace.stockFrom = pace.stockTo;
      pace.stockTo = 0;
      pace.clean = true;
    } else {
      learn(pace, gate, most, !countsCalls(state.window), settings, t);
    }
  }
}
