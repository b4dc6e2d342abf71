/** What a journal promises of cancelling and redriving. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Journal } from "../../../src/journal/index.ts";
import type { OpenRecord, OpenedRecord } from "./record.ts";
import { bulk, mailbox, mailboxes, newRun, rightsOf, rowAbout, settlement, startRun } from "../samples.ts";

export function cancelRedriveContract(record: () => OpenedRecord): void {
  describe("cancelling and redriving", () => {
    let journal: Journal;
    let open: OpenRecord;

    beforeEach(() => {
      ({ journal, open } = record());
    });

    test("who was frozen while cancelling takes nothing from a run that was opened again meanwhile", async () => {
      await startRun(journal, "r1", mailboxes(3));
      await journal.moveRun("r1", ["running"], "cancelled");
      await journal.moveRun("r1", ["cancelled"], "running");
      expect(await journal.cancelPending("r1", "admin", 9_000)).toBe(0);
      expect(await journal.countPending("r1")).toBe(3);
    });

    test("what is pending is cancelled, once, and nothing else", async () => {
      await startRun(journal, "r1", mailboxes(1_203));
      await journal.settle(settlement("r1", 2));
      expect(await journal.moveRun("r1", ["running"], "cancelled", "admin")).toBe(true);
      expect(await journal.cancelPending("r1", "cancelled by admin", 9_000)).toBe(1_202);
      expect(await journal.cancelPending("r1", "again", 9_001)).toBe(0);
      expect(await journal.target("r1", 1)).toMatchObject({
        outcome: "cancelled",
        reason: "cancelled by admin",
        settledAtMs: 9_000,
      });
      expect((await journal.run("r1"))?.outcomes).toEqual({ ok: 1, cancelled: 1_202 });
      expect(await journal.countPending("r1")).toBe(0);
      expect((await journal.verify("r1")).problems).toEqual([]);
    });

    test("cancelling and settling at once leave one outcome per line", async () => {
      await startRun(journal, "r1", mailboxes(60));
      const other = await open();
      const settles = Array.from({ length: 60 }, (_, place) => other.settle(settlement("r1", place + 1)));
      const cancelled = await journal.cancelPending("r1", "admin", 1);
      const settled = (await Promise.all(settles)).filter((result) => result === "settled").length;
      expect(cancelled + settled).toBe(60);
      expect((await journal.verify("r1")).problems).toEqual([]);
    });

    test("a cancelled run is among those there is something to do for until its last target is settled", async () => {
      await startRun(journal, "r1", mailboxes(1_203));
      await startRun(journal, "r2", mailboxes(1), { job: "other" });
      await journal.moveRun("r1", ["running"], "cancelled", "admin");
      expect((await journal.openRuns()).map(({ id, state }) => [id, state])).toEqual([
        ["r1", "cancelled"],
        ["r2", "running"],
      ]);
      expect((await journal.runs({ open: true })).map(({ id }) => id)).toEqual(["r2"]);
      await journal.cancelPending("r1", "admin", 9_000);
      expect((await journal.openRuns()).map(({ id }) => id)).toEqual(["r2"]);
    });

    test("a manifest that was never sealed can be cancelled too", async () => {
      await journal.createRun(newRun("r1"));
      await journal.addTargets("r1", mailboxes(2));
      await journal.moveRun("r1", ["planned"], "cancelled");
      expect(await journal.cancelPending("r1", "admin", 1)).toBe(2);
      expect((await journal.verify("r1")).problems).toEqual([]);
    });

    test("a redrive opens what matches, and what it had stays on record", async () => {
      await startRun(journal, "r1", mailboxes(1_100));
      const failed = {
        outcome: "failed",
        fingerprint: "a",
        reason: "why",
        rows: [rowAbout(1, "old", "NR1")],
      } as const;
      await journal.settle(settlement("r1", 1, { ...failed, counts: { odd: 2 } }));
      await journal.settle(settlement("r1", 2, { outcome: "failed", fingerprint: "b" }));
      await journal.settle(settlement("r1", 1_050, { outcome: "denied", fingerprint: "a" }));
      await journal.settle(settlement("r1", 1_051));

      expect(await journal.redrive("r1", { outcome: ["failed", "denied"], fingerprint: "a" })).toBe(2);
      expect(await journal.target("r1", 1)).toMatchObject({ outcome: undefined, rows: 0, redrive: 1 });
      expect(await journal.run("r1")).toMatchObject({
        outcomes: { failed: 1, ok: 1 },
        rows: 0,
        redrives: 1,
      });
      expect(await journal.run("r1")).toMatchObject({ noise: {}, counts: {} });
      expect(await rightsOf(journal, "r1")).toEqual([]);
      expect(await journal.pending("r1", 0, 2)).toEqual([1, 3]);
      expect((await journal.verify("r1")).problems).toEqual([]);

      expect(await journal.settle(settlement("r1", 1, { rows: [rowAbout(1, "new")] }))).toBe("settled");
      expect(await rightsOf(journal, "r1")).toEqual(["1<1 new"]);
      expect(await journal.redrive("r1", { outcome: ["ok"] })).toBe(2);
      expect(await journal.history("r1", 1)).toMatchObject([
        { line: 1, outcome: "failed", fingerprint: "a", reason: "why", rows: 1, redrive: 0 },
        { line: 1, outcome: "ok", rows: 1, redrive: 1 },
      ]);
      expect(await journal.history("r1", 2)).toEqual([]);
      expect((await journal.run("r1"))?.redrives).toBe(2);
      expect((await journal.verify("r1")).problems).toEqual([]);
    });

    test("a redrive that finds nothing is none", async () => {
      await startRun(journal, "r1", mailboxes(2));
      expect(await journal.redrive("r1", { outcome: ["failed"] })).toBe(0);
      expect(await journal.redrive("r1", { pending: true })).toBe(0);
      expect((await journal.run("r1"))?.redrives).toBe(0);
    });

    test("a bulk read is redriven with its rows, and staged anew", async () => {
      await startRun(journal, "r1", [mailbox(1), bulk("send-as")]);
      await journal.stageRows("r1", 2, 5, [rowAbout(1, "old")]);
      await journal.settle(settlement("r1", 2, { attempt: 5, outcome: "failed" }));
      await journal.redrive("r1", { outcome: ["failed"] });
      await journal.stageRows("r1", 2, 5, [rowAbout(1, "new")]);
      await journal.settle(settlement("r1", 2, { attempt: 5 }));
      expect(await rightsOf(journal, "r1")).toEqual(["1<2 new"]);
      expect((await journal.verify("r1")).problems).toEqual([]);
    });
  });
}
