/** What a journal promises of decisions about targets nobody could be sure of, and of limits. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Decision, Journal } from "../../../src/journal/index.ts";
import type { OpenRecord, OpenedRecord } from "./record.ts";
import { intent, mailboxes, rightsOf, rowAbout, settlement, startRun } from "../samples.ts";

export function decidingContract(record: () => OpenedRecord): void {
  describe("deciding", () => {
    let journal: Journal;
    let open: OpenRecord;

    const applied: Decision = {
      run: "r1",
      line: 2,
      outcome: "ok",
      reason: "seen in the portal",
      by: "megan",
      atMs: 9_000,
    };

    beforeEach(async () => {
      ({ journal, open } = record());
      await startRun(journal, "r1", mailboxes(3));
      await journal.settle(settlement("r1", 1));
      await journal.openIntent(intent("r1", 2));
      await journal.settle(
        settlement("r1", 2, {
          outcome: "unresolved",
          reason: "nobody can say",
          intent: { n: 1, end: "doubtful" },
          rows: [rowAbout(2, "half")],
          counts: { odd: 1 },
        }),
      );
    });

    test("a run with a pending target cannot become complete, and one without can", async () => {
      await startRun(journal, "r9", mailboxes(1), { job: "other" });
      expect(await journal.moveRun("r9", ["running"], "complete")).toBe(false);
      expect((await journal.run("r9"))?.state).toBe("running");
      await journal.settle(settlement("r9", 1));
      expect(await journal.moveRun("r9", ["running"], "complete")).toBe(true);
    });

    test("a conflict takes a decision, as what is unresolved does", async () => {
      await startRun(journal, "r9", mailboxes(1), { job: "other" });
      await journal.settle(settlement("r9", 1, { outcome: "conflict" }));
      expect(await journal.redrive("r9", {})).toBe(0);
      const decision = { run: "r9", line: 1, outcome: "ok", reason: "seen", by: "anna", atMs: 1 } as const;
      expect(await journal.decide(decision)).toBe(true);
      expect((await journal.target("r9", 1))?.outcome).toBe("ok");
    });

    test("a decision gives an unresolved target its outcome, and says who decided", async () => {
      expect(await journal.decide(applied)).toBe(true);
      expect(await journal.target("r1", 2)).toMatchObject({
        outcome: "ok",
        reason: "seen in the portal",
        rows: 0,
        redrive: 1,
        settledAtMs: 9_000,
      });
      expect(await journal.history("r1", 2)).toMatchObject([
        { outcome: "unresolved", reason: "nobody can say", rows: 1, redrive: 0 },
      ]);
      expect(await rightsOf(journal, "r1")).toEqual([]);
      expect(await journal.run("r1")).toMatchObject({
        outcomes: { ok: 2 },
        rows: 0,
        counts: {},
        redrives: 0,
      });
      expect((await journal.events("r1", 10)).at(-1)).toEqual({
        atMs: 9_000,
        kind: "decided",
        data: { line: 2, outcome: "ok", reason: "seen in the portal", by: "megan" },
      });
      expect((await journal.verify("r1")).problems).toEqual([]);
    });

    test("a target is decided upon once, whoever is first", async () => {
      const other = await open();
      const decisions = [
        journal.decide(applied),
        other.decide({ ...applied, outcome: "failed" }),
        other.decide({ ...applied, outcome: "cancelled" }),
      ];
      expect((await Promise.all(decisions)).filter(Boolean)).toHaveLength(1);
      expect(await journal.decide(applied)).toBe(false);
      expect(await journal.history("r1", 2)).toHaveLength(1);
      expect((await journal.events("r1", 10)).filter(({ kind }) => kind === "decided")).toHaveLength(1);
      expect((await journal.verify("r1")).problems).toEqual([]);
    });

    test("a decision without an outcome opens the target for another try", async () => {
      await journal.decide({ run: "r1", line: 2, reason: "try again", by: "megan", atMs: 9_000 });
      expect(await journal.target("r1", 2)).toMatchObject({ outcome: undefined, redrive: 1 });
      expect(await journal.pending("r1", 0, 10)).toEqual([2, 3]);
      expect((await journal.events("r1", 1))[0]?.data).toMatchObject({ line: 2, outcome: null });
      expect(await journal.openIntent(intent("r1", 2, { attempt: 9 }))).toEqual({ is: "opened", n: 2 });
      await journal.settle(settlement("r1", 2, { intent: { n: 2, end: "sent" } }));
      expect((await journal.verify("r1")).problems).toEqual([]);
    });

    test("only what is unresolved is decided upon, and a decision changes something", async () => {
      expect(await journal.decide({ ...applied, line: 1 })).toBe(false);
      expect(await journal.decide({ ...applied, line: 3 })).toBe(false);
      await expect(journal.decide({ ...applied, line: 4 })).rejects.toThrow(/Cannot find line 4/);
      await expect(journal.decide({ ...applied, outcome: "unresolved" })).rejects.toThrow(
        /unresolved already/,
      );
      expect((await journal.run("r1"))?.outcomes).toEqual({ ok: 1, unresolved: 1 });
      expect(await journal.events("r1", 10)).toEqual([]);
    });

    test("no redrive opens what is unresolved", async () => {
      expect(await journal.redrive("r1", {})).toBe(1);
      expect(await journal.redrive("r1", { outcome: ["unresolved"] })).toBe(0);
      expect(await journal.redrive("r1", { lines: new Set([2]) })).toBe(0);
      expect((await journal.run("r1"))?.outcomes).toEqual({ unresolved: 1 });
    });

    test("a decision is taken also when the run is over", async () => {
      await journal.settle(settlement("r1", 3));
      await journal.moveRun("r1", ["running"], "complete_with_failures");
      expect(await journal.decide(applied)).toBe(true);
      expect((await journal.run("r1"))?.outcomes).toEqual({ ok: 3 });
      expect((await journal.verify("r1")).problems).toEqual([]);
    });

    test("the limits of a run are what was said last", async () => {
      expect((await journal.run("r1"))?.limits).toBeUndefined();
      expect(await journal.setLimits("r1", { failures: 10, share: 0.01 }, undefined)).toBe(true);
      const { limits } = (await journal.run("r1")) ?? {};
      expect(await (await open()).setLimits("r1", { failures: 20 }, limits)).toBe(true);
      expect((await journal.run("r1"))?.limits).toEqual({ failures: 20 });
      await expect(journal.setLimits("nowhere", {}, undefined)).rejects.toThrow(/Cannot find run/);
    });

    test("limits that somebody else has changed meanwhile are left as they are", async () => {
      expect(await journal.setLimits("r1", { failures: 10 }, { failures: 5 })).toBe(false);
      expect(await journal.setLimits("r1", { failures: 10 }, undefined)).toBe(true);
      expect(await (await open()).setLimits("r1", { failures: 20 }, undefined)).toBe(false);
      expect((await journal.run("r1"))?.limits).toEqual({ failures: 10 });
    });
  });
}
