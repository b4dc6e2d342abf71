/** What is noted of a run while it goes on, and when it ends. */
import type { Json } from "./json.ts";
import type { CallCounts } from "./runs.ts";

export interface RunEvent {
  readonly atMs: number;
  readonly kind: string;
  readonly data: Json;
}

export interface RunNotes {
  /** @returns false when the run is over: whoever ended it has summed it up, and who was frozen until then knows less */
  setSummary(id: string, summary: Json): Promise<boolean>;
  /**
   * Says in place of what was said before when the run is to stop by itself.
   * @param was what they are known to be @returns false when they are not that any more, and nothing was changed: somebody else was first
   */
  setLimits(id: string, limits: Json, was: Json | undefined): Promise<boolean>;
  /** Adds to the run's counters. */
  addCalls(id: string, delta: CallCounts): Promise<void>;
  addEvent(id: string, event: RunEvent): Promise<void>;
  /** The last `limit` events, oldest first. */
  events(id: string, limit: number): Promise<readonly RunEvent[]>;
}
