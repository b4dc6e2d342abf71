/** What a journal promises of outcomes: one for each line, whole or not at all. */
import { beforeEach, describe, expect, test } from "vitest";
import { OUTCOMES } from "../../../src/journal/index.ts";
import type { Journal } from "../../../src/journal/index.ts";
import type { OpenRecord, OpenedRecord } from "./record.ts";
import { gather, mailboxes, newRun, rightsOf, rowAbout, settlement, startRun } from "../samples.ts";

export function settlingContract(record: () => OpenedRecord): void {
  describe("settling", () => {
    let journal: Journal;
    let open: OpenRecord;

    beforeEach(() => {
      ({ journal, open } = record());
    });

    test("an outcome is recorded with its rows, reasons and counters", async () => {
      await startRun(journal, "r1", mailboxes(3));
      const result = await journal.settle(
        settlement("r1", 2, {
          outcome: "denied",
          reason: "Access is denied",
          requestId: "req-1",
          fingerprint: "Get-MailboxPermission denied",
          rows: [rowAbout(2, "FullAccess"), rowAbout(2, "ReadPermission", "NR1")],
          counts: { "wrong-identity": 2 },
          worker: "w7",
          atMs: 4_711,
        }),
      );
      expect(result).toBe("settled");
      expect(await journal.target("r1", 2)).toMatchObject({
        outcome: "denied",
        reason: "Access is denied",
        requestId: "req-1",
        fingerprint: "Get-MailboxPermission denied",
        rows: 2,
        redrive: 0,
        settledAtMs: 4_711,
      });
      expect(await journal.run("r1")).toMatchObject({
        outcomes: { denied: 1 },
        rows: 2,
        noise: { NR1: 1 },
        counts: { "wrong-identity": 2 },
        workers: ["w7"],
      });
      expect(await gather(journal.rows("r1"))).toEqual([
        { about: 2, line: 2, noise: undefined, row: rowAbout(2, "FullAccess").row },
        { about: 2, line: 2, noise: "NR1", row: rowAbout(2, "ReadPermission").row },
      ]);
    });

    test("texts that are odd or cut in half do not look changed afterwards", async () => {
      await startRun(journal, "r1", mailboxes(1));
      const odd = "a\u0000b\u0001\u0001c\u001b\u202e😀 \ud83d";
      const texts = { reason: odd, requestId: odd, fingerprint: odd, worker: odd, counts: { [odd]: 1 } };
      await journal.settle(settlement("r1", 1, { ...texts, rows: [rowAbout(1, odd, odd)] }));
      expect(await journal.target("r1", 1)).toMatchObject({ reason: odd.toWellFormed() });
      expect(await journal.run("r1")).toMatchObject({ noise: { [odd.toWellFormed()]: 1 } });
      expect(await rightsOf(journal, "r1")).toEqual([`1<1 ${odd}`]);
      expect((await journal.verify("r1")).problems).toEqual([]);
      expect(await journal.redrive("r1", { fingerprint: odd.toWellFormed() })).toBe(1);
      expect(await journal.run("r1")).toMatchObject({ noise: {}, counts: {} });
    });

    test("every outcome can be recorded", async () => {
      await startRun(journal, "r1", mailboxes(OUTCOMES.length));
      await Promise.all(
        OUTCOMES.map((outcome, place) => journal.settle(settlement("r1", place + 1, { outcome }))),
      );
      const run = await journal.run("r1");
      expect(run?.outcomes).toEqual(Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 1])));
      expect(await journal.verify("r1")).toMatchObject({ outcomes: OUTCOMES.length, problems: [] });
    });

    test("the first outcome stays; later ones change nothing", async () => {
      await startRun(journal, "r1", mailboxes(2));
      await journal.settle(settlement("r1", 1, { rows: [rowAbout(1, "first")] }));
      const before = await journal.run("r1");
      const later = settlement("r1", 1, {
        attempt: 99,
        outcome: "failed",
        rows: [rowAbout(1, "second", "NR2")],
        counts: { odd: 1 },
        worker: "w2",
      });
      expect(await journal.settle(later)).toBe("again");
      expect(await journal.settle(settlement("r1", 1))).toBe("again");
      expect(await journal.run("r1")).toEqual(before);
      expect(await rightsOf(journal, "r1")).toEqual(["1<1 first"]);
    });

    test("of attempts made at once in several processes, one settles each line", async () => {
      await startRun(journal, "r1", mailboxes(40));
      const others = await Promise.all([open(), open(), open()]);
      const results = await Promise.all(
        others.flatMap((other, place) =>
          Array.from({ length: 40 }, (_, line) =>
            other.settle(
              settlement("r1", line + 1, {
                attempt: place + 1,
                worker: `w${place}`,
                rows: [rowAbout(line + 1, `by w${place}`)],
              }),
            ),
          ),
        ),
      );
      expect(results.filter((result) => result === "settled")).toHaveLength(40);
      expect(await journal.run("r1")).toMatchObject({ outcomes: { ok: 40 }, rows: 40 });
      expect(await rightsOf(journal, "r1")).toHaveLength(40);
      expect((await journal.verify("r1")).problems).toEqual([]);
    });

    test("a run that is over takes no outcomes", async () => {
      await startRun(journal, "r1", mailboxes(2));
      await journal.settle(settlement("r1", 1));
      await journal.moveRun("r1", ["running"], "cancelled");
      expect(await journal.settle(settlement("r1", 2, { rows: [rowAbout(2, "late")] }))).toBe("fenced");
      expect(await journal.settle(settlement("r1", 1))).toBe("again");
      expect((await journal.target("r1", 2))?.outcome).toBeUndefined();
      expect(await rightsOf(journal, "r1")).toEqual([]);
    });

    test("a pause does not fence what is in flight", async () => {
      await startRun(journal, "r1", mailboxes(1));
      await journal.moveRun("r1", ["running"], "paused", "operator");
      expect(await journal.settle(settlement("r1", 1))).toBe("settled");
    });

    test("nothing is settled before the manifest is sealed", async () => {
      await journal.createRun(newRun("r1"));
      await journal.addTargets("r1", mailboxes(1));
      await expect(journal.settle(settlement("r1", 1))).rejects.toThrow(/not sealed/);
    });

    test("a settlement that is refused records nothing and does not disturb those made with it", async () => {
      await startRun(journal, "r1", mailboxes(3));
      const results = await Promise.allSettled([
        journal.settle(settlement("r1", 1, { rows: [rowAbout(1, "good")] })),
        journal.settle(settlement("r1", 2, { rows: [rowAbout(2, "x"), rowAbout(4, "about nobody")] })),
        journal.settle(settlement("r1", 4)),
        journal.settle(settlement("r1", 3, { rows: [rowAbout(3, "good")] })),
      ]);
      expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
      expect(await rightsOf(journal, "r1")).toEqual(["1<1 good", "3<3 good"]);
      expect(await journal.pending("r1", 0, 10)).toEqual([2]);
      expect(await journal.verify("r1")).toMatchObject({ outcomes: 2, rows: 2, problems: [] });
    });

    test("an answered outcome is seen by all processes at once", async () => {
      await startRun(journal, "r1", mailboxes(20));
      const other = await open();
      for (let line = 1; line <= 20; line += 1) {
        await journal.settle(settlement("r1", line));
        expect((await other.target("r1", line))?.outcome).toBe("ok");
      }
    });

    test("a mailbox with thousands of rows keeps all of them, in order", async () => {
      await startRun(journal, "r1", mailboxes(2));
      const rows = Array.from({ length: 3_001 }, (_, n) =>
        rowAbout(2, `r${n}`, n % 3 === 0 ? "NR1" : undefined),
      );
      expect(await journal.settle(settlement("r1", 2, { rows }))).toBe("settled");
      expect(await rightsOf(journal, "r1")).toEqual(rows.map((_, n) => `2<2 r${n}`));
      expect(await journal.run("r1")).toMatchObject({ rows: 3_001, noise: { NR1: 1_001 } });
      expect((await journal.verify("r1")).problems).toEqual([]);
    });
  });
}
