import { expect, test } from "vitest";
import { LocalShare } from "../../src/throttle/local-share.ts";

const KNOWN = { window: 6, processes: 2, calls: 10, closedUntilMs: 0 };

test("a process has its part of the window, and never more", () => {
  const share = new LocalShare(KNOWN, 0);
  expect([0, 1, 2].map((out) => share.enter(0, out))).toEqual([
    { calls: 10, scout: false },
    { calls: 10, scout: false },
    { calls: 10, scout: false },
  ]);
  expect(share.enter(0, 3)).toEqual({ waitMs: 250 });
  for (let time = 0; time < 100; time += 1) share.learn(false, "ok", { calls: 10, tookMs: 5 }, time);
  expect(share.enter(100, 3)).toEqual({ waitMs: 250 });
});

test("with more processes than places, a place is left to the others for as long as they would have it", () => {
  const share = new LocalShare({ ...KNOWN, window: 1, processes: 4 }, 0);
  expect(share.enter(0, 0)).toEqual({ calls: 10, scout: false });
  share.learn(false, "ok", { calls: 10, tookMs: 1_000 }, 1_000);
  expect(share.enter(1_001, 0)).toEqual({ waitMs: 2_999 });
  expect(share.enter(4_000, 0)).toEqual({ calls: 10, scout: false });
});

test("a gate that was closed stays closed, and reopens with one call", () => {
  const share = new LocalShare({ ...KNOWN, closedUntilMs: 500 }, 100);
  expect(share.enter(100, 0)).toEqual({ waitMs: 400 });
  expect(share.enter(500, 0)).toEqual({ calls: 1, scout: true });
  expect(share.enter(500, 1)).toEqual({ waitMs: 250 });
  share.learn(true, "ok", { calls: 1, tookMs: 5 }, 510);
  expect(share.enter(510, 1)).toEqual({ calls: 10, scout: false });
});

test("refusals without a time wait 2 s, 4 s, 8 s, and start over after a success", () => {
  const share = new LocalShare(KNOWN, 0);
  const refusal = { scope: "tenant", retryAfterMs: undefined, items: 10 } as const;
  const waits: number[] = [];
  let now = 0;
  for (let time = 0; time < 3; time += 1) {
    share.learn(true, "tenant", { calls: 10, tookMs: 5, refusal }, now);
    waits.push(share.closedUntilMs - now);
    now = share.closedUntilMs;
  }
  share.learn(true, "ok", { calls: 1, tookMs: 5 }, now);
  share.learn(false, "tenant", { calls: 10, tookMs: 5, refusal }, now);
  expect([...waits, share.closedUntilMs - now]).toEqual([2_050, 4_050, 8_050, 2_050]);
});

test("the last place waits for its own Retry-After, others are given up", () => {
  const refusal = { scope: "slot", retryAfterMs: 700, items: 10 } as const;
  const share = new LocalShare({ ...KNOWN, window: 4 }, 0);
  share.learn(false, "slot", { calls: 10, tookMs: 5, refusal }, 0);
  expect([share.window, share.enter(0, 0)]).toEqual([1, { calls: 10, scout: false }]);
  share.learn(false, "slot", { calls: 10, tookMs: 5, refusal }, 10);
  expect(share.enter(10, 0)).toEqual({ waitMs: 700 });
});
