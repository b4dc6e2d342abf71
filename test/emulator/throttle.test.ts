import { array, assert, integer, nat, property, record } from "fast-check";
import { expect, test } from "vitest";
import { readProfile, type ProfilePatch } from "../../src/emulator/index.ts";
import { Budget } from "../../src/emulator/throttle/budget.ts";
import { Rate } from "../../src/emulator/throttle/rate.ts";
import { Throttle } from "../../src/emulator/throttle/throttle.ts";

const BUDGET = {
  recharge: 0.6,
  cutoff: -3_000_000,
  cap: 300_000,
  start: 300_000,
  gain: 20,
  maxDelay: 30_000,
  unlock: 0.9,
  warn: true,
};
const WINDOW = { kind: "window", n: 10, per: 60, unit: "item", headers: true } as const;
const BUCKET = { kind: "bucket", rate: 2, burst: 10, unit: "item", headers: false } as const;

const profile = (patch: ProfilePatch): ReturnType<typeof readProfile> => readProfile(patch);

test("a budget charges a call when it starts, and delays it by exec x gain x balance / cutoff (throttle.md 4)", () => {
  const budget = new Budget({ ...BUDGET, start: 0 }, 0);
  expect(budget.charge(BUDGET, 0, 0, 300_000)).toBe(30_000);
  expect(budget.balance).toBe(-300_000);
  const small = new Budget({ ...BUDGET, start: -150_000 }, 0);
  expect(small.charge(BUDGET, 0, 0, 100)).toBeCloseTo((100 * 20 * 150_100) / 3_000_000, 6);
});

test("a budget recharges with time up to its cap, less what a neighbour burns", () => {
  const budget = new Budget({ ...BUDGET, start: 0 }, 0);
  budget.charge(BUDGET, 0, 0, 1_000);
  budget.charge(BUDGET, 1_000, 0.4, 0);
  expect(budget.balance).toBeCloseTo(-800, 6);
  budget.charge(BUDGET, 10_000_000, 0, 0);
  expect(budget.balance).toBe(BUDGET.cap);
});

test("below the cutoff a budget is locked for exactly as long as it says", () => {
  const model = { ...BUDGET, cutoff: -1_000, start: -900, unlock: 0.5 };
  const budget = new Budget(model, 0);
  budget.charge(model, 0, 0, 200);
  const waitMs = budget.lockedFor(model, 0, 0) ?? 0;
  expect(waitMs).toBeCloseTo((1_100 - 500) / 0.6, 6);
  expect(budget.lockedFor(model, waitMs - 1, 0)).toBeDefined();
  expect(budget.lockedFor(model, waitMs + 0.001, 0)).toBeUndefined();
});

test("a window grants n units, then nothing until it starts anew, and says when", () => {
  const rate = new Rate(0);
  expect(rate.take(WINDOW, 5_000, 0, 10)).toBeUndefined();
  expect(rate.take(WINDOW, 5_000, 0, 1)).toBe(55_000);
  expect(rate.state(WINDOW, 5_000, 0)).toEqual({ limit: 10, remaining: 0, resetMs: 55_000 });
  expect(rate.take(WINDOW, 60_000, 0, 1)).toBeUndefined();
});

test("a bucket refills with time, and its wait is exact", () => {
  const rate = new Rate(0);
  expect(rate.take(BUCKET, 0, 0, 10)).toBeUndefined();
  expect(rate.take(BUCKET, 0, 0, 4)).toBe(2_000);
  expect(rate.take(BUCKET, 1_999, 0, 4)).toBeDefined();
  expect(rate.take(BUCKET, 2_000, 0, 4)).toBeUndefined();
});

test("a limit that is changed holds at once, and what was used stays used", () => {
  const window = new Rate(0);
  window.take(WINDOW, 0, 0, 8);
  expect(window.state({ ...WINDOW, n: 20 }, 0, 0).remaining).toBe(12);
  expect(window.take({ ...WINDOW, n: 5 }, 0, 0, 1)).toBe(60_000);
  const bucket = new Rate(0);
  bucket.take(BUCKET, 0, 0, 5);
  expect(bucket.state({ ...BUCKET, burst: 3 }, 0, 0).remaining).toBe(3);
  expect(bucket.take({ ...BUCKET, burst: 3, rate: 1 }, 0, 0, 3)).toBeUndefined();
  expect(bucket.take({ ...BUCKET, burst: 3, rate: 1 }, 0, 0, 3)).toBe(3_000);
});

test("refused work may count too, and a neighbour uses the rate up", () => {
  const charged = { ...WINDOW, chargeRefused: true };
  const rate = new Rate(0);
  rate.take(charged, 0, 0, 8);
  expect(rate.take(charged, 0, 0, 5)).toBeDefined();
  expect(rate.state(charged, 0, 0).remaining).toBe(0);
  const shared = new Rate(0);
  expect(shared.state(WINDOW, 3_000, 2).remaining).toBe(4);
});

test("whatever is asked for when, no rate ever grants more than it promises", () => {
  const asks = array(record({ afterMs: nat(20_000), units: integer({ min: 1, max: 10 }) }), {
    maxLength: 60,
  });
  assert(
    property(asks, (list) => {
      const [window, bucket] = [new Rate(0), new Rate(0)];
      const granted: { atMs: number; units: number }[] = [];
      let nowMs = 0;
      let taken = 0;
      for (const { afterMs, units } of list) {
        nowMs += afterMs;
        if (window.take(WINDOW, nowMs, 0, units) === undefined) granted.push({ atMs: nowMs, units });
        if (bucket.take(BUCKET, nowMs, 0, units) === undefined) taken += units;
        expect(taken).toBeLessThanOrEqual(10 + (nowMs / 1000) * 2 + 1e-6);
      }
      const perWindow = Map.groupBy(granted, ({ atMs }) => Math.floor(atMs / 60_000));
      for (const grants of perWindow.values())
        expect(grants.reduce((sum, { units }) => sum + units, 0)).toBeLessThanOrEqual(10);
    }),
  );
});

test("concurrency counts requests or items, per tenant and per app, less a neighbour's", () => {
  const admit = (
    patch: ProfilePatch,
    asks: readonly (readonly [app: string, calls: number])[],
    nowMs = 0,
  ) => {
    const throttle = new Throttle(1);
    return asks.map(([app, calls]) => "app" in throttle.admit(profile(patch), nowMs, app, calls));
  };
  const conc = { max: 2, unit: "request", retryAfter: null } as const;
  const asks = [
    ["a", 10],
    ["a", 10],
    ["b", 1],
  ] as const;
  expect(admit({ conc }, asks)).toEqual([true, true, false]);
  expect(admit({ conc: { ...conc, max: 11, unit: "item" } }, asks)).toEqual([true, false, true]);
  expect(admit({ conc: { ...conc, perApp: 1 } }, asks)).toEqual([true, false, true]);
  const neighbour = { on: 60, off: 60, slots: 1 };
  expect(admit({ conc, neighbour }, asks)).toEqual([true, false, false]);
  expect(admit({ conc, neighbour }, asks, 61_000)).toEqual([true, true, false]);
});

test("a released place is free again", () => {
  const throttle = new Throttle(1);
  const one = profile({ conc: { max: 1, unit: "request", retryAfter: 10 } });
  const ticket = throttle.admit(one, 0, "a", 5);
  expect(throttle.admit(one, 0, "a", 5)).toEqual({ reason: "concurrency", waitMs: 10_000 });
  if ("app" in ticket) throttle.release(ticket);
  expect(throttle.admit(one, 0, "a", 5)).toMatchObject({ app: "a" });
});

test("a share of the mailboxes refuses on its own for a while, with or without Retry-After", () => {
  const throttle = new Throttle(1);
  const busy = profile({ busy: { share: 0.2, s: 120, ra: 30 } });
  const subjects = Array.from({ length: 1_000 }, (_, n) => `mailbox-${n}`);
  const refusedAt = (nowMs: number) =>
    subjects.filter(
      (subject) => "reason" in throttle.call(busy, nowMs, { subject, writes: false, executionMs: 0 }),
    );
  const first = refusedAt(0);
  expect(first.length).toBeGreaterThan(150);
  expect(first.length).toBeLessThan(250);
  expect(refusedAt(119_000)).toEqual(first);
  expect(refusedAt(120_000)).toEqual([]);
});

test("a share of the mailboxes is slower for a while", () => {
  const throttle = new Throttle(1);
  const slow = profile({ slow: { from: 10, to: 20, x: 6, share: 0.5 } });
  const at = (ms: number) =>
    new Set(Array.from({ length: 50 }, (_, n) => throttle.slowness(slow, ms, `m${n}`)));
  expect([at(0), at(15_000), at(20_000)]).toEqual([new Set([1]), new Set([1, 6]), new Set([1])]);
});

test("writes have a window of their own (exo-protocol.md 9.4)", () => {
  const throttle = new Throttle(1);
  const capped = profile({ writes: { n: 2, per: 60 } });
  const call = (writes: boolean) =>
    "reason" in throttle.call(capped, 0, { subject: undefined, writes, executionMs: 0 });
  expect([call(true), call(true), call(true), call(false)]).toEqual([false, false, true, false]);
});

test("a rate may say the wrong Retry-After, or none", () => {
  const refusal = (retryAfter: "exact" | "missing" | number) => {
    const throttle = new Throttle(1);
    const limited = profile({ rate: { ...WINDOW, n: 1, retryAfter } });
    throttle.admit(limited, 0, "a", 1);
    return throttle.admit(limited, 0, "a", 1);
  };
  expect(refusal("exact")).toEqual({ reason: "rate", waitMs: 60_000 });
  expect(refusal("missing")).toEqual({ reason: "rate", waitMs: undefined });
  expect(refusal(120)).toEqual({ reason: "rate", waitMs: 120_000 });
});
