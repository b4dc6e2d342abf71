import * as fc from "fast-check";
import { expect, test } from "vitest";
import { rateReading, retryAfterMs } from "../../src/exo/pacing-headers.ts";

const NOW = Date.parse("2026-07-23T23:11:00Z");

test.each([
  ["0", 0],
  ["7", 7_000],
  [" 7 ", 7_000],
  ["1.5", 1_500],
  ["0.0001", 1],
  ["99999999", 3_600_000],
  ["Thu, 23 Jul 2026 23:11:30 GMT", 30_000],
  ["Thu, 23 Jul 2026 23:10:00 GMT", undefined],
  ["2026-07-23T23:11:10Z", 10_000],
  ["-5", undefined],
  ["soon", undefined],
  ["", undefined],
  ["1e3", undefined],
  ["0x10", undefined],
  ["1,5", undefined],
  ["Infinity", undefined],
  ["2026", 2_026_000],
])("Retry-After %o is %s ms", (value, expected) => {
  expect(retryAfterMs({ "retry-after": value }, NOW)).toBe(expected);
});

test("a date is measured on the server's own clock, so that a wrong clock of ours does not matter", () => {
  const headers = { "retry-after": "Thu, 23 Jul 2026 23:11:30 GMT", date: "Thu, 23 Jul 2026 23:11:20 GMT" };
  expect(retryAfterMs(headers, NOW + 86_400_000)).toBe(10_000);
});

test("the recorded rate headers are read, with and without milliseconds", () => {
  const headers = { "rate-limit-limit": "30000", "rate-limit-remaining": "29997" };
  expect(rateReading({ ...headers, "rate-limit-reset": "2026-07-23T23:11:16.402Z" }, NOW)).toEqual({
    limit: 30_000,
    remaining: 29_997,
    resetInMs: 16_402,
  });
  expect(rateReading({ ...headers, "rate-limit-reset": "2026-07-23T23:11:45Z" }, NOW)?.resetInMs).toBe(
    45_000,
  );
});

test.each([
  ["no limit", { "rate-limit-limit": "" }],
  ["a limit of nothing", { "rate-limit-limit": "0" }],
  ["a negative rest", { "rate-limit-remaining": "-1" }],
  ["words", { "rate-limit-remaining": "many" }],
  ["a reset that is no date", { "rate-limit-reset": "soon" }],
  ["a reset in a year", { "rate-limit-reset": "2027-07-23T23:11:45Z" }],
])("rate headers with %s are not believed", (_, change) => {
  const headers = {
    "rate-limit-limit": "10",
    "rate-limit-remaining": "5",
    "rate-limit-reset": "2026-07-23T23:11:45Z",
  };
  expect(rateReading({ ...headers, ...change }, NOW)).toBeUndefined();
});

test("a reset that is over counts from now, and a rest beyond the limit is the limit", () => {
  const headers = {
    "rate-limit-limit": "10",
    "rate-limit-remaining": "50",
    "rate-limit-reset": "2026-07-23T23:10:00Z",
  };
  expect(rateReading(headers, NOW)).toEqual({ limit: 10, remaining: 10, resetInMs: 0 });
});

test("whatever the headers hold, a wait lies between nothing and an hour", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (value, date) => {
      const waitMs = retryAfterMs({ "retry-after": value, date }, NOW) ?? 0;
      expect(waitMs).toBeGreaterThanOrEqual(0);
      expect(waitMs).toBeLessThanOrEqual(3_600_000);
    }),
  );
});
