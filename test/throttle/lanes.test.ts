import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { Lanes } from "../../src/throttle/lanes.ts";
import type { Ask, Lane } from "../../src/throttle/index.ts";

afterEach(() => void vi.useRealTimers());

const asking = (lane: Lane): Ask => ({ lane, kind: "read", waiting: 1, maxCalls: 1 });

test("turns go on when the wall clock is set back by an hour before the first of them", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_800_000_000_000 });
  let granted = 0;
  const lanes = new Lanes<number>(
    async (asks) => {
      await sleep(5);
      return { grants: asks.map(() => (granted += 1)), waitMs: 0, passing: false, timed: false };
    },
    () => undefined,
  );
  await sleep(20);
  vi.setSystemTime(1_800_000_000_000 - 3_600_000);
  // The first asks directly, the others wait for their turns.
  const grants = Promise.all((["mailbox", "bulk", "write"] as const).map((lane) => lanes.join(asking(lane))));
  expect(await Promise.race([grants, sleep(2_000, "still waiting")])).toEqual([1, 3, 2]);
  await lanes.close(new Error("the test is over"));
});
