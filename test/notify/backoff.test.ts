/** When a message is tried again. */
import { expect, test } from "vitest";
import { endOf } from "../../src/notify/backoff.ts";

const PATIENCE = { retryDelayMs: 10_000, giveUpMs: 86_400_000 };
const at = (tries: number, over: object = {}) => ({ tries, createdAtMs: 0, nowMs: 0, chance: 0.5, ...over });

test("what was taken or refused is over", () => {
  expect(endOf({ is: "accepted" }, at(1), PATIENCE)).toEqual({ state: "sent" });
  expect(endOf({ is: "refused", retryAfterMs: 5 }, at(1), PATIENCE)).toEqual({ state: "failed" });
});

test("waits grow threefold, to an hour, and are spread by a quarter either way", () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 50].map((tries) => endOf({ is: "trouble" }, at(tries), PATIENCE));
  expect(waits.map((end) => "nextAtMs" in end && end.nextAtMs)).toEqual([
    10_000, 30_000, 90_000, 270_000, 810_000, 2_430_000, 3_600_000, 3_600_000,
  ]);
  expect(endOf({ is: "trouble" }, at(1, { chance: 0 }), PATIENCE)).toMatchObject({ nextAtMs: 7_500 });
  expect(endOf({ is: "trouble" }, at(1, { chance: 0.999 }), PATIENCE)).toMatchObject({ nextAtMs: 12_495 });
});

test("a Retry-After that is longer holds, and a shorter one hurries nobody", () => {
  expect(endOf({ is: "trouble", retryAfterMs: 60_000 }, at(1), PATIENCE)).toMatchObject({ nextAtMs: 60_000 });
  expect(endOf({ is: "trouble", retryAfterMs: 1 }, at(1), PATIENCE)).toMatchObject({ nextAtMs: 10_000 });
});

test("one that would be too old by then is given up", () => {
  const old = at(9, { nowMs: 86_400_000 - 3_600_000 });
  expect(endOf({ is: "trouble" }, old, PATIENCE)).toMatchObject({ state: "waiting" });
  expect(endOf({ is: "trouble" }, { ...old, nowMs: old.nowMs + 1 }, PATIENCE)).toEqual({ state: "failed" });
  expect(endOf({ is: "trouble", retryAfterMs: 90_000_000 }, at(1), PATIENCE)).toEqual({ state: "failed" });
});
