import { afterEach, expect, test } from "vitest";
import { defaultSettings } from "../../src/config.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import type { Permit } from "../../src/throttle/index.ts";
import { LawInProcess } from "../../src/throttle/law-in-process.ts";
import { TenantGate } from "../../src/throttle/tenant-gate.ts";
import { passed, refusedWhole } from "../support/batch-results.ts";
import { isWaiting, KEY, THREE_PLACES } from "./gate.contract.ts";

const HOUR_MS = 3_600_000;
const settings = defaultSettings({ gate: { ...THREE_PLACES, leaseMs: 2_000 } });
let gate: TenantGate | undefined;

afterEach(async () => {
  await gate?.close(new Error("over"));
});

/** A gate whose store has a clock that can be set. */
function open(): { readonly enter: () => Promise<Permit>; readonly set: (ms: number) => void } {
  let setMs = 0;
  const now = (): number => performance.now();
  const opened = new TenantGate({
    key: KEY,
    tag: "here",
    store: new LawInProcess(() => now() + setMs),
    settings,
    telemetry: new Telemetry(),
    self: "me",
    now,
    closedUntilMs: 0,
  });
  gate = opened;
  return {
    enter: () => opened.enter({ lane: "sweep", kind: "read", waiting: 50, maxCalls: 20 }),
    set: (ms) => {
      setMs += ms;
    },
  };
}

test.each([
  ["forward", HOUR_MS],
  ["back", -HOUR_MS],
])("a store whose clock is set %s by an hour opens a closed gate neither sooner nor later", async (_, ms) => {
  const { enter, set } = open();
  await (await enter()).report(refusedWhole(1, "tenant", 1_000));
  const refusedAt = performance.now();
  set(ms);
  await (await enter()).report(passed(1));
  const waitedMs = performance.now() - refusedAt;
  expect(waitedMs).toBeGreaterThanOrEqual(995);
  expect(waitedMs).toBeLessThan(4_000);
});

test("places on the wire when the clock is set back are free again when they are reported", async () => {
  const { enter, set } = open();
  const out = [await enter(), await enter(), await enter()];
  set(-HOUR_MS);
  expect(await isWaiting(enter(), 300)).toBe(true);
  await out[0]?.report(passed(1));
  await out[1]?.report(passed(1));
  expect(await isWaiting(enter(), 2_000)).toBe(false);
});
