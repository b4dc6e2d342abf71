import { afterEach, expect, test, vi } from "vitest";
import { defaultSettings } from "../../src/config.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import type { Permit } from "../../src/throttle/index.ts";
import { Lanes } from "../../src/throttle/lanes.ts";
import { LawInProcess } from "../../src/throttle/law-in-process.ts";
import type { LawStore } from "../../src/throttle/law-store.ts";
import { TenantGate } from "../../src/throttle/tenant-gate.ts";
import { passed, refusedWhole } from "../support/batch-results.ts";
import { isWaiting, KEY, THREE_PLACES } from "./gate.contract.ts";

const HOUR_MS = 3_600_000;
const LEASE_MS = 2_000;
const settings = defaultSettings({ gate: { ...THREE_PLACES, leaseMs: LEASE_MS } });
const gates: TenantGate[] = [];

afterEach(async () => {
  await Promise.all(gates.splice(0).map((gate) => gate.close(new Error("over"))));
});

interface Opened {
  readonly enter: () => Promise<Permit>;
  /** Another process of the same tenant, and the end of it: nothing of it is heard any more. */
  readonly enterOther: () => Promise<Permit>;
  readonly killOther: () => void;
  readonly set: (ms: number) => void;
}

/** A gate whose store has a clock that can be set. */
function open(): Opened {
  let setMs = 0;
  let dead = false;
  const now = (): number => performance.now();
  const law = new LawInProcess(() => now() + setMs);
  const mortal: LawStore = {
    ask: (...args) => law.ask(...args),
    report: (...args) => law.report(...args),
    upkeep: (...args) => (dead ? Promise.withResolvers<never>().promise : law.upkeep(...args)),
    view: (...args) => law.view(...args),
    orders: () => law.orders(),
    order: (...args) => law.order(...args),
  };
  const enter = (store: LawStore, self: string): (() => Promise<Permit>) => {
    const parts = { key: KEY, tag: "here", store, settings, telemetry: new Telemetry(), self, now };
    const gate = new TenantGate({ ...parts, closedUntilMs: 0 });
    if (store === law) gates.push(gate);
    return () => gate.enter({ lane: "mailbox", kind: "read", waiting: 50, maxCalls: 20 });
  };
  return {
    enter: enter(law, "me"),
    enterOther: enter(mortal, "other"),
    killOther: () => {
      dead = true;
    },
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

test.each([
  ["forward", HOUR_MS],
  ["back", -HOUR_MS],
  ["back by a day", -24 * HOUR_MS],
])("a clock that is set %s keeps the places of a process that died no longer than a lease", async (_, ms) => {
  const { enter, enterOther, killOther, set } = open();
  for (let place = 0; place < THREE_PLACES.maxWindow; place += 1) await enterOther();
  killOther();
  set(ms);
  const setAt = performance.now();
  for (let place = 0; place < THREE_PLACES.maxWindow; place += 1) await enter();
  expect(performance.now() - setAt).toBeLessThan(LEASE_MS + 3_000);
});

test("turns do not wait for the hour that our own clock was set back by", async () => {
  const turn = { waitMs: 0, passing: false, timed: false };
  const lanes = new Lanes<number>(
    async (asks) => ({ ...turn, grants: asks.map(() => 1) }),
    () => undefined,
  );
  const ask = { kind: "read", waiting: 1, maxCalls: 20 } as const;
  const both = (): Promise<number[]> =>
    Promise.all([lanes.join({ ...ask, lane: "mailbox" }), lanes.join({ ...ask, lane: "bulk" })]);
  await both();
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - HOUR_MS });
  expect(await isWaiting(both(), 1_000)).toBe(false);
  await lanes.close(new Error("over"));
});
