/** Schedules and their times as the command line shows them: in UTC for programs, by the clock of their own zone for people. */
import type { Json, Tick } from "../../journal/index.ts";
import { type ScheduleStanding, shownIn } from "../../schedule/index.ts";

export interface ScheduleView {
  readonly [key: string]: unknown;
  readonly schemaVersion: 1;
  readonly name: string;
  readonly job: string;
  readonly tenant: string;
  readonly cron: string;
  readonly tz: string;
  readonly missed: string;
  readonly paused: boolean;
  readonly params: Json;
  readonly scope: Json;
  /** Null while it is paused. */
  readonly next: string | null;
  readonly nextLocal: string;
  readonly last: TickView | null;
  readonly lastState: string;
}

export interface TickView {
  readonly [key: string]: unknown;
  readonly due: string;
  readonly byHand: boolean;
  readonly state: string;
  /** Null when none was started. */
  readonly run: string | null;
  readonly reason: string | null;
}

export const SCHEDULE_COLUMNS = ["name", "job", "tenant", "cron", "tz", "nextLocal", "lastState"];
export const TICK_COLUMNS = ["due", "state", "run", "reason"];

export function scheduleView(schedule: ScheduleStanding): ScheduleView {
  const { name, job, tenant, cron, zone, missed, paused, params, scope, nextMs, last } = schedule;
  return {
    schemaVersion: 1,
    name,
    job,
    tenant,
    cron,
    tz: zone,
    missed,
    paused,
    params,
    scope,
    next: nextMs === undefined ? null : new Date(nextMs).toISOString(),
    nextLocal: nextMs === undefined ? "paused" : shownIn(zone, nextMs),
    last: last === undefined ? null : tickView(last),
    lastState: last === undefined ? "" : [last.state, ...(hasRun(last) ? [last.run] : [])].join(" "),
  };
}

export function tickView(tick: Tick): TickView {
  return {
    schemaVersion: 1,
    due: new Date(tick.dueMs).toISOString(),
    byHand: tick.byHand,
    state: tick.state,
    run: hasRun(tick) ? tick.run : null,
    reason: tick.reason ?? null,
  };
}

function hasRun({ state }: Tick): boolean {
  return state === "started" || state === "ended";
}

/** One schedule, for people. */
export function scheduleText(view: ScheduleView): string {
  return [
    `schedule ${view.name}: ${view.job} on ${view.tenant}, ${view.cron} in ${view.tz}`,
    view.paused ? "  paused" : `  next     ${view.nextLocal}`,
    `  missed   ${view.missed === "skip" ? "nights are skipped" : "nights are caught up, by one run"}`,
    ...(view.last === null ? [] : [`  last     ${view.last.due} ${view.lastState}`]),
  ].join("\n");
}
