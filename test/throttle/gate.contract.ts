/** What every gate promises, whatever stands behind it and whatever the law has in mind. Called by the tests of each implementation. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Gate, GateKey, Lane, Permit } from "../../src/throttle/index.ts";
import { faulty, passed, refusedOne, refusedWhole } from "../support/batch-results.ts";

export const KEY: GateKey = {
  tenantId: "8f6c1f5e-3f1e-4a59-8d0c-6f3a2b1c0d9e",
  appId: "0d9e8f6c-4a59-3f1e-8d0c-6f3a2b1c0d9e",
};

/** True when `promise` is still open after `ms`. */
export async function isWaiting(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return await Promise.race([
    promise.then(
      () => false,
      () => false,
    ),
    sleep(ms, true),
  ]);
}

export function ask(
  gate: Gate,
  lane: Lane = "mailbox",
  signal?: AbortSignal,
  waiting = 100,
): Promise<Permit> {
  return gate.enter(KEY, { lane, kind: "read", waiting, maxCalls: 20, ...(signal ? { signal } : {}) });
}

/** A window that does not grow by itself, so that tests can fill it. */
export const THREE_PLACES = { startWindow: 3, maxWindow: 3 };

/** Takes every place, one after another; whoever asks then must wait for a report. */
export async function fill(gate: Gate, places = THREE_PLACES.maxWindow): Promise<Permit[]> {
  const out: Permit[] = [];
  while (out.length < places) out.push(await ask(gate));
  return out;
}

/** Reports that all went well, one after another. */
export async function allPassed(permits: readonly Permit[]): Promise<void> {
  for (const permit of permits) await permit.report(passed(permit.maxCalls));
}

interface Opened {
  readonly gate: Gate;
  /** Batches it lets out at once. */
  readonly places: number;
  readonly dispose: () => Promise<void>;
}

/**
 * To be called inside a `describe`.
 * @param open makes a gate that nobody used
 */
export function gateContract(open: () => Promise<Opened>): void {
  let gate: Gate;
  let places: number;
  let dispose: () => Promise<void>;

  beforeEach(async () => {
    ({ gate, places, dispose } = await open());
  });
  afterEach(async () => {
    await gate.close();
    await dispose();
  });

  test("a batch may leave at once, with at least one call and no more than were asked for", async () => {
    await using permit = await gate.enter(KEY, { lane: "mailbox", kind: "read", waiting: 3, maxCalls: 2 });
    expect(permit.maxCalls).toBeGreaterThanOrEqual(1);
    expect(permit.maxCalls).toBeLessThanOrEqual(2);
  });

  test("no more batches are out than there are places, and a report frees one", async () => {
    const out = await fill(gate, places);
    const next = ask(gate);
    expect(await isWaiting(next, 300)).toBe(true);
    await out[0]?.report(passed(1));
    await next;
  });

  test("a cancelled batch and a block that was left give their places back", async () => {
    const out = await fill(gate, places);
    await out[0]?.cancel();
    {
      await using again = await ask(gate);
      expect(again.maxCalls).toBeGreaterThan(0);
    }
    await ask(gate);
  });

  test("a second report of the same batch is not heard", async () => {
    const permit = await ask(gate);
    await permit.report(passed(1));
    await permit.report(refusedWhole(10, "tenant", 60_000));
    await permit.cancel();
    expect((await gate.status(KEY)).closedForMs).toBe(0);
    await ask(gate);
  });

  test("a Retry-After for the tenant lets nobody out before it is over, then one call alone", async () => {
    const out = await fill(gate, places);
    for (const permit of out) expect(await permit.report(refusedWhole(10, "tenant", 700))).toBe("none");
    const answeredAt = performance.now();
    const first = ask(gate, "interactive");
    const leave = new AbortController();
    const second = ask(gate, "mailbox", leave.signal).catch(() => {});
    expect((await gate.status(KEY)).closedForMs).toBeGreaterThan(400);
    const scout = await first;
    expect(performance.now() - answeredAt).toBeGreaterThanOrEqual(690);
    expect([scout.maxCalls, scout.scout]).toEqual([1, true]);
    await scout.report(passed(1, 5));
    expect((await gate.status(KEY)).closedForMs).toBe(0);
    leave.abort(new Error("enough"));
    await second;
  });

  test("a tenant that refuses again and again without a time is asked less and less often", async () => {
    const closed: number[] = [];
    for (let times = 0; times < 3 && (closed.at(-1) ?? 0) < 3_000; times += 1) {
      const permit = await ask(gate);
      await permit.report(refusedWhole(permit.maxCalls, "tenant"));
      closed.push((await gate.status(KEY)).closedForMs);
    }
    expect(closed.at(-1)).toBeGreaterThan(3_000);
    expect(closed.at(-1)).toBeLessThanOrEqual(10_000);
  });

  test("a refused place does not close the tenant", async () => {
    const out = await fill(gate, places);
    await allPassed(out.slice(1));
    await out[0]?.report(refusedWhole(1, "slot", 200));
    const started = performance.now();
    await allPassed([await ask(gate)]);
    expect(performance.now() - started).toBeLessThan(2_500);
    expect((await gate.status(KEY)).closedForMs).toBe(0);
  });

  test("one mailbox's refusal among others that passed closes nothing and is its own", async () => {
    const permit = await ask(gate);
    expect(await permit.report(refusedOne(10, 60_000))).not.toBe("none");
    expect((await gate.status(KEY)).closedForMs).toBe(0);
    await ask(gate);
  });

  test("a mailbox that waited alone before and is refused again closes nothing", async () => {
    const permit = await ask(gate);
    const result = { ...refusedWhole(1, "tenant", 60_000), knownBusy: 1 };
    expect(await permit.report(result)).toBe("all");
    expect((await gate.status(KEY)).closedForMs).toBe(0);
    await ask(gate);
  });

  test("a fault closes nothing and takes no place away", async () => {
    const out = await fill(gate, places);
    for (const permit of out) await permit.report(faulty(permit.maxCalls));
    expect((await gate.status(KEY)).closedForMs).toBe(0);
    await Promise.all(out.map(() => ask(gate)));
  });

  test("absurd numbers are bounded, not obeyed", async () => {
    await (
      await ask(gate)
    ).report({
      ...passed(Number.NaN, -5),
      passedBy: 1e300,
      rate: { limit: Number.NaN, remaining: -7, resetInMs: Number.POSITIVE_INFINITY },
      balance: { balanceMs: Number.NaN, rechargeMsPerHour: -1, cutoffMs: Number.POSITIVE_INFINITY },
    });
    await (await ask(gate)).report(refusedWhole(10, "tenant", 1e15));
    const { closedForMs } = await gate.status(KEY);
    expect(closedForMs).toBeGreaterThan(3_500_000);
    expect(closedForMs).toBeLessThanOrEqual(3_602_000);
  });

  test("lanes go by rank, and in order of arrival within a lane", async () => {
    const out = await fill(gate, places);
    const order: string[] = [];
    const join = async (lane: Lane, label: string): Promise<void> => {
      const permit = await ask(gate, lane);
      order.push(label);
      await permit.report(faulty(1));
    };
    const waiting = [join("mailbox", "sweep 1"), join("mailbox", "sweep 2"), join("bulk", "bulk")];
    await sleep(50); // The sweep has its turn and waits with it by now.
    waiting.push(join("write", "write"), join("interactive", "interactive"));
    await sleep(50);
    // One place only: with several, those that go together have no order.
    await out[0]?.report(faulty(1));
    await Promise.all(waiting);
    expect(order).toEqual(["interactive", "write", "bulk", "sweep 1", "sweep 2"]);
  });

  test("who is aborted while waiting gets the reason, and takes no place", async () => {
    const out = await fill(gate, places);
    const abort = new AbortController();
    const waiting = ask(gate, "mailbox", abort.signal);
    await sleep(20);
    abort.abort(new Error("no longer wanted"));
    await expect(waiting).rejects.toThrow("no longer wanted");
    await expect(ask(gate, "mailbox", abort.signal)).rejects.toThrow("no longer wanted");
    for (const permit of out) await permit.report(faulty(1));
    await Promise.all(out.map(() => ask(gate)));
  });

  test("closing ends all waiting, and a late report is swallowed", async () => {
    const out = await fill(gate, places);
    const waiting = ask(gate);
    await sleep(20);
    const [ended] = await Promise.allSettled([waiting, gate.close()]);
    expect(ended).toMatchObject({ reason: { message: "Cannot send: the gate was closed" } });
    await expect(ask(gate)).rejects.toThrow("Cannot send: the gate was closed");
    await out[0]?.report(refusedWhole(10, "tenant", 1_000));
  });
}

/** What a gate promises an operator. To be called inside a `describe`, as above. */
export function ordersContract(open: () => Promise<Opened>): void {
  test("an order for less is obeyed at once, and shown", async () => {
    const { gate, dispose } = await open();
    await gate.order(KEY, { maxConcurrency: 1, sharePercent: 80 });
    const permit = await ask(gate);
    const next = ask(gate);
    expect(await isWaiting(next, 800)).toBe(true);
    expect((await gate.status(KEY)).orders).toEqual({ maxConcurrency: 1, sharePercent: 80 });
    await permit.report(passed(permit.maxCalls));
    await allPassed([await next]);
    await gate.order(KEY, {});
    expect((await gate.status(KEY)).orders).toEqual({});
    await gate.close();
    await dispose();
  });

  test("writes keep to a rate of their own, and reads do not wait for them", async () => {
    const { gate, dispose } = await open();
    await gate.order(KEY, { maxWriteRate: 4 });
    const over = AbortSignal.timeout(2_000);
    let written = 0;
    const write = async (): Promise<never> => {
      for (;;) {
        const asked = { lane: "write", kind: "write", waiting: 100, maxCalls: 20, signal: over } as const;
        const permit = await gate.enter(KEY, asked);
        written += permit.maxCalls;
        await permit.report(passed(permit.maxCalls));
      }
    };
    let read = 0;
    const readOn = async (): Promise<never> => {
      for (;;) {
        const permit = await ask(gate, "mailbox", over);
        read += permit.maxCalls;
        await permit.report(passed(permit.maxCalls, 5));
      }
    };
    await Promise.allSettled([write(), readOn()]);
    // Two seconds of it, and the one that may be saved up.
    expect(written).toBeGreaterThanOrEqual(4);
    expect(written).toBeLessThanOrEqual(13);
    expect(read).toBeGreaterThan(50);
    expect((await gate.status(KEY)).orders).toEqual({ maxWriteRate: 4 });
    await gate.close();
    await dispose();
  });

  test("nothing leaves at a time of day that the timetable keeps free, and all goes on when it ends", async () => {
    const { gate, dispose } = await open();
    await gate.order(KEY, { timetable: { zone: "UTC", entries: [{ minute: 0, percent: 0 }] } });
    const waiting = ask(gate);
    expect(await isWaiting(waiting, 500)).toBe(true);
    expect((await gate.status(KEY)).closedForMs).toBeGreaterThan(60_000);
    await gate.order(KEY, {});
    await allPassed([await waiting]);
    expect((await gate.status(KEY)).closedForMs).toBe(0);
    await gate.close();
    await dispose();
  });
}
