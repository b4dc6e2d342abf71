import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Doubt, isSameState, weigh } from "../../src/changes/doubt.ts";
import type { Effect } from "../../src/exo/index.ts";
import type { ExoValue } from "../../src/job/index.ts";

const BEFORE = { held: [] };
const WANTED = { held: ["FullAccess"] };
const OTHER = { held: ["ReadPermission"] };

type Glimpse = Doubt["looks"][number];
const before: Glimpse = { seen: BEFORE, wanted: false };
const wanted: Glimpse = { seen: WANTED, wanted: true };
const other: Glimpse = { seen: OTHER, wanted: false };

function weighed(effect: Effect, looks: readonly Glimpse[], facts: Partial<Doubt> = {}): string {
  return weigh({ effect, before: BEFORE, looks, sends: 1, lost: 1, maxSends: 3, ...facts });
}

describe.each(["absolute", "convergent", "create", "once"] as const)("a write of class %s", (effect) => {
  const repeats = effect !== "once";
  const odd = effect === "absolute" || effect === "create" ? "conflict" : "unresolved";

  test.each<[string, readonly Glimpse[], string]>([
    ["nobody looked", [], "look-again"],
    ["one look, however good", [wanted], "look-again"],
    ["wanted twice", [wanted, wanted], "happened"],
    ["wanted twice at last", [before, wanted, wanted], "happened"],
    ["wanted, and then not any more", [wanted, wanted, before], "look-again"],
    ["as before twice", [before, before], repeats ? "absent-may-send" : "absent"],
    ["as before twice at last", [wanted, before, before], repeats ? "absent-may-send" : "absent"],
    ["something else twice", [other, other], odd],
    ["looks that differ", [before, wanted], "look-again"],
    ["five that differ", [before, wanted, before, wanted, before], "look-again"],
    ["six that differ", [before, wanted, before, wanted, before, wanted], "unresolved"],
    ["six of which the last two agree", [before, wanted, before, wanted, wanted, wanted], "happened"],
  ])("%s", (_, looks, verdict) => {
    expect(weighed(effect, looks)).toBe(verdict);
  });

  test("is not sent more often than allowed", () => {
    expect(weighed(effect, [before, before], { sends: 3, lost: 3 })).toBe("absent");
  });

  test("is not given up for sends that our own deaths cut short, until they are ten", () => {
    const verdict = repeats ? "absent-may-send" : "absent";
    expect(weighed(effect, [before, before], { sends: 9, lost: 2 })).toBe(verdict);
    expect(weighed(effect, [before, before], { sends: 10, lost: 0 })).toBe("absent");
  });

  test("of which nobody knows what was there before is never said to be absent", () => {
    expect(weighed(effect, [before, before], { before: null })).toBe(odd);
  });
});

const state: fc.Arbitrary<ExoValue> = fc.constantFrom(BEFORE, WANTED, OTHER, { held: ["FullAccess", "x"] });
const doubt: fc.Arbitrary<Doubt> = fc.record({
  effect: fc.constantFrom<Effect>("absolute", "convergent", "create", "once"),
  before: fc.oneof(state, fc.constant(null)),
  looks: fc.array(fc.record({ seen: state, wanted: fc.boolean() }), { maxLength: 9 }),
  sends: fc.nat(12),
  lost: fc.nat(5),
  maxSends: fc.nat(5),
});

describe("whatever was seen", () => {
  test("nothing is said to have happened unless the last two looks want nothing more", () => {
    fc.assert(
      fc.property(doubt, (facts) => {
        const lastTwo = facts.looks.slice(-2);
        expect(weigh(facts) === "happened").toBe(
          lastTwo.length === 2 && lastTwo.every((look) => look.wanted),
        );
      }),
    );
  });

  test("only what was as before twice is sent again, never what happens once, never beyond the bound", () => {
    fc.assert(
      fc.property(doubt, (facts) => {
        if (weigh(facts) !== "absent-may-send") return;
        const lastTwo = facts.looks.slice(-2);
        expect(facts.effect).not.toBe("once");
        expect(facts.lost).toBeLessThan(facts.maxSends);
        expect(facts.sends).toBeLessThan(10);
        expect(lastTwo.map((look) => [look.wanted, look.seen])).toEqual([
          [false, facts.before],
          [false, facts.before],
        ]);
      }),
      { numRuns: 1_000 },
    );
  });

  test("fewer than two looks decide nothing, and six are enough", () => {
    fc.assert(
      fc.property(doubt, (facts) => {
        const verdict = weigh(facts);
        const count = facts.looks.length;
        expect(count < 2 ? verdict === "look-again" : count < 6 || verdict !== "look-again").toBe(true);
      }),
    );
  });

  test("it is the same after a stay in the journal", () => {
    fc.assert(
      fc.property(doubt, (facts) => {
        expect(weigh(JSON.parse(JSON.stringify(facts)) as Doubt)).toBe(weigh(facts));
      }),
    );
  });
});

test("states are the same in any order of keys, and lists only in theirs", () => {
  expect(isSameState({ a: 1, b: [{ c: 2, d: 3 }] }, { b: [{ d: 3, c: 2 }], a: 1 })).toBe(true);
  expect(isSameState([1, 2], [2, 1])).toBe(false);
  expect(isSameState({ a: null }, {})).toBe(false);
});
