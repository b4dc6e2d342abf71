/** What the clocks of a time zone show, asked of Intl alone. Wall times are milliseconds too: as if the clock on the wall stood in Greenwich. */
import { ScheduleError } from "./errors.ts";

const MINUTE_MS = 60_000;

export interface Zone {
  readonly name: string;
  /** Milliseconds its clocks are ahead of UTC at this moment. */
  offsetMs(atMs: number): number;
}

/** @throws {ScheduleError} `bad-zone` when this machine knows none of this name */
export function zoneNamed(name: string): Zone {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
  } catch {
    // A RangeError, and it says no more than this.
    throw new ScheduleError(
      "bad-zone",
      `Cannot use the time zone "${name}": there is none of this name`,
      "Name one as the IANA list has it, such as Europe/Sofia or UTC",
    );
  }
  return {
    name: format.resolvedOptions().timeZone,
    offsetMs(atMs) {
      // The clocks show whole seconds.
      const wholeMs = Math.floor(atMs / 1_000) * 1_000;
      return shownBy(format, wholeMs) - wholeMs;
    },
  };
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** What clocks there show, for people: `Mon 2026-11-23 03:00 +02:00`. @throws {ScheduleError} `bad-zone` */
export function shownIn(zone: string, atMs: number): string {
  const offset = zoneNamed(zone).offsetMs(atMs);
  const shown = new Date(atMs + offset);
  const away = new Date(Math.abs(offset)).toISOString().slice(11, 16);
  const [day, time] = shown.toISOString().slice(0, 16).split("T");
  return `${DAYS[shown.getUTCDay()]} ${day} ${time} ${offset < 0 ? "-" : "+"}${away}`;
}

function shownBy(format: Intl.DateTimeFormat, atMs: number): number {
  const shown = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => shown.get(type) ?? 0;
  const [hour, minute, second] = [part("hour"), part("minute"), part("second")];
  return Date.UTC(part("year"), part("month") - 1, part("day"), hour, minute, second);
}

/** The first whole minute in (`beforeMs`, `afterMs`] at which the clocks are not as at `beforeMs`: the moment they were set. They must differ at the ends. */
export function momentOfChange(zone: Zone, beforeMs: number, afterMs: number): number {
  const before = zone.offsetMs(beforeMs);
  let [low, high] = [Math.floor(beforeMs / MINUTE_MS), Math.ceil(afterMs / MINUTE_MS)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (zone.offsetMs(middle * MINUTE_MS) === before) low = middle;
    else high = middle;
  }
  return high * MINUTE_MS;
}
