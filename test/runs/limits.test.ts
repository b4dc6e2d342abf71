import { assert, boolean, constantFrom, nat, property } from "fast-check";
import { expect, test } from "vitest";
import { defaultSettings } from "../../src/config.ts";
import { OUTCOMES, type Outcome } from "../../src/journal/index.ts";
import { canaryWord, isCanary, limitsOf, type Limits, reached } from "../../src/runs/limits.ts";
import { Streaks } from "../../src/runs/streaks.ts";

const { limits: settings } = defaultSettings();
const READS = limitsOf(undefined, false, settings);
const WRITES: Limits = { ...limitsOf(undefined, true, settings), released: true };

function run(outcomes: Partial<Record<Outcome, number>>, count = 10_000) {
  return { outcomes, manifest: { count, sha256: "" } };
}

test("a run that reads stops above five failures of a hundred settled targets, and not before a hundred", () => {
  expect(reached(run({ ok: 90, failed: 9 }), READS, false)).toBeUndefined();
  expect(reached(run({ ok: 95, failed: 5 }), READS, false)).toBeUndefined();
  expect(reached(run({ ok: 94, failed: 6 }), READS, false)).toBe("6 of 100 targets failed; the limit is 5 %");
});

test("a run that writes stops at ten failures or above one of a hundred, whichever comes first", () => {
  expect(reached(run({ ok: 5_000, failed: 9 }), WRITES, true)).toBeUndefined();
  expect(reached(run({ ok: 5_000, failed: 6, unresolved: 4 }), WRITES, true)).toBe(
    "10 targets failed; the limit is 10",
  );
  expect(reached(run({ ok: 198, conflict: 3 }), WRITES, true)).toBe(
    "3 of 201 targets failed; the limit is 1 %",
  );
});

test("failures somebody has seen and let pass are not counted again", () => {
  const forgiving = { ...WRITES, forgiven: 10 };
  expect(reached(run({ ok: 5_000, failed: 10 }), forgiving, true)).toBeUndefined();
  expect(reached(run({ ok: 5_000, failed: 20 }), forgiving, true)).toBe("10 targets failed; the limit is 10");
});

test("one failure among the first writes stops the run, and a small plan has no first ones", () => {
  const fresh = { ...WRITES, released: false };
  expect(reached(run({ ok: 3, denied: 1 }), fresh, true)).toBe("1 of the first 25 targets failed");
  expect(isCanary(run({}, 25), fresh)).toBe(false);
  expect(isCanary(run({}, 26), fresh)).toBe(true);
  expect(isCanary(run({}), WRITES)).toBe(false);
});

test("only a large plan waits for a person after its first writes", () => {
  expect(canaryWord(run({ ok: 25 }, 250), WRITES)).toBeUndefined();
  expect(canaryWord(run({ ok: 25 }, 251), WRITES)).toBe(
    "the first 25 of 251 targets are done (25 ok): look at them, then resume",
  );
});

test("what ended well, was cancelled, skipped or is gone never stops a run", () => {
  const harmless = OUTCOMES.filter(
    (outcome) => !["denied", "failed", "conflict", "quarantined", "unresolved"].includes(outcome),
  );
  assert(
    property(constantFrom(...harmless), nat(), boolean(), (outcome, count, writes) => {
      if (writes && outcome === "gone") return;
      const limits = limitsOf(undefined, writes, settings);
      expect(reached(run({ [outcome]: count }), limits, writes)).toBeUndefined();
    }),
  );
});

test("limits of another form, as a newer version may have left them, give way to the settings", () => {
  expect(limitsOf({ failures: "many" }, true, settings)).toEqual({ ...WRITES, released: false });
});

test("Streaks counts failures of one cause in a row, run by run, and begins again after anything else", () => {
  const streaks = new Streaks();
  const note = (fingerprint: string | undefined, outcome: Outcome = "failed", of = "r1") =>
    streaks.note(of, outcome, fingerprint);
  expect([note("a"), note("a"), note("a", "failed", "r2"), note("a")]).toEqual([1, 2, 1, 3]);
  expect(note("b")).toBe(1);
  streaks.forget("r1");
  expect(note("b")).toBe(1);
});

test("a change whose mailbox or trustee is not there counts against a plan, and a mailbox that is gone not against a read", () => {
  expect(reached(run({ ok: 190, gone: 10 }), WRITES, true)).toBe("10 targets failed; the limit is 10");
  expect(reached(run({ ok: 100, gone: 100 }), READS, false)).toBeUndefined();
});
