import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type LawResult, close, giveBack, ownShare, resume } from "../../../src/throttle/law/index.ts";
import { Slots } from "./slots.ts";
import { Play, SETTINGS, passed, refusedWhole, slotRefused } from "./drive.ts";

/** Numbers as a broken or hostile service may send them. */
const absurd = fc.oneof(
  fc.constantFrom(-1e12, -1, 0, 0.5, 1, 1e6, 1e12, 1e300, Number.MAX_VALUE),
  fc.double({ min: -1e9, max: 1e9, noNaN: true }),
);

const anyRate = fc.record({ limit: absurd, remaining: absurd, resetInMs: absurd });
const anyBalance = fc.record({ balanceMs: absurd, rechargeMsPerHour: absurd, cutoffMs: absurd });

/** What may come of a batch of so many calls. */
const anyResult = fc
  .record({
    what: fc.constantFrom("passed", "passed", "passed", "whole", "slot", "tail", "one", "fault", "large"),
    tookMs: absurd,
    retryAfterMs: fc.option(absurd, { nil: undefined }),
    rate: fc.option(anyRate, { nil: undefined }),
    balance: fc.option(anyBalance, { nil: undefined }),
  })
  .map(({ what, tookMs, retryAfterMs, rate, balance }) => (calls: number): LawResult => {
    const extra = {
      tookMs,
      ...(rate ? { rate } : {}),
      ...(balance ? { balance } : {}),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
    const base = { ...passed(calls), ...extra };
    if (what === "whole") return { ...refusedWhole(calls), ...extra };
    if (what === "slot") return { ...slotRefused(calls), ...extra };
    if (what === "tail") {
      const refused = Math.ceil(calls / 2);
      return { ...base, passed: calls - refused, refused };
    }
    if (what === "one") return { ...base, passed: calls - 1, refused: 1, passedBy: calls > 1 ? 1 : 0 };
    if (what === "fault") return { ...base, passed: 0, fault: true };
    if (what === "large") return { ...base, passed: 0, tooLarge: true };
    return base;
  });

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("ask" as const), by: fc.constantFrom("a", "b", "c") }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("end" as const), at: fc.nat(5), result: anyResult }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("clock" as const),
      ms: fc.integer({ min: -600_000, max: 600_000 }),
    }),
  },
);

/** What an ask broke of the law's promises. */
function askAndWatch(play: Play, by: string, jumped: boolean): string[] {
  const before = play.view();
  const answer = play.ask("read", 50, by);
  if (answer.kind === "wait") {
    const waitMs = answer.untilMs - play.nowMs;
    return waitMs > 0 && waitMs <= 86_460_000 ? [] : [`a wait of ${waitMs} ms`];
  }
  const broken: string[] = [];
  if (!jumped && play.nowMs < play.closedUntilMs) broken.push("sent while the gate was closed");
  if (answer.calls < 1 || answer.calls > 20) broken.push(`a batch of ${answer.calls}`);
  const after = play.view();
  // One more is a probe; where calls are counted, a batch larger than the room asks whether they are.
  const out = after.windowUnit === "calls" ? after.inFlightCalls - 8 : after.inFlight;
  const most = Math.max(before.window, after.window) + 1;
  if (out > most) broken.push(`${out} out where ${most} may be`);
  return broken;
}

test("whatever the service answers: nothing leaves while the gate is closed, no more is out than the window, and every number stays one", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 150 }), (steps) => {
      const play = new Play();
      const broken: string[] = [];
      let jumped = false;
      for (const each of steps) {
        if (each.do === "ask") broken.push(...askAndWatch(play, each.by, jumped));
        else if (each.do === "end") play.end(each.result, each.at);
        else {
          play.nowMs += each.ms;
          jumped ||= each.do === "clock";
        }
        broken.push(...play.oddNumbers());
        if ((play.view().pace ?? 0) < 0) broken.push("a negative pace");
      }
      expect(broken).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test("from any state a batch leaves again within the longest wait and a minute, once the service is well", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 120 }), (steps) => {
      const play = new Play({ ...SETTINGS, maxWaitMs: 60_000 });
      for (const each of steps) {
        if (each.do === "pass") play.nowMs += each.ms;
        else if (each.do === "clock") play.nowMs += Math.abs(each.ms);
        else if (each.do === "ask") play.ask("read", 50, each.by);
        else
          play.end((calls) => {
            const { rate: _rate, ...result } = each.result(calls);
            return result;
          }, each.at);
      }
      // The named wait, and one second more for each call a slow learned pace wants.
      expect(play.untilGo()).toBeLessThanOrEqual(60_000 + 60_000);
    }),
    { numRuns: 200 },
  );
});

test("a reading of the headers that says nothing is left for a year is not believed", () => {
  const play = new Play();
  play.ask();
  play.end((calls) => ({ ...passed(calls), rate: { limit: 100, remaining: 0, resetInMs: 31e9 } }));
  expect(play.untilGo()).toBeLessThanOrEqual(1_000);
});

test("writes keep to their own bound, second by second, while reads do not feel it", () => {
  const play = new Play({ ...SETTINGS, maxWritesPerSecond: 2 });
  const writes: { atMs: number; calls: number }[] = [];
  let reads = 0;
  for (let ms = 0; ms < 60_000; ms += 50) {
    play.nowMs += 50;
    const write = play.ask("write");
    if (write.kind === "go") writes.push({ atMs: play.nowMs, calls: write.calls });
    const read = play.ask("read");
    if (read.kind === "go") reads += read.calls;
    while (play.flying.length > 0) play.end(passed);
  }
  for (const [at, { atMs }] of writes.entries()) {
    const inTenSeconds = writes.slice(at).filter((each) => each.atMs <= atMs + 10_000);
    expect(inTenSeconds.reduce((sum, { calls }) => sum + calls, 0)).toBeLessThanOrEqual(2 * 10 + 3);
  }
  expect(writes.reduce((sum, { calls }) => sum + calls, 0)).toBeGreaterThan(100);
  expect(reads).toBeGreaterThan(5_000);
});

test("the operator's bound on calls holds for reads and writes together", () => {
  const play = new Play({ ...SETTINGS, maxCallsPerSecond: 5 });
  let sent = 0;
  for (let ms = 0; ms < 60_000; ms += 50) {
    play.nowMs += 50;
    for (const kind of ["read", "write"] as const) {
      const answer = play.ask(kind);
      if (answer.kind === "go") sent += answer.calls;
    }
    while (play.flying.length > 0) play.end(passed);
  }
  expect(sent).toBeLessThanOrEqual(5 * 60 + 6);
  expect(sent).toBeGreaterThan(250);
});

test("with a share of nothing nothing leaves, and the reason is the operator", () => {
  const play = new Play({ ...SETTINGS, sharePercent: 0 });
  expect(play.ask()).toMatchObject({ kind: "wait", because: "operator" });
});

test("after a Retry-After one call goes first, and the others wait for it", () => {
  const play = new Play();
  play.ask();
  play.end((calls) => refusedWhole(calls, 5_000));
  expect(play.ask()).toMatchObject({ kind: "wait", because: "retry-after" });
  play.nowMs = play.closedUntilMs;
  expect(play.ask()).toMatchObject({ kind: "go", calls: 1, scout: true });
  expect(play.ask()).toMatchObject({ kind: "wait", because: "half-open" });
  play.end(passed);
  expect(play.ask()).toMatchObject({ kind: "go" });
});

test("a scout that was given back or lost does not keep the gate closed", () => {
  const play = new Play();
  play.ask();
  play.end((calls) => refusedWhole(calls, 1_000));
  play.nowMs = play.closedUntilMs;
  play.ask();
  const [scout] = play.flying.splice(0);
  giveBack(play.state, scout?.lease ?? "", play.nowMs);
  expect(play.ask()).toMatchObject({ kind: "go", calls: 1 });
  play.flying.splice(0);
  expect(play.untilGo()).toBeLessThanOrEqual(SETTINGS.leaseMs + 5_000);
});

test("a slot's Retry-After does not stop the tenant", () => {
  const play = new Play();
  play.ask();
  play.ask();
  play.end((calls) => slotRefused(calls, 30_000));
  expect(play.closedUntilMs).toBe(0);
  play.nowMs += 1_000;
  play.end(passed);
  expect(play.ask()).toMatchObject({ kind: "go" });
});

test("a mailbox that refuses while others pass waits alone, and the gate stays open", () => {
  const play = new Play();
  for (let count = 0; count < 30; count += 1) {
    play.nowMs += 500;
    play.ask();
    while (play.flying.length > 0) play.end(passed);
  }
  const answer = play.ask();
  expect(answer.kind).toBe("go");
  play.end((calls) => ({
    ...passed(calls),
    passed: calls - 1,
    refused: 1,
    passedBy: 1,
    retryAfterMs: 30_000,
  }));
  expect(play.closedUntilMs).toBe(0);
  expect(play.ask()).toMatchObject({ kind: "go" });
});

test("leases of a dead process come back after the time of a lease", () => {
  const play = new Play({ ...SETTINGS, maxWindow: 3 });
  for (let count = 0; count < 40; count += 1) {
    play.nowMs += 500;
    while (play.flying.length > 0) play.end(passed);
    while (play.ask().kind === "go");
  }
  expect(play.ask("read", 100, "other").kind).toBe("wait");
  play.flying.splice(0);
  play.nowMs += SETTINGS.leaseMs;
  expect(play.ask("read", 100, "other").kind).toBe("go");
});

test("processes that die one after the other leave behind neither a window too large nor a wrong idea of what is counted", () => {
  const service = new Slots({ ...SETTINGS, leaseMs: 10_000 }, 10);
  const alive = ["a", "b", "c"];
  service.serve(120_000, alive);
  const calm = service.largeRefused;
  const wrong: string[] = [];
  for (let death = 0; death < 60; death += 1) {
    service.die(alive.shift() ?? "");
    alive.push(`after death ${death}`);
    service.serve(11_000 + 130 * death, alive);
    const { w, itemVotes } = service.state.window;
    if (Math.floor(w) !== 10 || itemVotes > 0) wrong.push(`death ${death}: window ${w}, votes ${itemVotes}`);
  }
  expect(wrong).toEqual([]);
  expect(service.largeRefused - calm, "large batches refused in sixty deaths").toBeLessThanOrEqual(6);
});

test("a clock that is set back costs nobody more than a moment", () => {
  const play = new Play();
  play.ask();
  play.end((calls) => refusedWhole(calls, 2_000));
  play.nowMs -= 600_000;
  expect(play.untilGo()).toBeLessThanOrEqual(5_000);
});

test("who heard of a closed gate while the state was lost can say so", () => {
  const play = new Play();
  close(play.state, play.nowMs + 10_000, SETTINGS, play.nowMs);
  expect(play.ask()).toMatchObject({ kind: "wait", because: "retry-after", untilMs: play.nowMs + 10_000 });
});

test("a share of a lost state, and the state of another night, begin with less than was found", () => {
  const play = new Play();
  for (let count = 0; count < 200; count += 1) {
    play.nowMs += 100;
    while (play.ask().kind === "go");
    if (count % 4 === 3) while (play.flying.length > 0) play.end(passed);
  }
  const { window } = play.view();
  expect(window).toBeGreaterThan(10);
  const share = structuredClone(play.state);
  ownShare(share, 4, play.nowMs);
  expect(Math.floor(share.window.w)).toBeLessThanOrEqual(Math.ceil(window / 4));
  resume(play.state, play.nowMs + 86_400_000);
  expect(Math.floor(play.state.window.w)).toBeLessThanOrEqual(Math.ceil(window / 2));
});
