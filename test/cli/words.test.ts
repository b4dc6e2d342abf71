import { expect, test } from "vitest";
import { bytes, count, duration, timeOfDay } from "../../src/cli/words.ts";
import { nearest, suggestion } from "../../src/cli/usage.ts";
import { fitted, padded, widthOf } from "../../src/cli/width.ts";
import { nodeProblem } from "../../src/cli/node-version.ts";

test("numbers are grouped by thousands", () => {
  expect([0, 999, 1_000, 412_318, 1_000_000].map(count)).toEqual([
    "0",
    "999",
    "1,000",
    "412,318",
    "1,000,000",
  ]);
});

test("sizes have the unit that fits", () => {
  expect([0, 999, 1_000, 2_400_000, 250_000_000, 5e15].map(bytes)).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "2.4 MB",
    "250 MB",
    "5000 TB",
  ]);
});

test("durations have two units, and are never negative", () => {
  expect([-5, 0, 45, 60, 200, 9_420, 3_600, 273_600].map(duration)).toEqual([
    "0 s",
    "0 s",
    "45 s",
    "1 min",
    "3 min 20 s",
    "2 h 37 min",
    "1 h",
    "3 d 4 h",
  ]);
});

test("a time of day has its date when it is not today", () => {
  const now = new Date(2026, 4, 4, 22, 5).getTime();
  expect(timeOfDay(now + 60_000, now)).toBe("22:06");
  expect(timeOfDay(now + 7_200_000, now)).toBe("2026-05-05 00:05");
});

test("a word near to a known one is a suggestion, a far one is not", () => {
  const jobs = ["permission-audit", "mailbox-inventory"];
  expect(nearest("permision-audit", jobs)).toBe("permission-audit");
  expect(nearest("PERMISSION-AUDIT", jobs)).toBe("permission-audit");
  expect(nearest("backup", jobs)).toBeUndefined();
  expect(suggestion("user", [])).toBe("");
  expect(suggestion("shard", ["user", "shared"])).toBe('did you mean "shared"? ');
});

test("a Node that is too old is named, with what to do", () => {
  expect(nodeProblem("24.0.0")).toBeUndefined();
  expect(nodeProblem("26.1.0")).toBeUndefined();
  expect(nodeProblem("20.20.2")).toContain("needs Node 24 or newer, this is Node 20.20.2");
});

test("texts are as wide as a terminal shows them", () => {
  const widths = { abc: 3, Zoë: 3, "Zoe\u0308": 3, 日本: 4, ｆｕｌｌ: 8, "👩‍👧": 2, می‌خواهم: 7, "": 0 };
  for (const [text, width] of Object.entries(widths)) expect([text, widthOf(text)]).toEqual([text, width]);
  expect(padded("日本", 6)).toBe("日本  ");
  expect([fitted("日本語", 6), fitted("日本語", 5), fitted("abc", 2)]).toEqual(["日本語", "日本…", "a…"]);
});
