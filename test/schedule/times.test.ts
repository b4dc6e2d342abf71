import { describe, expect, test } from "vitest";
import { ScheduleError, timesOf } from "../../src/schedule/index.ts";

const at = (text: string): number => Date.parse(text);
const iso = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString().slice(0, 16);

/** The first `count` times after `from`. */
function following(cron: string, zone: string, from: string, count: number): (string | undefined)[] {
  const times = timesOf(cron, zone);
  const found: (string | undefined)[] = [];
  for (let due = at(from); found.length < count; found.push(iso(due))) due = times.next(due);
  return found;
}

describe("in a zone that sets its clocks", () => {
  test("a night at three is at three by the clock on the wall, in winter and in summer", () => {
    expect(following("0 3 * * *", "Europe/Sofia", "2027-03-26T12:00Z", 3)).toEqual([
      "2027-03-27T01:00",
      "2027-03-28T01:00",
      "2027-03-29T00:00",
    ]);
  });

  test("02:30 that does not exist is at the moment the clocks are put on, once", () => {
    expect(following("30 2 * * *", "Europe/Berlin", "2027-03-26T12:00Z", 4)).toEqual([
      "2027-03-27T01:30",
      "2027-03-28T01:00",
      "2027-03-29T00:30",
      "2027-03-30T00:30",
    ]);
    expect(following("0,20,40 2,3 * * *", "Europe/Berlin", "2027-03-28T00:30Z", 3)).toEqual([
      "2027-03-28T01:00",
      "2027-03-28T01:20",
      "2027-03-28T01:40",
    ]);
  });

  test("02:30 that comes twice is the first time, once", () => {
    expect(following("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00Z", 2)).toEqual([
      "2026-10-25T00:30",
      "2026-10-26T01:30",
    ]);
    expect(following("30 2 * * *", "Europe/Berlin", "2026-10-25T01:05Z", 1)).toEqual(["2026-10-26T01:30"]);
  });

  test("what runs every hour, or more often, goes on through both", () => {
    expect(following("30 * * * *", "Europe/Berlin", "2026-10-24T23:45Z", 4)).toEqual([
      "2026-10-25T00:30",
      "2026-10-25T01:30",
      "2026-10-25T02:30",
      "2026-10-25T03:30",
    ]);
    expect(following("30 * * * *", "Europe/Berlin", "2027-03-28T00:00Z", 3)).toEqual([
      "2027-03-28T00:30",
      "2027-03-28T01:30",
      "2027-03-28T02:30",
    ]);
  });

  test("a midnight that is left out does not take its night with it", () => {
    expect(following("0 0 * * *", "America/Santiago", "2026-09-05T12:00Z", 2)).toEqual([
      "2026-09-06T04:00",
      "2026-09-07T03:00",
    ]);
    expect(following("15 2 * * *", "Australia/Lord_Howe", "2026-10-02T20:00Z", 2)).toEqual([
      "2026-10-03T15:30",
      "2026-10-04T15:15",
    ]);
  });

  test.for(["Europe/Sofia", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Africa/Cairo"])(
    "in %s every day of a year has its night, whichever half hour of it",
    (zone) => {
      const dayIn = new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" });
      for (let half = 0; half < 8; half += 1) {
        const times = timesOf(`${(half % 2) * 30} ${Math.floor(half / 2)} * * *`, zone);
        const days: string[] = [];
        for (let due = times.next(at("2026-07-01")); days.length < 366; due = times.next(due))
          days.push(dayIn.format(due));
        expect(new Set(days).size, `${zone} ${half}`).toBe(366);
        const span = Date.parse(days.at(-1) ?? "") - Date.parse(days[0] ?? "");
        expect(span / 86_400_000, `${zone} ${half}`).toBe(365);
      }
    },
  );
});

test("the last time is found over any span, and none before where it is asked from", () => {
  const nightly = timesOf("0 3 * * *", "UTC");
  expect(iso(nightly.last(at("2020-01-01"), at("2026-11-22T11:00Z")))).toBe("2026-11-22T03:00");
  expect(nightly.last(at("2026-11-22T03:00Z"), at("2026-11-23T02:59Z"))).toBeUndefined();
  expect(iso(nightly.last(at("2026-11-22T03:00Z"), at("2026-11-23T03:00Z")))).toBe("2026-11-23T03:00");
  expect(iso(timesOf("0 0 29 2 *", "UTC").last(at("2020-01-01"), at("2026-11-22")))).toBe("2024-02-29T00:00");
  expect(nightly.between(at("2026-11-18T04:00Z"), at("2026-11-22T03:00Z"))).toBe(3);
  expect(timesOf("* * * * *", "UTC").between(0, at("2026-11-22"))).toBe(1_000);
});

test.for([
  ["0 0 30 2 *", "never fires"],
  ["0 0 31 4,6,9,11 *", "never fires"],
  ["61 3 * * *", "range 0-59"],
  ["0 3 * *", "five fields"],
  ["0 0 3 * * *", "five fields"],
  ["@daily", "five fields"],
  ["", "five fields"],
  ["H 3 * * *", "five fields"],
  ["at three o'clock every night", "five fields"],
  ["0 3 * * 9", "range 0-7"],
  ["5-1 3 * * *", ""],
] as const)("the cron line %j is refused: %s", ([line, fact]) => {
  expect(() => timesOf(line, "UTC")).toThrow(ScheduleError);
  expect(() => timesOf(line, "UTC")).toThrow(fact);
});

test.for(["0 0 29 2 *", "0 0 30 2 MON", "0 3 L * *", "*/15 8-18 * JAN,JUL MON-FRI", " 0  3 * * * "])(
  "the cron line %j is taken",
  (line) => expect(timesOf(line, "UTC").next(0)).toBeGreaterThan(0),
);

test.for(["Europe/Sofija", "", "Mars/Base", "CET+1x"])("the time zone %j is refused", (zone) => {
  expect(() => timesOf("0 3 * * *", zone)).toThrow(`Cannot use the time zone "${zone}": there is none`);
});
