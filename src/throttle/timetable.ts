/** Which share of what was found may be used at which time of day, by the clocks of a place. Pure: time is passed in. */

/** From this time of day on, this much. */
export interface TimetableEntry {
  /** 0 to 1439, since midnight. */
  readonly minute: number;
  /** 0 to 100; 0: nothing is sent. */
  readonly percent: number;
}

export interface Timetable {
  /** IANA name, such as `Europe/Berlin`. */
  readonly zone: string;
  /** At least one, in order of time. The last holds until the first of the next day. */
  readonly entries: readonly TimetableEntry[];
}

/** A timetable that cannot be read; the message says what was expected. */
export class TimetableError extends Error {
  override readonly name = "TimetableError";
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * @param text entries such as `08:00,20% 18:00,100%`
 * @throws {TimetableError}
 */
export function parseTimetable(text: string, zone: string): Timetable {
  checkZone(zone);
  const entries = text
    .split(/\s+/)
    .filter((word) => word !== "")
    .map(parseEntry)
    .toSorted((one, other) => one.minute - other.minute);
  if (entries.length === 0) throw new TimetableError(`Cannot read the timetable: it is empty; ${EXPECTED}`);
  for (const [place, { minute }] of entries.entries()) {
    if (entries[place + 1]?.minute === minute) {
      throw new TimetableError(`Cannot read the timetable: ${timeOfDay(minute)} is there twice`);
    }
  }
  return { zone, entries };
}

const EXPECTED = 'expected entries like "08:00,20% 18:00,100%"';

function parseEntry(word: string): TimetableEntry {
  const [, hours = "", minutes = "", percent = ""] =
    /^([01]?\d|2[0-3]):([0-5]\d),(\d{1,3})%$/.exec(word) ?? [];
  if (hours === "" || Number(percent) > 100) {
    throw new TimetableError(
      `Cannot read the timetable at "${word}": ${EXPECTED}, 00:00 to 23:59 and 0% to 100%`,
    );
  }
  return { minute: Number(hours) * 60 + Number(minutes), percent: Number(percent) };
}

/** @throws {TimetableError} */
export function checkZone(zone: string): void {
  try {
    Intl.DateTimeFormat("en", { timeZone: zone });
  } catch {
    throw new TimetableError(`Cannot use time zone "${zone}": expected a name such as Europe/Berlin or UTC`);
  }
}

/** `08:00,20% 18:00,100%`. */
export function timetableText({ entries }: Timetable): string {
  return entries.map(({ minute, percent }) => `${timeOfDay(minute)},${percent}%`).join(" ");
}

function timeOfDay(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}

/** What a timetable says at one instant. */
export interface TimetableNow {
  readonly percent: number;
  /** When it says something else next. */
  readonly untilMs: number;
}

/**
 * Each entry begins once a day, also where the clocks are changed: a time that comes twice counts the first time, and one that is left
 * out begins as late as it would have by the old clock.
 */
export function timetableAt({ zone, entries }: Timetable, nowMs: number): TimetableNow {
  const local = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const today = Math.floor(wallMs(local, nowMs) / DAY_MS);
  const beginnings = [-1, 0, 1]
    .flatMap((day) =>
      entries.map(({ minute, percent }) => ({
        percent,
        atMs: instantOf(local, (today + day) * DAY_MS + minute * MINUTE_MS),
      })),
    )
    .toSorted((one, other) => one.atMs - other.atMs);
  const current = beginnings.findLastIndex(({ atMs }) => atMs <= nowMs);
  const percent = beginnings[current]?.percent ?? 100;
  const next = beginnings.slice(current + 1).find((beginning) => beginning.percent !== percent);
  return { percent, untilMs: next?.atMs ?? Number.POSITIVE_INFINITY };
}

/** What the clocks of the place show at an instant, read as if it were UTC. */
function wallMs(local: Intl.DateTimeFormat, instantMs: number): number {
  const parts = new Map(local.formatToParts(instantMs).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
}

/** The first instant at which the clocks of the place show this; where they never do, the clock before the change is read. */
function instantOf(local: Intl.DateTimeFormat, wall: number): number {
  const dayBefore = wall - DAY_MS;
  const dayAfter = wall + DAY_MS;
  const before = wall - (wallMs(local, dayBefore) - dayBefore);
  const after = wall - (wallMs(local, dayAfter) - dayAfter);
  const shown = [before, after].filter((instant) => wallMs(local, instant) === wall);
  return shown.length > 0 ? Math.min(...shown) : before;
}
