import { expect, test } from "vitest";
import { SteadyClock } from "../../src/queue/steady-clock.ts";

const HOUR_MS = 3_600_000;

function clockThatCanBeSet() {
  const at = { wallMs: 1_800_000_000_000, monotonicMs: 5_000 };
  const clock = new SteadyClock(
    () => at.wallMs,
    () => at.monotonicMs,
  );
  const pass = (ms: number): void => {
    at.wallMs += ms;
    at.monotonicMs += ms;
  };
  return { at, clock, pass };
}

test("an hour forth and back again within a moment moves no time", () => {
  const { at, clock, pass } = clockThatCanBeSet();
  const before = clock.now();
  at.wallMs += HOUR_MS;
  pass(100);
  expect(clock.now()).toBe(before + 100);
  at.wallMs -= HOUR_MS;
  pass(100);
  expect(clock.now()).toBe(before + 200);
});

test("a clock that stays set is followed when somebody says so, and small steps always", () => {
  const { at, clock, pass } = clockThatCanBeSet();
  at.wallMs -= HOUR_MS;
  expect(clock.now()).toBe(at.wallMs + HOUR_MS);
  clock.follow();
  expect(clock.now()).toBe(at.wallMs);
  for (let step = 0; step < 10; step += 1) {
    at.wallMs += 10_000;
    pass(1_000);
    expect(clock.now()).toBe(at.wallMs);
  }
});
