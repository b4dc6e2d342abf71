/** The law in Lua against the law in this process: the same random history, the same answers and the same state, to the last digit. */
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RedisHandle } from "../../src/queue/index.ts";
import { LawInProcess } from "../../src/throttle/law-in-process.ts";
import { LawInRedis } from "../../src/throttle/law-in-redis.ts";
import type { LawStore } from "../../src/throttle/law-store.ts";
import { newState, type LawAsk, type LawResult, type LawSettings } from "../../src/throttle/law/index.ts";
import { openTestRedis } from "../support/redis.ts";

let redis: RedisHandle;
let histories = 0;

beforeAll(async () => {
  redis = await openTestRedis();
});
afterAll(async () => {
  await redis.close();
});

/** A lease that was granted, counted from the latest. */
const lease = fc.nat({ max: 8 });
const counts = fc.nat({ max: 20 });
const waitMs = fc.oneof(fc.nat({ max: 5_000 }), fc.double({ min: 0, max: 3_600_000, noNaN: true }));

const result = fc.record(
  {
    calls: counts,
    tookMs: waitMs,
    passed: counts,
    slotRefused: fc.oneof(fc.constant(0), counts),
    refused: fc.oneof(fc.constant(0), counts),
    passedBy: fc.oneof(fc.constant(0), counts),
    knownBusy: fc.oneof(fc.constant(0), fc.nat({ max: 2 })),
    whole: fc.boolean(),
    tooLarge: fc.constantFrom(false, false, false, true),
    fault: fc.constantFrom(false, false, false, true),
    retryAfterMs: waitMs,
    rate: fc.record({ limit: fc.integer({ min: 1, max: 3_000 }), remaining: fc.nat(600), resetInMs: waitMs }),
    balance: fc.record({
      balanceMs: fc.integer({ min: -4_000_000, max: 300_000 }),
      rechargeMsPerHour: fc.integer({ min: 1, max: 8_640_000 }),
      cutoffMs: fc.integer({ min: -6_000_000, max: -1 }),
    }),
  },
  {
    requiredKeys: [
      "calls",
      "tookMs",
      "passed",
      "slotRefused",
      "refused",
      "passedBy",
      "knownBusy",
      "whole",
      "tooLarge",
      "fault",
    ],
  },
);

const plain: LawResult = {
  calls: 10,
  tookMs: 800,
  passed: 10,
  slotRefused: 0,
  refused: 0,
  passedBy: 0,
  knownBusy: 0,
  whole: false,
  tooLarge: false,
  fault: false,
};

type Step =
  | { readonly do: "ask"; readonly asks: readonly Omit<LawAsk, "lease">[] }
  | { readonly do: "report"; readonly lease: number; readonly result: LawResult }
  | { readonly do: "upkeep"; readonly renew: number; readonly back: number; readonly closedMs: number }
  | { readonly do: "view" };

const step: fc.Arbitrary<{ readonly afterMs: number; readonly step: Step }> = fc.record({
  // Also backwards: clocks are set.
  afterMs: fc.oneof(
    { weight: 20, arbitrary: fc.nat({ max: 900 }) },
    { weight: 5, arbitrary: fc.nat({ max: 60_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: -4_000_000, max: 90_000_000 }) },
  ),
  step: fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant("ask" as const),
        asks: fc.array(
          fc.record({
            process: fc.constantFrom("p", "q", "r"),
            kind: fc.constantFrom("read" as const, "read" as const, "write" as const),
            waiting: fc.integer({ min: 1, max: 500 }),
            maxCalls: fc.constantFrom(20, 20, 20, 1, 5),
            random: fc.double({ min: 0, max: 0.999, noNaN: true }),
          }),
          { minLength: 1, maxLength: 4 },
        ),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant("report" as const),
        lease,
        result: fc.oneof({ weight: 3, arbitrary: fc.constant(plain) }, { weight: 1, arbitrary: result }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("upkeep" as const),
        renew: lease,
        back: lease,
        closedMs: fc.constantFrom(0, 0, 500, 70_000),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("view" as const) }) },
  ),
});

const settings: fc.Arbitrary<LawSettings> = fc.record(
  {
    startWindow: fc.integer({ min: 1, max: 6 }),
    maxWindow: fc.integer({ min: 6, max: 100 }),
    maxCalls: fc.constantFrom(20, 10, 1),
    leaseMs: fc.constantFrom(30_000, 1_000),
    maxWaitMs: fc.constant(3_600_000),
    probeShare: fc.constantFrom(0.02, 0, 0.005),
    wasteShare: fc.constantFrom(0.003, 0.001),
    sharePercent: fc.constantFrom(100, 100, 100, 37, 0),
    maxConcurrent: fc.integer({ min: 1, max: 20 }),
    maxCallsPerSecond: fc.double({ min: 0.1, max: 300, noNaN: true }),
    maxWritesPerSecond: fc.double({ min: 0.1, max: 300, noNaN: true }),
  },
  {
    requiredKeys: [
      "startWindow",
      "maxWindow",
      "maxCalls",
      "leaseMs",
      "maxWaitMs",
      "probeShare",
      "wasteShare",
      "sharePercent",
    ],
  },
);

/** Plays a history; @returns everything that was answered, with the state after each step */
async function play(
  store: LawStore,
  law: LawSettings,
  steps: readonly { readonly afterMs: number; readonly step: Step }[],
  pass: (ms: number) => void,
): Promise<unknown[]> {
  const answers: unknown[] = [await store.upkeep([], [], law, 0)];
  const granted: string[] = ["never"];
  const nth = (back: number): string => granted.at(-1 - back) ?? "unknown";
  for (const [place, { afterMs, step }] of steps.entries()) {
    pass(afterMs);
    if (step.do === "ask") {
      const asks = step.asks.map((ask, index): LawAsk => ({
        ...ask,
        lease: `${ask.process}/${place}.${index}`,
      }));
      const asked = await store.ask(asks, law, "", 0);
      answers.push(asked);
      if ("answers" in asked) {
        for (const [index, answer] of asked.answers.entries()) {
          const id = asks[index]?.lease;
          if (answer.kind === "go" && id !== undefined) granted.push(id);
        }
      }
    } else if (step.do === "report") answers.push(await store.report(nth(step.lease), step.result, law));
    else if (step.do === "view") answers.push(await store.view(law));
    else answers.push(await store.upkeep([nth(step.renew)], [nth(step.back)], law, step.closedMs));
    answers.push(await store.upkeep([], [], law, 0));
  }
  return answers;
}

/** Lua has one kind of table, and writes an empty one as an object; and it knows no -0. */
function withoutKinds(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, each: unknown) => (Array.isArray(each) && each.length === 0 ? {} : each)),
  );
}

test(
  "decides the same in Redis as in this process, and remembers the same",
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(settings, fc.array(step, { minLength: 5, maxLength: 60 }), async (law, steps) => {
        histories += 1;
        const startMs = 1_795_000_000_000;
        let nowMs = startMs;
        const testNow = (): number => nowMs;
        const pass = (ms: number): void => {
          nowMs = Math.max(startMs, nowMs + ms);
        };
        const inRedis = new LawInRedis({
          redis,
          prefix: "same",
          tag: `history ${histories}`,
          channel: "same",
          testNow,
        });
        const told = await play(inRedis, law, steps, pass);
        nowMs = startMs;
        const here = await play(new LawInProcess(testNow), law, steps, pass);
        for (const [place, answer] of here.entries()) {
          expect(withoutKinds(told[place]), `answer ${place}`).toEqual(withoutKinds(answer));
        }
      }),
      { numRuns: Number(process.env["LAW_HISTORIES"] ?? 60) },
    );
  },
);

test.each([
  ["what is no state at all", "not packed"],
  // A map with version 1 and nothing else, as MessagePack.
  ["a state of another version of the law", "\u0081\u00a7version\u0001"],
])("begins anew on %s", async (_, left) => {
  const tag = `left behind ${left.length}`;
  await redis.patient.set(`same:gate:{${tag}}:law`, Buffer.from(left, "latin1"));
  const store = new LawInRedis({ redis, prefix: "same", tag, channel: "same" });
  const law = { startWindow: 3, maxWindow: 9, maxCalls: 20, leaseMs: 30_000, maxWaitMs: 3_600_000 };
  const settings = { ...law, probeShare: 0.02, wasteShare: 0.003, sharePercent: 100 };
  const asks = [{ process: "p", lease: "p/1", kind: "read", waiting: 5, maxCalls: 20, random: 0.5 }] as const;
  expect(await store.ask(asks, settings, "", 0)).toMatchObject({
    answers: [{ kind: expect.stringMatching(/^(go|wait)$/) }],
  });
  expect((await store.upkeep([], [], settings, 0)).state.version).toBe(newState(0).version);
});
