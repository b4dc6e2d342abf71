import { expect, test } from "vitest";
import { defaultSettings } from "../../src/config.ts";
import { NO_HISTORY } from "../../src/exo/call.ts";
import type { History } from "../../src/exo/call.ts";
import type { FailureFacts, Verdict } from "../../src/exo/verdict.ts";
import { decide } from "../../src/exo/decide.ts";
import type { Situation, Step } from "../../src/exo/decide.ts";
import type { Effect } from "../../src/exo/effects.ts";
import { showable } from "../../src/exo/failure.ts";

const SETTINGS = {
  ...defaultSettings().requests,
  maxRetries: 3,
  retryDelayMs: 100,
  maxRetryMs: 60_000,
  maxBusyMs: 15_000,
};
const NOW = 1_000_000;

interface Case extends Partial<Omit<Situation, "call" | "outcome">> {
  readonly history?: Partial<History>;
  readonly effect?: Effect;
  readonly retryAfterMs?: number;
  readonly facts?: Partial<FailureFacts>;
}

function after(
  verdict: Verdict,
  { history = {}, effect = "read", retryAfterMs, facts = {}, ...rest }: Case = {},
): Step {
  return decide({
    call: {
      cmdlet: "Get-Mailbox",
      effect,
      history: { ...NO_HISTORY, firstSentAtMs: NOW - 1_000, ...history },
    },
    outcome: {
      verdict,
      rule: "",
      facts: { status: undefined, errorId: "", exceptionType: "", words: "", ...facts },
      retryAfterMs,
      wasBusy: (history.busy ?? 0) > 0,
      timesRefused: history.throttles ?? 0,
      othersPass: true,
    },
    scope: undefined,
    sharedBy: 1,
    requestId: "id-1",
    worked: false,
    othersPass: true,
    nowMs: NOW,
    chance: 0.5,
    settings: SETTINGS,
    ...rest,
  });
}

const THROTTLED: Verdict = { is: "throttled", by: "budget" };
const fault = (kind: Extract<Verdict, { is: "fault" }>["kind"], executed: "no" | "unknown"): Verdict => ({
  is: "fault",
  kind,
  executed,
});

test("a throttled call is first in the line again, and waits by itself only when it is refused again and again", () => {
  expect(after(THROTTLED, { scope: "tenant" })).toMatchObject({
    do: "again",
    afterMs: 0,
    history: { throttles: 1 },
  });
  expect(after(THROTTLED, { scope: "tenant", history: { throttles: 2 } })).toMatchObject({ afterMs: 0 });
  expect(after(THROTTLED, { scope: "tenant", history: { throttles: 3 } })).toMatchObject({ afterMs: 100 });
  expect(after(THROTTLED, { scope: "tenant", history: { throttles: 4 } })).toMatchObject({ afterMs: 200 });
  expect(after(THROTTLED, { scope: "slot", history: { throttles: 60 } })).toMatchObject({ afterMs: 2_000 });
});

test("throttling uses up no repeat, but it uses up time", () => {
  const often = after(THROTTLED, { scope: "tenant", history: { faults: 3, throttles: 50 } });
  expect(often).toMatchObject({ do: "again", history: { faults: 3 } });
  const long = after(THROTTLED, {
    scope: "tenant",
    history: { firstSentAtMs: NOW - 60_000 },
    retryAfterMs: 5_000,
  });
  expect(long).toMatchObject({
    do: "fail",
    error: { kind: "throttled", remedy: "wait", retryAfterMs: 5_000 },
  });
});

test("a busy mailbox waits alone for as long as it asks, or 2 s, 4 s, 8 s", () => {
  const first = after(THROTTLED, { scope: "mailbox", retryAfterMs: 3_000 });
  expect(first).toMatchObject({
    do: "again",
    afterMs: 3_000,
    history: { busy: 1, single: true, busySinceMs: NOW },
  });
  expect(after(THROTTLED, { scope: "mailbox" })).toMatchObject({ afterMs: 2_000 });
  const third = { busy: 2, busySinceMs: NOW - 6_000 };
  expect(after(THROTTLED, { scope: "mailbox", history: third })).toMatchObject({ afterMs: 8_000 });
});

test("a mailbox that stays busy gives its place to another, with the time to come back at", () => {
  const asked = after(THROTTLED, { scope: "mailbox", retryAfterMs: 30_000 });
  expect(asked).toMatchObject({
    do: "fail",
    error: { kind: "mailbox-busy", remedy: "wait", retryAfterMs: 30_000 },
  });
  const stayed = after(THROTTLED, { scope: "mailbox", history: { busy: 3, busySinceMs: NOW - 14_000 } });
  expect(stayed).toMatchObject({ do: "fail", error: { kind: "mailbox-busy", retryAfterMs: 16_000 } });
});

test("a token that is not accepted is renewed at once, again after a wait, and then the run pauses", () => {
  const steps = [0, 1, 2].map((renewals) =>
    after({ is: "unauthorized" }, { history: { renewals }, othersPass: false }),
  );
  expect(steps).toMatchObject([
    { do: "again", renew: true, afterMs: 0, history: { renewals: 1 } },
    { do: "again", renew: true, afterMs: 100, history: { renewals: 2 } },
    { do: "fail", error: { kind: "unauthorized", remedy: "pause-run" } },
  ]);
});

test("while others get through with their tokens, the app itself is not in doubt", () => {
  const step = (renewals: number) =>
    after({ is: "unauthorized" }, { history: { renewals }, othersPass: true });
  expect(step(SETTINGS.maxRetries - 1)).toMatchObject({ do: "again", renew: true });
  expect(step(SETTINGS.maxRetries)).toMatchObject({ do: "fail", error: { remedy: "pause-run" } });
});

test("a cmdlet that never worked pauses the run after one renewal, and its role is named", () => {
  expect(after({ is: "forbidden" })).toMatchObject({ do: "again", renew: true });
  const step = after({ is: "forbidden" }, { history: { renewals: 1 }, facts: { status: 403 } });
  expect(step).toMatchObject({
    do: "fail",
    error: {
      kind: "forbidden",
      remedy: "pause-run",
      requestId: "id-1",
      message:
        "Cannot run Get-Mailbox: the app may not run it (403): View-Only Organization Management is the least role group that may",
    },
  });
});

test("a cmdlet that works elsewhere is denied here, without a new token for each mailbox", () => {
  expect(after({ is: "forbidden" }, { worked: true })).toMatchObject({
    do: "fail",
    error: { kind: "forbidden", remedy: "denied" },
  });
});

test("a fault is repeated with a doubling wait, alone when it was alone", () => {
  const waits = [0, 1, 2].map((faults) => after(fault("server-error", "unknown"), { history: { faults } }));
  expect(waits).toMatchObject([
    { do: "again", afterMs: 100, history: { faults: 1, single: true } },
    { do: "again", afterMs: 200 },
    { do: "again", afterMs: 400 },
  ]);
});

test("a time the service names is waited for, up to the bound on repeats", () => {
  expect(after(fault("server-error", "unknown"), { retryAfterMs: 20_000 })).toMatchObject({
    afterMs: 20_000,
  });
  expect(after(fault("server-error", "unknown"), { retryAfterMs: 60_000 })).toMatchObject({ do: "fail" });
});

test("a fault of a whole batch is repeated together once, then alone; a timeout and a reply too large alone at once", () => {
  const shared = { sharedBy: 10 };
  expect(after(fault("server-error", "unknown"), shared)).toMatchObject({ history: { single: false } });
  expect(after(fault("server-error", "unknown"), { ...shared, history: { faults: 1 } })).toMatchObject({
    history: { single: true },
  });
  expect(after(fault("timeout", "unknown"), shared)).toMatchObject({ history: { single: true } });
  expect(after(fault("too-large", "unknown"), shared)).toMatchObject({ history: { single: true } });
  expect(after(fault("too-large", "unknown"))).toMatchObject({ do: "fail", error: { kind: "too-large" } });
});

test("faults that outlast their repeats are the call's when others get through, and else in doubt", () => {
  const tired = { history: { faults: 3 } };
  for (const [kind, executed] of [
    ["not-sent", "no"],
    ["network", "unknown"],
    ["server-error", "unknown"],
    ["transient", "no"],
  ] as const) {
    expect(after(fault(kind, executed), tired)).toMatchObject({
      do: "fail",
      error: { kind, remedy: "give-up" },
    });
    expect(after(fault(kind, executed), { ...tired, othersPass: false })).toMatchObject({
      do: "ask-around",
      own: { kind, remedy: "give-up" },
      everybodys: { kind, remedy: "pause-run" },
    });
  }
});

test.each<Effect>(["absolute", "convergent", "create", "once"])(
  "a write of class %s whose fate is unknown is never sent again",
  (effect) => {
    for (const kind of ["network", "timeout", "server-error", "malformed", "too-large"] as const) {
      const step = after(fault(kind, "unknown"), { effect, sharedBy: 5 });
      expect(step).toMatchObject({ do: "fail", error: { kind, remedy: "give-up", ambiguous: true } });
    }
  },
);

test("a write that never left is sent again, whatever its class", () => {
  for (const effect of ["absolute", "convergent", "create", "once"] as const) {
    expect(after(fault("not-sent", "no"), { effect })).toMatchObject({ do: "again" });
  }
});

test("a write that Exchange itself reports as failed is repeated only when twice does no harm", () => {
  for (const [effect, expected] of [
    ["absolute", "again"],
    ["convergent", "again"],
    ["create", "fail"],
    ["once", "fail"],
  ] as const) {
    expect(after(fault("transient", "no"), { effect }).do).toBe(expected);
  }
});

test("what was refused before it was executed may be sent again, also a write", () => {
  for (const verdict of [THROTTLED, { is: "unauthorized" }, { is: "forbidden" }] as const) {
    expect(after(verdict, { effect: "once", scope: "tenant" }).do).toBe("again");
  }
});

test("a batch that is too large is halved, down to single calls; one refused for another reason falls apart at once", () => {
  const tooLarge: Verdict = { is: "batch-refused", tooLarge: true };
  expect(after(tooLarge, { sharedBy: 20 })).toMatchObject({
    do: "again",
    history: { company: 10, single: false },
  });
  expect(after(tooLarge, { sharedBy: 3 })).toMatchObject({ history: { company: 1, single: true } });
  expect(after({ is: "batch-refused", tooLarge: false }, { sharedBy: 20 })).toMatchObject({
    history: { company: 1, single: true },
  });
});

test("another answer in between allows another renewal, and ends a row of refusals", () => {
  const between = after(fault("server-error", "unknown"), { history: { renewals: 1, throttles: 4 } });
  expect(between).toMatchObject({ history: { renewals: 0, throttles: 0 } });
});

test("words of the service are shown in one line, without domain controllers, tokens and control characters", () => {
  expect(showable("object 'x' couldn't be found on 'AM0PR04A005DC02.EURPR04A005.PROD.OUTLOOK.COM'.")).toBe(
    "object 'x' couldn't be found",
  );
  expect(showable("a\u001b[31m\r\nb\u202ec\u0000")).toBe("a [31m b c");
  const token = `eyJ${"a".repeat(40)}.eyJ${"b".repeat(40)}.${"c".repeat(40)}`;
  expect(showable(`got Bearer ${token} and ${token}`)).toBe("got bearer … and …");
  expect(showable("x".repeat(5_000))).toHaveLength(300);
});
