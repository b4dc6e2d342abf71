/** Where a run may go from each state: a table and one door. A run is complete, cancelled, or can go on: there is no dead end. */
import type { RunState } from "../journal/index.ts";

const NEXT = {
  planned: ["enumerating", "paused", "cancelled"],
  /** Not ours to carry on: what is in the file is known to who reads it. */
  importing: ["complete", "complete_with_failures", "cancelled"],
  awaiting_approval: ["running", "cancelled"],
  /** A run that writes waits for somebody's word when its plan stands. */
  enumerating: ["running", "awaiting_approval", "paused", "cancelled"],
  running: ["throttled", "draining", "paused", "cancelled"],
  /** Running, while the service lets nothing through. */
  throttled: ["running", "draining", "paused", "cancelled"],
  /** `planned` when the manifest is not sealed yet. */
  paused: ["planned", "running", "cancelled"],
  /** Every target has its outcome; the counts are being checked. */
  draining: ["complete", "complete_with_failures", "running", "paused", "cancelled"],
  complete: ["running"],
  complete_with_failures: ["running"],
  cancelled: [],
} as const satisfies Record<RunState, readonly RunState[]>;

/** States from which a run may move to `to`. */
export function sourcesOf(to: RunState): readonly RunState[] {
  return (Object.keys(NEXT) as RunState[]).filter((from) => (NEXT[from] as readonly RunState[]).includes(to));
}

/** States in which calls may leave. */
export const WORKING = ["enumerating", "running", "throttled"] as const satisfies readonly RunState[];

/** States in which nothing more will happen by itself. */
export const OVER = [
  "complete",
  "complete_with_failures",
  "cancelled",
] as const satisfies readonly RunState[];

/** Over, and opened again by a redrive or a decision. */
export const FINISHED = ["complete", "complete_with_failures"] as const satisfies readonly RunState[];

export function isWorking(state: RunState): boolean {
  return (WORKING as readonly RunState[]).includes(state);
}

export function isOver(state: RunState): boolean {
  return (OVER as readonly RunState[]).includes(state);
}
