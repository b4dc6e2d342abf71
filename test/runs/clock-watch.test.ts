import { afterEach, expect, test, vi } from "vitest";
import { watchClock } from "../../src/runs/clock-watch.ts";
import { Telemetry } from "../../src/telemetry/index.ts";

const MINUTE_MS = 60_000;
const EVERY_MS = 2_000;

afterEach(() => void vi.useRealTimers());

/** A watch over clocks of which one can be set. */
function watched() {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const telemetry = new Telemetry();
  const warnings: string[] = [];
  telemetry.on("warning", ({ text }) => warnings.push(text));
  const clock = { wallMs: 1_800_000_000_000, steadyMs: 5_000 };
  const jumps: number[] = [];
  const end = watchClock(
    telemetry,
    () => jumps.push(clock.wallMs),
    { wallMs: () => clock.wallMs, steadyMs: () => clock.steadyMs },
    EVERY_MS,
  );
  const pass = (ms: number): void => {
    for (let at = 0; at < ms; at += EVERY_MS) {
      clock.wallMs += EVERY_MS;
      clock.steadyMs += EVERY_MS;
      vi.advanceTimersByTime(EVERY_MS);
    }
  };
  return { warnings, jumps, clock, pass, end };
}

test("a clock that is set back or forth in mid-work is named once, with what it means and what to do", () => {
  const { warnings, jumps, clock, pass, end } = watched();
  pass(MINUTE_MS);
  expect(warnings).toEqual([]);
  expect(jumps).toEqual([]);
  clock.wallMs -= 60 * MINUTE_MS;
  pass(MINUTE_MS);
  expect(warnings).toEqual([
    expect.stringMatching(
      /^the clock of this machine was set back by 60 min: .*put off is tried at once.*NTP$/,
    ),
  ]);
  clock.wallMs += 60 * MINUTE_MS;
  pass(MINUTE_MS);
  expect(warnings.slice(1)).toEqual([
    expect.stringMatching(/^the clock of this machine went forward by 60 min .*NTP$/),
  ]);
  end();
  clock.wallMs += 60 * MINUTE_MS;
  pass(MINUTE_MS);
  expect(warnings).toHaveLength(2);
  expect(jumps).toHaveLength(2);
});

test("the small corrections of a time service are not worth a word, also when they add up", () => {
  const { warnings, clock, pass, end } = watched();
  for (let hour = 0; hour < 48; hour += 1) {
    clock.wallMs += 1_000;
    pass(MINUTE_MS);
  }
  end();
  expect(warnings).toEqual([]);
});
