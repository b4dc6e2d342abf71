/**
 * When a cron line is due in a time zone. A time the clocks leave out is due at the moment they are set; one they show twice is due the first
 * time; a line that names no hour goes on with every hour that passes. So a night is never left out and never comes twice.
 */
import { type CronLine, cronLine } from "./cron-line.ts";
import { momentOfChange, type Zone, zoneNamed } from "./zone.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** How far back the last time is looked for, in steps; leap days are at most eight years apart, and all of a week 53 days of them. */
const SPANS_MS = [HOUR_MS, DAY_MS, 8 * DAY_MS, 63 * DAY_MS, 732 * DAY_MS, 41 * 366 * DAY_MS];
/** Times that were missed are counted to here; more is "more". */
const COUNTED = 1_000;

/** When something is due. */
export interface Times {
  /** The first time after `afterMs`. */
  next(afterMs: number): number;
  /** The last time after `afterMs`, and not after `untilMs`; undefined when there is none. */
  last(afterMs: number, untilMs: number): number | undefined;
  /** How many times are after `afterMs` and before `beforeMs`; at most 1000 are counted. */
  between(afterMs: number, beforeMs: number): number;
}

/** @throws {ScheduleError} `bad-cron`, `bad-zone` */
export function timesOf(cron: string, zone: string): Times {
  return timesIn(cronLine(cron), zoneNamed(zone));
}

function timesIn(line: CronLine, zone: Zone): Times {
  function next(afterMs: number): number {
    return line.everyHour ? nextBeat(afterMs, zone.offsetMs(afterMs)) : nextShown(afterMs);
  }

  function nextShown(afterMs: number): number {
    let wall = afterMs + zone.offsetMs(afterMs);
    for (;;) {
      wall = line.nextWall(wall);
      const due = firstShown(zone, wall);
      // In the hour that comes again it was due already.
      if (due > afterMs) return due;
    }
  }

  /** @param offset of the clocks right after `afterMs` */
  function nextBeat(afterMs: number, offset: number): number {
    const due = line.nextWall(afterMs + offset) - offset;
    const later = zone.offsetMs(due);
    if (later === offset) return due;
    // The clocks are set on the way: from there on by what they show then.
    return nextBeat(momentOfChange(zone, afterMs, due) - 1, later);
  }

  function last(afterMs: number, untilMs: number): number | undefined {
    if (next(afterMs) > untilMs) return undefined;
    for (const span of SPANS_MS) {
      const fromMs = Math.max(afterMs, untilMs - span);
      let found: number | undefined;
      for (let due = next(fromMs); due <= untilMs; due = next(due)) found = due;
      if (found !== undefined || fromMs === afterMs) return found;
    }
    return undefined;
  }

  function between(afterMs: number, beforeMs: number): number {
    let count = 0;
    for (let due = next(afterMs); due < beforeMs && count < COUNTED; due = next(due)) count += 1;
    return count;
  }

  return { next, last, between };
}

/** When the clocks show `wall`, the first time if they do twice; where they leave it out, the moment they are set. */
function firstShown(zone: Zone, wall: number): number {
  // No zone sets its clocks twice in two days, nor by more than a day.
  const [before, after] = [zone.offsetMs(wall - DAY_MS), zone.offsetMs(wall + DAY_MS)];
  if (before === after) return wall - before;
  const changed = momentOfChange(zone, wall - DAY_MS, wall + DAY_MS);
  return wall - before < changed ? wall - before : Math.max(changed, wall - after);
}
