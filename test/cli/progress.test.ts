import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lastReaction, lineDueAfterMs, progressBlock, progressLine } from "../../src/cli/progress.ts";
import { OUTCOMES, RUN_STATES } from "../../src/journal/index.ts";
import type { RunSnapshot } from "../../src/runs/index.ts";
import { aRun } from "../support/a-run.ts";

const now = new Date(2026, 4, 4, 16, 5).getTime();

function snapshot(run: Parameters<typeof aRun>[0], more: Partial<RunSnapshot> = {}): RunSnapshot {
  return { run: aRun(run), atMs: now, perSecond: 0, etaMs: undefined, ...more };
}

describe("progress", () => {
  test("is a block of bar, counts, speed, expected end with time of day, throttling and outcomes", () => {
    const lines = progressBlock(
      snapshot(
        {
          state: "running",
          manifest: { count: 1_000_000, sha256: "x" },
          outcomes: { ok: 412_102, failed: 214, unresolved: 2 },
          calls: { throttledItems: 1_312, throttledBatches: 4 },
        },
        { perSecond: 62.38, etaMs: now + 9_420_000 },
      ),
      "gate closed for 12 s, window 8 → 4",
    );
    expect(lines).toEqual([
      "permission-audit on contoso  run rabc  running",
      "▕█████████░░░░░░░░░░░░░░░▏ 412,318/1,000,000  41.2 %  62.4/s  ETA 2 h 37 min (18:42)",
      "ok 412,102  failed 214  unresolved 2",
      "throttled 1,312 calls, 4 whole batches: gate closed for 12 s, window 8 → 4",
    ]);
  });

  test("tells of the gate's last reaction", () => {
    const event = (kind: string, reaction: string) => ({ atMs: now, kind, data: { reaction } });
    expect(lastReaction([event("throttled", "first"), event("throttled", "last"), event("other", "x")])).toBe(
      "last",
    );
    expect(lastReaction([{ atMs: now, kind: "throttled", data: null }])).toBeUndefined();
    expect(lastReaction([])).toBeUndefined();
  });

  test("is one line in a log", () => {
    expect(
      progressLine(snapshot({ manifest: { count: 10, sha256: "x" }, outcomes: { ok: 3 } }, { perSecond: 1 })),
    ).toBe("run rabc running  3/10  30.0 %  1.0/s  ok 3");
  });

  test("does not speak of a total that is not known", () => {
    const lines = progressBlock(snapshot({ state: "enumerating", manifest: undefined }));
    expect(lines.join("\n")).toContain("listing mailboxes");
    expect(lines.join("\n")).not.toContain("%");
  });

  test("says why a run is paused", () => {
    const lines = progressBlock(snapshot({ state: "paused", reason: "Cannot sign in to tenant" }));
    expect(lines[0]).toBe("permission-audit on contoso  run rabc  paused: Cannot sign in to tenant");
  });

  test("is 100 % only when all are settled, and an empty run is done", () => {
    const almost = snapshot({ manifest: { count: 100_000, sha256: "x" }, outcomes: { ok: 99_999 } });
    expect(progressLine(almost)).toContain("99.9 %");
    expect(progressLine(snapshot({ manifest: { count: 0, sha256: "x" } }))).toContain("0/0  100.0 %");
  });

  test("never goes below nothing or above all, whatever the numbers", () => {
    const anyRun = fc.record({
      state: fc.constantFrom(...RUN_STATES),
      manifest: fc.option(fc.record({ count: fc.nat(2_000_000), sha256: fc.constant("x") }), {
        nil: undefined,
      }),
      outcomes: fc.dictionary(fc.constantFrom(...OUTCOMES), fc.nat(3_000_000)),
    });
    fc.assert(
      fc.property(
        anyRun,
        fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
        fc.option(fc.integer({ min: -1e9, max: 1e9 }), { nil: undefined }),
        (run, perSecond, etaIn) => {
          const text = progressBlock(
            snapshot(run, { perSecond, etaMs: etaIn === undefined ? undefined : now + etaIn }),
          ).join("\n");
          expect(text).not.toMatch(/-\d+(\.\d)? ?(%|s|min|h|\/s)|NaN|undefined|Infinity/);
          for (const [, percent] of text.matchAll(/ ([\d.]+) %/g))
            expect(Number(percent)).toBeLessThanOrEqual(100);
          for (const [, settled, total] of text.matchAll(/([\d,]+)\/([\d,]+) {2}/g))
            expect(Number(settled?.replaceAll(",", ""))).toBeLessThanOrEqual(
              Number(total?.replaceAll(",", "")),
            );
        },
      ),
    );
  });

  test("is written to a log every ten seconds in the first minute, then every minute", () => {
    expect([0, 30_000, 59_999, 60_000, 3_600_000].map(lineDueAfterMs)).toEqual([
      10_000, 10_000, 10_000, 60_000, 60_000,
    ]);
  });
});
