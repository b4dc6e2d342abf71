import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseTimetable, timetableAt, timetableText } from "../../src/throttle/timetable.ts";

const at = (text: string): number => Date.parse(text);

test("an entry holds until the next, and the last of the day through the night", () => {
  const table = parseTimetable("18:00,100% 08:00,20%", "Europe/Berlin");
  expect(timetableText(table)).toBe("08:00,20% 18:00,100%");
  expect(timetableAt(table, at("2026-11-20T06:59:59Z"))).toEqual({
    percent: 100,
    untilMs: at("2026-11-20T07:00:00Z"),
  });
  expect(timetableAt(table, at("2026-11-20T07:00:00Z"))).toEqual({
    percent: 20,
    untilMs: at("2026-11-20T17:00:00Z"),
  });
  expect(timetableAt(table, at("2026-11-20T23:30:00Z")).percent).toBe(100);
});

test("a zone half a day ahead has its own day", () => {
  const table = parseTimetable("00:30,10% 12:00,90%", "Pacific/Kiritimati");
  expect(timetableAt(table, at("2026-06-01T10:45:00Z")).percent).toBe(10);
  expect(timetableAt(table, at("2026-06-01T10:15:00Z")).percent).toBe(90);
});

test("a time that the clocks leave out begins as late as by the old clock", () => {
  const table = parseTimetable("02:30,50% 12:00,100%", "Europe/Berlin");
  // 2026-03-29: 01:59:59 is followed by 03:00:00, at 01:00 UTC.
  expect(timetableAt(table, at("2026-03-29T01:29:59Z")).percent).toBe(100);
  expect(timetableAt(table, at("2026-03-29T01:30:00Z")).percent).toBe(50);
});

test("a time that comes twice counts the first time only", () => {
  const table = parseTimetable("02:15,60% 02:30,50% 12:00,100%", "Europe/Berlin");
  // 2026-10-25: 02:00 to 03:00 comes twice, first from 00:00 UTC.
  expect(timetableAt(table, at("2026-10-25T00:31:00Z")).percent).toBe(50);
  expect(timetableAt(table, at("2026-10-25T01:10:00Z"))).toEqual({
    percent: 50,
    untilMs: at("2026-10-25T11:00:00Z"),
  });
});

test("one entry holds for ever", () => {
  const table = parseTimetable("08:00,30%", "UTC");
  expect(timetableAt(table, at("2026-01-01T00:00:00Z"))).toEqual({
    percent: 30,
    untilMs: Number.POSITIVE_INFINITY,
  });
});

test("a share holds from now until it ends, in every zone and on every day", () => {
  const zones = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"];
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.integer({ min: at("2026-01-01T00:00:00Z"), max: at("2027-01-01T00:00:00Z") }),
      fc.uniqueArray(fc.integer({ min: 0, max: 1_439 }), { minLength: 1, maxLength: 4 }),
      (zone, nowMs, minutes) => {
        const entries = minutes
          .toSorted((one, other) => one - other)
          .map((minute, place) => ({ minute, percent: place * 10 }));
        const { percent, untilMs } = timetableAt({ zone, entries }, nowMs);
        expect(untilMs).toBeGreaterThan(nowMs);
        if (untilMs === Number.POSITIVE_INFINITY) return;
        const lastMs = Math.max(nowMs, untilMs - 1_000);
        expect(timetableAt({ zone, entries }, lastMs).percent).toBe(percent);
        expect(timetableAt({ zone, entries }, untilMs).percent).not.toBe(percent);
      },
    ),
    { numRuns: 300 },
  );
});

test("what is no timetable is refused in one sentence", () => {
  const refusal = (text: string, zone = "UTC"): string => {
    try {
      return timetableText(parseTimetable(text, zone));
    } catch (error) {
      return error instanceof Error ? error.message : "";
    }
  };
  expect(refusal("")).toContain("it is empty");
  for (const text of [
    "8,20%",
    "24:00,10%",
    "08:60,10%",
    "08:00,101%",
    "08:00,20",
    "08:00 20%",
    "08:00,-5%",
  ]) {
    expect(refusal(text)).toMatch(/^Cannot read the timetable at ".+": expected entries like/);
  }
  expect(refusal("08:00,1% 08:00,2%")).toBe("Cannot read the timetable: 08:00 is there twice");
  expect(refusal("08:00,1%", "Middle/Earth")).toContain('Cannot use time zone "Middle/Earth"');
});
