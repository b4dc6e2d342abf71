/** What becomes of the times a schedule was due at since they were last decided: pure. */
import type { ScheduleRecord } from "../journal/index.ts";
import type { Times } from "./times.ts";

export interface Due {
  /** The latest of them; with it all before it are decided. */
  readonly dueMs: number;
  readonly act: "start" | "miss";
  /** What people should know of it; undefined when it is as it should be. */
  readonly reason: string | undefined;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** `Times.between` counts to here. */
const COUNTED = 1_000;

/** @param lateMs a run that begins later than this after its time was missed @returns undefined when it was not due */
export function decide(
  schedule: Pick<ScheduleRecord, "decidedMs" | "missed" | "paused">,
  times: Times,
  nowMs: number,
  lateMs: number,
): Due | undefined {
  const dueMs = schedule.paused ? undefined : times.last(schedule.decidedMs, nowMs);
  if (dueMs === undefined) return undefined;
  const earlier = times.between(schedule.decidedMs, dueMs);
  const left =
    earlier === 0
      ? []
      : [
          `${earlier === COUNTED ? "more than " : ""}${earlier} before it ${earlier === 1 ? "was" : "were"} missed`,
        ];
  const behindMs = nowMs - dueMs;
  if (behindMs <= lateMs) return { dueMs, act: "start", reason: left[0] };
  if (schedule.missed === "skip")
    return { dueMs, act: "miss", reason: ["no scheduler was there to start it", ...left].join("; ") };
  return { dueMs, act: "start", reason: [`caught up ${lateness(behindMs)} late`, ...left].join("; ") };
}

function lateness(ms: number): string {
  const [hours, minutes] = [Math.floor(ms / HOUR_MS), Math.floor((ms % HOUR_MS) / MINUTE_MS)];
  return [...(hours > 0 ? [`${hours} h`] : []), `${minutes} min`].join(" ");
}
