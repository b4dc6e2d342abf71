/** A cron line as somebody wrote it: read by the library, refused in our words, and asked for its times on a wall clock that nobody sets. */
import { CronExpressionParser, type CronExpression } from "cron-parser";
import { ScheduleError } from "./errors.ts";

/** Digits, names of months and days, and the marks of cron. Not `H`, which stands for another time whenever it is read. */
const FIELD =
  /^(?:\d|[*,/?#-]|L|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC|MON|TUE|WED|THU|FRI|SAT|SUN)+$/i;
const HOURS = 24;

export interface CronLine {
  readonly text: string;
  /** It names no hour: it beats, and what it starts is counted in time passed, not by what the clock shows. */
  readonly everyHour: boolean;
  /** The first time after `wallMs`; milliseconds of a wall clock, as in `zone.ts`. */
  nextWall(wallMs: number): number;
}

/** @throws {ScheduleError} `bad-cron`, with what is wrong with it */
export function cronLine(text: string): CronLine {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 5 || fields.some((field) => !FIELD.test(field)))
    throw bad(text, "it is not five fields: minute, hour, day of month, month, day of week");
  const line = fields.join(" ");
  const at = (wallMs: number): CronExpression =>
    CronExpressionParser.parse(line, { tz: "UTC", currentDate: new Date(wallMs) });
  let everyHour: boolean;
  try {
    everyHour = at(0).fields.hour.values.length === HOURS;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw /explicit day of month/i.test(said) ? never(text) : bad(text, lowered(said));
  }
  try {
    at(Date.UTC(2_000, 0, 1)).next();
  } catch {
    // The library looked through more years than a leap day can be away.
    throw never(text);
  }
  return { text: line, everyHour, nextWall: (wallMs) => at(wallMs).next().getTime() };
}

function bad(text: string, fact: string): ScheduleError {
  return new ScheduleError(
    "bad-cron",
    `Cannot read the cron line "${text}": ${fact}`,
    'Write it as "0 3 * * *": every night at three',
  );
}

function never(text: string): ScheduleError {
  return new ScheduleError(
    "bad-cron",
    `Cannot use the cron line "${text}": it never fires, for no month it names has such a day`,
    'Name a day the month has, or the last one with L: "0 3 L * *"',
  );
}

function lowered(text: string): string {
  return text.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}
