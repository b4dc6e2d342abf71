/** What every gate promises, whatever stands behind it. Called by the tests of each implementation. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { BatchResult, Gate, GateKey, Lane, Permit } from "../../src/throttle/index.ts";

export const KEY: GateKey = {
  tenantId: "8f6c1f5e-3f1e-4a59-8d0c-6f3a2b1c0d9e",
  appId: "0d9e8f6c-4a59-3f1e-8d0c-6f3a2b1c0d9e",
};
export const OK: BatchResult = { calls: 10, tookMs: 20 };

export function refused(scope: "tenant" | "slot" | "mailbox", retryAfterMs: number | undefined): BatchResult {
  return { calls: 10, tookMs: 20, refusal: { scope, retryAfterMs, items: 10 } };
}

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

interface Opened {
  readonly gate: Gate;
  /** How many batches it lets out at first. */
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
  const enter = (lane: Lane = "sweep", signal?: AbortSignal): Promise<Permit> =>
    gate.enter(KEY, { lane, waiting: 100, ...(signal ? { signal } : {}) });
  const fill = (): Promise<Permit[]> => Promise.all(Array.from({ length: places }, () => enter()));

  beforeEach(async () => {
    ({ gate, places, dispose } = await open());
  });
  afterEach(async () => {
    await gate.close();
    await dispose();
  });

  test("a batch may leave at once, with as many calls as a batch starts with", async () => {
    await using permit = await enter();
    expect(permit.maxCalls).toBe(10);
  });

  test("no more batches are out than there are places, and a report frees one", async () => {
    const out = await fill();
    const next = enter();
    expect(await isWaiting(next, 100)).toBe(true);
    expect((await gate.status(KEY)).inFlight).toBe(places);
    await out[0]?.report(OK);
    await next;
  });

  test("a cancelled batch and a block that was left give their places back", async () => {
    const out = await fill();
    await out[0]?.cancel();
    {
      await using again = await enter();
      expect(again.maxCalls).toBeGreaterThan(0);
    }
    await enter();
  });

  test("a second report of the same batch is not heard", async () => {
    const permit = await enter();
    await permit.report(OK);
    await permit.report(refused("tenant", 60_000));
    await permit.cancel();
    expect((await gate.status(KEY)).closedForMs).toBe(0);
    await enter();
  });

  test("a Retry-After for the tenant lets nobody out before it is over, then one call alone", async () => {
    const out = await fill();
    await out[0]?.report(refused("tenant", 700));
    const answeredAt = performance.now();
    const later: number[] = [];
    const first = enter("interactive");
    const rest = Array.from({ length: 3 }, () =>
      enter("sweep").then((permit) => {
        later.push(performance.now());
        return permit.report(OK);
      }),
    );
    await Promise.all(out.slice(1).map((permit) => permit.report(OK)));
    expect((await gate.status(KEY)).closedForMs).toBeGreaterThan(500);
    const scout = await first;
    expect(performance.now() - answeredAt).toBeGreaterThanOrEqual(700);
    expect(scout.maxCalls).toBe(1);
    expect(later).toEqual([]);
    const scoutAnsweredAt = performance.now();
    await scout.report({ calls: 1, tookMs: 5 });
    await Promise.all(rest);
    expect(Math.min(...later)).toBeGreaterThanOrEqual(scoutAnsweredAt);
  });

  test("a tenant-level refusal without Retry-After closes for two seconds, then for four", async () => {
    await (await enter()).report(refused("tenant", undefined));
    const first = (await gate.status(KEY)).closedForMs;
    expect(first).toBeGreaterThan(1_500);
    expect(first).toBeLessThanOrEqual(2_100);
    await (await enter()).report(refused("tenant", undefined));
    expect((await gate.status(KEY)).closedForMs).toBeGreaterThan(3_500);
  });

  test("a refused place does not close the tenant", async () => {
    const out = await fill();
    await Promise.all(out.slice(1).map((permit) => permit.report(OK)));
    await out[0]?.report(refused("slot", 200));
    const started = performance.now();
    await (await enter()).report(OK);
    expect(performance.now() - started).toBeLessThan(2_000);
    expect((await gate.status(KEY)).window).toBeLessThanOrEqual(Math.max(1, places - 1));
  });

  test("one mailbox's refusal changes nothing for the others", async () => {
    const before = await gate.status(KEY);
    await (await enter()).report(refused("mailbox", 60_000));
    const after = await gate.status(KEY);
    expect([after.closedForMs, after.window]).toEqual([0, before.window]);
    await enter();
  });

  test("a fault changes nothing", async () => {
    const before = await gate.status(KEY);
    await (await enter()).report({ ...OK, fault: true });
    const after = await gate.status(KEY);
    expect([after.closedForMs, after.window]).toEqual([0, before.window]);
  });

  test("absurd numbers are bounded, not obeyed", async () => {
    await (
      await enter()
    ).report({
      calls: Number.NaN,
      tookMs: -5,
      refusal: { scope: "mailbox", retryAfterMs: Number.NaN, items: -1 },
      rate: { limit: Number.NaN, remaining: -7, resetInMs: Number.POSITIVE_INFINITY },
    });
    await (await enter()).report(refused("tenant", 1e15));
    const { closedForMs } = await gate.status(KEY);
    expect(closedForMs).toBeGreaterThan(3_500_000);
    expect(closedForMs).toBeLessThanOrEqual(3_601_000);
  });

  test("a batch that was too large makes the next ones smaller", async () => {
    await (await enter()).report({ calls: 10, tookMs: 20, tooLarge: true });
    const next = await enter();
    expect(next.maxCalls).toBe(5);
    await next.report({ calls: 1, tookMs: 20, tooLarge: true });
    expect((await enter()).maxCalls).toBe(5);
  });

  test("lanes go by rank, and in order of arrival within a lane", async () => {
    const out = await fill();
    const order: string[] = [];
    const join = async (lane: Lane, label: string): Promise<void> => {
      const permit = await enter(lane);
      order.push(label);
      await permit.report(OK);
    };
    const waiting = [join("sweep", "sweep 1"), join("sweep", "sweep 2"), join("audit", "audit")];
    await sleep(50); // The sweep has its turn and waits with it by now.
    waiting.push(join("write", "write"), join("interactive", "interactive"));
    await sleep(50);
    // One place only: with several, those that go together have no order.
    await out[0]?.report({ ...OK, fault: true });
    await Promise.all(waiting);
    expect(order).toEqual(["interactive", "write", "audit", "sweep 1", "sweep 2"]);
  });

  test("who is aborted while waiting gets the reason, and takes no place", async () => {
    const out = await fill();
    const abort = new AbortController();
    const waiting = enter("sweep", abort.signal);
    await sleep(20);
    abort.abort(new Error("no longer wanted"));
    await expect(waiting).rejects.toThrow("no longer wanted");
    await expect(enter("sweep", abort.signal)).rejects.toThrow("no longer wanted");
    await Promise.all(out.map((permit) => permit.report(OK)));
    await fill();
  });

  test("closing ends all waiting, and a late report is swallowed", async () => {
    const out = await fill();
    const waiting = enter();
    await sleep(20);
    const [ended] = await Promise.allSettled([waiting, gate.close()]);
    expect(ended).toMatchObject({ reason: { message: "Cannot send: the gate was closed" } });
    await expect(enter()).rejects.toThrow("Cannot send: the gate was closed");
    await out[0]?.report(refused("tenant", 1_000));
  });
}
