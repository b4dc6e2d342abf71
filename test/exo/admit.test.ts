import { describe, expect, test, vi } from "vitest";
import { admit } from "../../src/exo/admit.ts";
import { type Call, NO_HISTORY } from "../../src/exo/call.ts";

interface Watched {
  readonly call: Call;
  readonly rejected: unknown[];
}

function callWith(beforeSend: Call["beforeSend"], signal?: AbortSignal): Watched {
  const rejected: unknown[] = [];
  const call: Call = {
    cmdlet: "Set-Mailbox",
    input: { CmdletInput: { CmdletName: "Set-Mailbox", Parameters: {} } },
    effect: "absolute",
    resource: undefined,
    target: { kind: "invoke" },
    select: [],
    anchor: { kind: "tenant" },
    lane: "write",
    run: undefined,
    signal,
    alone: undefined,
    beforeSend,
    single: false,
    slow: false,
    history: NO_HISTORY,
    resolve: () => undefined,
    reject: (error) => void rejected.push(error),
  };
  return { call, rejected };
}

const inTime = (): Promise<number> => Promise.resolve(performance.now() + 60_000);

describe("the last look before a request leaves", () => {
  test("lets calls go that want no word, and asks nobody", async () => {
    const calls = [callWith(undefined).call, callWith(undefined).call];
    expect(await admit(calls)).toEqual({ calls, leaveByMs: Number.POSITIVE_INFINITY });
  });

  test("waits for the word of every call that wants one, and keeps their order", async () => {
    const words: string[] = [];
    const slow = callWith(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      words.push("slow");
      return inTime();
    });
    const quick = callWith(() => {
      words.push("quick");
      return inTime();
    });
    const silent = callWith(undefined);
    const calls = [slow.call, quick.call, silent.call];
    expect((await admit(calls)).calls).toEqual(calls);
    expect(words).toEqual(["quick", "slow"]);
  });

  test("leaves one call behind whose word fails, with that very error, and sends the others", async () => {
    const trouble = new Error("the journal is full");
    const bad = callWith(() => Promise.reject(trouble));
    const good = callWith(inTime);
    expect((await admit([bad.call, good.call])).calls).toEqual([good.call]);
    expect([bad.rejected, good.rejected]).toEqual([[trouble], []]);
  });

  test("leaves one behind that is past its moment, also when the word of another held it up", async () => {
    const late = callWith(() => Promise.resolve(performance.now() + 5));
    const holding = callWith(async () => {
      const untilMs = performance.now() + 20;
      while (performance.now() < untilMs) await new Promise((resolve) => setImmediate(resolve));
      return inTime();
    });
    expect((await admit([late.call, holding.call])).calls).toEqual([holding.call]);
    expect(late.rejected).toMatchObject([
      { kind: "not-sent", remedy: "stopped", ambiguous: false, cmdlet: "Set-Mailbox" },
    ]);
  });

  test("leaves one behind whose machine was suspended meanwhile, and lets one go whose clock was set back", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      for (const [byMs, admitted] of [
        [600_000, 0],
        [-600_000, 1],
      ] as const) {
        const { call, rejected } = callWith(() => {
          vi.setSystemTime(Date.now() + byMs);
          return inTime();
        });
        expect((await admit([call])).calls).toHaveLength(admitted);
        expect(rejected).toHaveLength(1 - admitted);
      }
    } finally {
      vi.useRealTimers();
    }
  });

  test("leaves one behind that was told to stop while a word was waited for", async () => {
    const stop = new AbortController();
    const withdrawn = callWith(inTime, stop.signal);
    const holding = callWith(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      stop.abort();
      return inTime();
    });
    expect((await admit([withdrawn.call, holding.call])).calls).toEqual([holding.call]);
    expect(withdrawn.rejected).toMatchObject([{ kind: "stopped", remedy: "stopped", ambiguous: false }]);
  });

  test("does not wait for ever for a word, and does not send what it waited for when the word comes after all", async () => {
    const word = Promise.withResolvers<number>();
    const mute = callWith(() => word.promise);
    const good = callWith(inTime);
    expect((await admit([mute.call, good.call], 20)).calls).toEqual([good.call]);
    expect(mute.rejected).toMatchObject([{ kind: "not-sent", remedy: "stopped", ambiguous: false }]);
    word.reject(new Error("the journal is full"));
    await new Promise((resolve) => setImmediate(resolve));
    expect(mute.rejected).toHaveLength(1);
  });

  test("tells until when the request may leave: the earliest moment of its calls, sooner after a sleep", async () => {
    const soonMs = performance.now() + 30_000;
    const soon = callWith(() => Promise.resolve(soonMs));
    const calls = [callWith(inTime).call, soon.call, callWith(undefined).call];
    const { leaveByMs } = await admit(calls);
    expect(Math.abs(leaveByMs - soonMs)).toBeLessThan(50);
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const slept = callWith(() => {
        vi.setSystemTime(Date.now() + 20_000);
        return Promise.resolve(soonMs);
      });
      expect(Math.abs((await admit([slept.call])).leaveByMs - (soonMs - 20_000))).toBeLessThan(50);
    } finally {
      vi.useRealTimers();
    }
  });

  test("lets nobody go when all of them are too late", async () => {
    const calls = [1, 2].map(() => callWith(() => Promise.resolve(performance.now() - 1)));
    expect((await admit(calls.map(({ call }) => call))).calls).toEqual([]);
    expect(calls.map(({ rejected }) => rejected.length)).toEqual([1, 1]);
  });
});
