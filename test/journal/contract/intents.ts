/** What a journal promises of intents: writes that are announced before they are sent. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Journal } from "../../../src/journal/index.ts";
import type { OpenRecord, OpenedRecord } from "./record.ts";
import { changeOf, gather, intent, mailboxes, newRun, rowAbout, settlement, startRun } from "../samples.ts";

export function intentsContract(record: () => OpenedRecord): void {
  describe("intents", () => {
    let journal: Journal;
    let open: OpenRecord;

    beforeEach(() => {
      ({ journal, open } = record());
    });

    test("an intent is there as it was announced, before anything is sent", async () => {
      await startRun(journal, "r1", [changeOf(1), changeOf(2)]);
      const announced = intent("r1", 2, {
        attempt: 2 ** 48 - 1,
        before: { text: "ä\u0000\ud83d", list: [1.5, null, { deep: true }] },
        clock: null,
        atMs: 1_700_000_000_123,
      });
      expect(await journal.openIntent(announced)).toEqual({ is: "opened", n: 1 });
      const other = await open();
      expect(await other.intents("r1", 2)).toEqual([
        { ...announced, n: 1, redrive: 0, end: undefined, looks: [] },
      ]);
      expect(await other.intents("r1", 1)).toEqual([]);
      expect(await other.openIntents("r1", 0, 10)).toEqual([2]);
      expect(await other.openIntents("r1", 2, 10)).toEqual([]);
    });

    test("of processes that announce a write to one target at once, one may send it and the others hear of it", async () => {
      await startRun(journal, "r1", mailboxes(30));
      const others = await Promise.all([open(), open(), open()]);
      const results = await Promise.all(
        others.flatMap((other, place) =>
          Array.from({ length: 30 }, (_, n) =>
            other.openIntent(intent("r1", n + 1, { attempt: place + 1, worker: `w${place}` })),
          ),
        ),
      );
      expect(results.filter(({ is }) => is === "opened")).toHaveLength(30);
      expect(results.filter(({ is }) => is === "held")).toHaveLength(60);
      for (let line = 1; line <= 30; line += 1) {
        const [one, ...more] = await journal.intents("r1", line);
        expect(more).toEqual([]);
        const held = results.filter((result) => result.is === "held" && result.by.line === line);
        expect(held).toEqual([
          { is: "held", by: one },
          { is: "held", by: one },
        ]);
      }
      expect(await journal.openIntents("r1", 0, 100)).toHaveLength(30);
    });

    test("an attempt that announces again says by it that the service refused what it sent before", async () => {
      await startRun(journal, "r1", mailboxes(1));
      await journal.openIntent(intent("r1", 1, { attempt: 7 }));
      expect(await journal.openIntent(intent("r1", 1, { attempt: 7 }))).toEqual({ is: "opened", n: 2 });
      const together = [8, 7, 7].map((attempt) => journal.openIntent(intent("r1", 1, { attempt })));
      expect((await Promise.all(together)).map(({ is }) => is)).toEqual(["held", "opened", "opened"]);
      expect((await journal.intents("r1", 1)).map(({ n, end }) => [n, end])).toEqual([
        [1, "refused"],
        [2, "refused"],
        [3, "refused"],
        [4, undefined],
      ]);
      expect(await journal.settle(settlement("r1", 1, { intent: { n: 4, end: "sent" } }))).toBe("settled");
      expect((await journal.verify("r1")).problems).toEqual([]);
    });

    test("nothing is announced for a target with an outcome, or in a run that is not at work", async () => {
      await journal.createRun(newRun("r0", { job: "other" }));
      await journal.addTargets("r0", mailboxes(1));
      await journal.moveRun("r0", ["planned"], "running");
      await expect(journal.openIntent(intent("r0", 1))).rejects.toThrow(/not sealed/);
      await startRun(journal, "r1", mailboxes(2));
      await journal.settle(settlement("r1", 1));
      expect(await journal.openIntent(intent("r1", 1))).toEqual({ is: "over" });
      const states = ["paused", "draining", "awaiting_approval", "cancelled"] as const;
      const answers = new Map<string, string>();
      for (const state of states) {
        await journal.moveRun("r1", ["running"], state);
        answers.set(state, (await journal.openIntent(intent("r1", 2))).is);
        await journal.moveRun("r1", [state], "running");
      }
      expect(answers).toEqual(new Map(states.map((state) => [state, "stopped"])));
      expect(await journal.intents("r1", 2)).toEqual([]);
      await journal.moveRun("r1", ["running"], "throttled");
      expect(await journal.openIntent(intent("r1", 2))).toEqual({ is: "opened", n: 1 });
    });

    test("an intent that is refused does not disturb those made with it", async () => {
      await startRun(journal, "r1", mailboxes(2));
      const results = await Promise.allSettled(
        [1, 9, 2].map((line) => journal.openIntent(intent("r1", line))),
      );
      expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      await expect(journal.openIntent(intent("nowhere", 1))).rejects.toThrow(/Cannot find run/);
      expect(await journal.openIntents("r1", 0, 10)).toEqual([1, 2]);
    });

    test("a target with an open intent is settled only by whoever speaks of it", async () => {
      await startRun(journal, "r1", mailboxes(2));
      await journal.openIntent(intent("r1", 1));
      const before = await journal.run("r1");
      expect(await journal.settle(settlement("r1", 1, { rows: [rowAbout(1, "x")] }))).toBe("held");
      const wrong = settlement("r1", 1, { intent: { n: 2, end: "sent" } });
      expect(await journal.settle(wrong)).toBe("held");
      expect(await journal.run("r1")).toEqual(before);
      expect(await journal.pending("r1", 0, 10)).toEqual([1, 2]);
      const right = settlement("r1", 1, { intent: { n: 1, end: "sent" }, rows: [rowAbout(1, "x")] });
      expect(await Promise.all([journal.settle(right), journal.settle(right)])).toEqual(["settled", "again"]);
      expect(await journal.intents("r1", 1)).toMatchObject([{ n: 1, end: "sent" }]);
      expect(await journal.openIntents("r1", 0, 10)).toEqual([]);
      expect((await journal.verify("r1")).problems).toEqual([]);
    });

    test("a settlement that speaks of an intent somebody else has ended changes nothing", async () => {
      await startRun(journal, "r1", mailboxes(1));
      await journal.openIntent(intent("r1", 1));
      await journal.endIntent("r1", 1, 1, "absent");
      const late = settlement("r1", 1, { intent: { n: 1, end: "sent" } });
      expect(await journal.settle(late)).toBe("held");
      await journal.openIntent(intent("r1", 1, { attempt: 2 }));
      expect(await journal.settle(late)).toBe("held");
      expect((await journal.intents("r1", 1)).map(({ end }) => end)).toEqual(["absent", undefined]);
    });

    test("looks are added to an open intent, oldest first, and to no other", async () => {
      await startRun(journal, "r1", mailboxes(1));
      await journal.openIntent(intent("r1", 1));
      expect(await journal.addLook("r1", 1, 1, { saw: "before, \u0000" })).toBe(true);
      expect(await (await open()).addLook("r1", 1, 1, [null, "wanted"])).toBe(true);
      expect(await journal.addLook("r1", 1, 2, {})).toBe(false);
      expect(await journal.addLook("r1", 2, 1, {})).toBe(false);
      expect(await journal.endIntent("r1", 1, 1, "sent")).toBe(true);
      expect(await journal.addLook("r1", 1, 1, {})).toBe(false);
      expect((await journal.intents("r1", 1))[0]?.looks).toEqual([
        { saw: "before, \u0000" },
        [null, "wanted"],
      ]);
    });

    test("an intent ends once, its target stays pending, and the next one may be opened", async () => {
      await startRun(journal, "r1", mailboxes(1));
      expect(await journal.endIntent("r1", 1, 1, "absent")).toBe(false);
      await journal.openIntent(intent("r1", 1));
      const ends = (["absent", "sent"] as const).map((end) => journal.endIntent("r1", 1, 1, end));
      expect(await Promise.all(ends)).toEqual([true, false]);
      expect((await journal.target("r1", 1))?.outcome).toBeUndefined();
      expect(await journal.openIntents("r1", 0, 10)).toEqual([]);
      expect(await journal.openIntent(intent("r1", 1, { attempt: 2 }))).toEqual({ is: "opened", n: 2 });
      expect((await journal.intents("r1", 1)).map(({ end }) => end)).toEqual(["absent", undefined]);
      expect((await journal.verify("r1")).problems).toEqual([]);
    });

    test("an open intent outlives everybody who knew of it", async () => {
      await startRun(journal, "r1", mailboxes(2));
      await journal.openIntent(intent("r1", 2));
      await journal.close();
      const later = await open();
      expect(await later.openIntents("r1", 0, 10)).toEqual([2]);
      expect(await later.openIntent(intent("r1", 2, { attempt: 99 }))).toMatchObject({
        is: "held",
        by: { n: 1, attempt: 2 },
      });
    });

    test("a cancelled run still takes the outcome of a write that was under way, and only that", async () => {
      await startRun(journal, "r1", mailboxes(2));
      await journal.openIntent(intent("r1", 1));
      await journal.moveRun("r1", ["running"], "cancelled");
      expect(await journal.settle(settlement("r1", 1))).toBe("held");
      expect(await journal.settle(settlement("r1", 2))).toBe("fenced");
      expect(await journal.settle(settlement("r1", 1, { intent: { n: 1, end: "sent" } }))).toBe("settled");
      expect(await journal.cancelPending("r1", "admin", 9_000)).toBe(1);
      expect((await journal.run("r1"))?.outcomes).toEqual({ ok: 1, cancelled: 1 });
      expect((await journal.verify("r1")).problems).toEqual([]);
    });

    test("cancelling does not claim that what was announced was not sent", async () => {
      await startRun(journal, "r1", mailboxes(1_203));
      await journal.openIntent(intent("r1", 2));
      await journal.openIntent(intent("r1", 700));
      await journal.endIntent("r1", 700, 1, "refused");
      await journal.moveRun("r1", ["running"], "cancelled");
      expect(await journal.cancelPending("r1", "admin", 9_000)).toBe(1_203);
      expect(await journal.target("r1", 2)).toMatchObject({ outcome: "unresolved", reason: "admin" });
      expect(await journal.intents("r1", 2)).toMatchObject([{ n: 1, end: "doubtful" }]);
      expect((await journal.run("r1"))?.outcomes).toEqual({ cancelled: 1_202, unresolved: 1 });
      expect(await journal.settle(settlement("r1", 2, { intent: { n: 1, end: "sent" } }))).toBe("again");
      expect((await journal.verify("r1")).problems).toEqual([]);
    });

    test("cancelling spares writes announced a moment ago: their answers may be on their way", async () => {
      await startRun(journal, "r1", mailboxes(1_203));
      for (const line of [1, 600, 1_203])
        await journal.openIntent(intent("r1", line, { atMs: 5_000 + line }));
      await journal.moveRun("r1", ["running"], "cancelled");
      expect(await journal.cancelPending("r1", "admin", 9_000, 5_600)).toBe(1_201);
      expect(await journal.pending("r1", 0, 10)).toEqual([600, 1_203]);
      expect((await journal.openRuns()).map(({ id }) => id)).toEqual(["r1"]);
      expect((await journal.verify("r1")).problems).toEqual([
        expect.stringMatching(
          /2 targets have no outcome: lines 600, 1203; .* cancelling the run again, records/,
        ),
      ]);
      expect(await journal.settle(settlement("r1", 600, { intent: { n: 1, end: "sent" } }))).toBe("settled");
      expect(await journal.cancelPending("r1", "admin", 9_001, 5_600)).toBe(0);
      expect(await journal.cancelPending("r1", "admin", 9_002)).toBe(1);
      expect((await journal.run("r1"))?.outcomes).toEqual({ cancelled: 1_200, ok: 1, unresolved: 2 });
      expect(await journal.openRuns()).toEqual([]);
      expect((await journal.verify("r1")).problems).toEqual([]);
    });

    test("an intent of an earlier try never counts as open, and numbers go on", async () => {
      await startRun(journal, "r1", mailboxes(1));
      await journal.openIntent(intent("r1", 1));
      await journal.settle(settlement("r1", 1, { outcome: "failed", intent: { n: 1, end: "refused" } }));
      expect(await journal.redrive("r1", { outcome: ["failed"] })).toBe(1);
      expect(await journal.openIntents("r1", 0, 10)).toEqual([]);
      expect(await journal.endIntent("r1", 1, 1, "sent")).toBe(false);
      expect(await journal.openIntent(intent("r1", 1, { attempt: 2 }))).toEqual({ is: "opened", n: 2 });
      expect(await journal.intents("r1", 1)).toMatchObject([
        { n: 1, redrive: 0, end: "refused" },
        { n: 2, redrive: 1, end: undefined },
      ]);
      await journal.settle(settlement("r1", 1, { intent: { n: 2, end: "sent" } }));
      expect((await journal.verify("r1")).problems).toEqual([]);
    });

    test("many intents announced together are all there, also those announced beside outcomes", async () => {
      await startRun(journal, "r1", mailboxes(1_200));
      const announced = Array.from({ length: 1_200 }, (_, n) => journal.openIntent(intent("r1", n + 1)));
      expect((await Promise.all(announced)).filter(({ is }) => is === "opened")).toHaveLength(1_200);
      await Promise.all(
        Array.from({ length: 1_200 }, (_, n) =>
          journal.settle(settlement("r1", n + 1, { intent: { n: 1, end: "sent" } })),
        ),
      );
      expect(await journal.openIntents("r1", 0, 10)).toEqual([]);
      expect(await journal.verify("r1")).toMatchObject({ outcomes: 1_200, problems: [] });
    });

    test("targets can be asked for, and redriven, by their lines", async () => {
      await startRun(journal, "r1", mailboxes(3_100));
      for (const line of [1, 2, 3_000]) await journal.settle(settlement("r1", line, { outcome: "failed" }));
      const lines = new Set([0, 2, 1_000, 1_001, 3_000, 5_000]);
      const found = await gather(journal.targets("r1", { lines }));
      expect(found.map(({ line }) => line)).toEqual([2, 1_000, 1_001, 3_000]);
      expect(await gather(journal.targets("r1", { lines: new Set() }))).toEqual([]);
      expect(await journal.redrive("r1", { lines, outcome: ["failed"] })).toBe(2);
      expect((await journal.run("r1"))?.outcomes).toEqual({ failed: 1 });
    });
  });
}
