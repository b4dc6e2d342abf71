/** Settle windows are measured on a clock that nobody can set, and on the wall clock only where there is no other. */
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MachineClock, type Moment } from "../../src/changes/machine-clock.ts";

const HOUR_MS = 3_600_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date", "hrtime"] }));
afterEach(() => void vi.useRealTimers());

/** Both clocks go on. */
function pass(ms: number): void {
  vi.advanceTimersByTime(ms);
}

/** Somebody sets the wall clock; the machine's own goes on as ever. */
function setWallClock(byMs: number): void {
  vi.setSystemTime(Date.now() + byMs);
}

/** As it comes back from the journal. */
function kept(moment: Moment): Moment {
  return JSON.parse(JSON.stringify(moment)) as Moment;
}

describe("on the machine where it was noted, and since that was started,", () => {
  test("a span is what really passed", () => {
    const clock = new MachineClock("boot 1");
    const announced = kept(clock.now());
    expect(clock.msSince(announced)).toBe(0);
    pass(90_000);
    expect(clock.msSince(announced)).toBe(90_000);
  });

  test.for([HOUR_MS, -HOUR_MS])(
    "a wall clock set by %i ms between the announcement of a write and the look after it changes nothing",
    (byMs) => {
      const clock = new MachineClock("boot 1");
      const announced = kept(clock.now());
      pass(10_000);
      setWallClock(byMs);
      expect(clock.msSince(announced)).toBe(10_000);
      pass(20_000);
      setWallClock(-2 * byMs);
      expect(clock.msSince(announced)).toBe(30_000);
    },
  );

  test("another process measures the same", () => {
    const announced = kept(new MachineClock("boot 1").now());
    pass(5_000);
    expect(new MachineClock("boot 1").msSince(announced)).toBe(5_000);
  });
});

describe("the wall clock counts", () => {
  test("after a restart of the machine, whose own clock began anew", () => {
    const announced = kept(new MachineClock("boot 1").now());
    pass(60_000);
    expect(new MachineClock("boot 2").msSince(announced)).toBe(60_000);
    expect(new MachineClock("boot 2").msSince({ ...announced, clock: { boot: "boot 1", ms: 1e15 } })).toBe(
      60_000,
    );
  });

  test("on another machine, and where one of both has no other clock", () => {
    const announced = kept(new MachineClock("boot of one machine").now());
    pass(60_000);
    expect(new MachineClock("boot of another").msSince(announced)).toBe(60_000);
    expect(new MachineClock("boot of another").msSince({ ...announced, clock: null })).toBe(60_000);
  });

  test("and never says that less than nothing has passed, so a window is waited for too long rather than not at all", () => {
    const announced = kept(new MachineClock("boot 1").now());
    setWallClock(-HOUR_MS);
    const later = new MachineClock("boot 2");
    expect(later.msSince(announced)).toBe(0);
    pass(HOUR_MS + 1_000);
    expect(later.msSince(announced)).toBe(1_000);
  });

  test.for([null, "text", 7, [], {}, { boot: "boot 1" }, { boot: "boot 1", ms: "1" }, { ms: 1 }])(
    "where the journal has %j instead of a clock",
    (clock) => {
      const { atMs } = new MachineClock("boot 1").now();
      pass(2_000);
      expect(new MachineClock("boot 1").msSince({ atMs, clock })).toBe(2_000);
    },
  );
});

test("the clock of this machine is one for all its processes", ({ skip }) => {
  skip(process.platform !== "linux", "only Linux names a start of the machine");
  vi.useRealTimers();
  const file = resolve("src/changes/machine-clock.ts");
  const script = `import { MachineClock } from ${JSON.stringify(file)}; console.log(JSON.stringify(new MachineClock().now()))`;
  const clock = new MachineClock();
  const before = clock.now();
  const words = ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", script];
  const elsewhere = JSON.parse(execFileSync(process.execPath, words, { encoding: "utf8" })) as Moment;
  expect(elsewhere.clock).toEqual({ boot: expect.stringMatching(/^[0-9a-f-]{36}$/), ms: expect.any(Number) });
  // Whatever the wall clock said there.
  const ms = clock.msSince({ ...elsewhere, atMs: 0 });
  expect(ms).toBeLessThanOrEqual(clock.msSince(before));
});
