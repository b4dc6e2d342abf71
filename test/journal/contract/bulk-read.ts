/** What a journal promises of rows that are staged. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Journal } from "../../../src/journal/index.ts";
import type { OpenRecord, OpenedRecord } from "./record.ts";
import { bulk, mailboxes, rightsOf, rowAbout, settlement, startRun } from "../samples.ts";

export function bulkReadContract(record: () => OpenedRecord): void {
  describe("a bulk read", () => {
    let journal: Journal;
    let open: OpenRecord;

    beforeEach(async () => {
      ({ journal, open } = record());
      await startRun(journal, "r1", [...mailboxes(3), bulk("send-as")]);
    });

    test("shows no row before it is settled, and all of them after", async () => {
      await journal.stageRows("r1", 4, 77, [rowAbout(3, "a", "NR1"), rowAbout(1, "b")]);
      await journal.stageRows("r1", 4, 77, [rowAbout(3, "c")]);
      expect(await rightsOf(journal, "r1")).toEqual([]);
      expect(await journal.run("r1")).toMatchObject({ rows: 0, noise: {} });
      const settled = settlement("r1", 4, { attempt: 77, rows: [rowAbout(1, "d")] });
      expect(await journal.settle(settled)).toBe("settled");
      expect(await rightsOf(journal, "r1")).toEqual(["1<4 b", "1<4 d", "3<4 a", "3<4 c"]);
      expect(await journal.run("r1")).toMatchObject({ rows: 4, noise: { NR1: 1 } });
      expect((await journal.target("r1", 4))?.rows).toBe(4);
      expect((await journal.verify("r1")).problems).toEqual([]);
    });

    test("drops what its other attempts staged", async () => {
      const other = await open();
      await Promise.all([
        journal.stageRows("r1", 4, 1, [rowAbout(1, "dead")]),
        other.stageRows("r1", 4, 2, [rowAbout(1, "alive")]),
      ]);
      await other.settle(settlement("r1", 4, { attempt: 2 }));
      await journal.stageRows("r1", 4, 1, [rowAbout(2, "zombie")]);
      expect(await journal.settle(settlement("r1", 4, { attempt: 1 }))).toBe("again");
      expect(await rightsOf(journal, "r1")).toEqual(["1<4 alive"]);
      expect(await journal.run("r1")).toMatchObject({ rows: 1 });
    });

    test("begins anew when it drops what it staged", async () => {
      await journal.stageRows(
        "r1",
        4,
        1,
        Array.from({ length: 1_300 }, (_, n) => rowAbout(1, `old ${n}`, "NR1")),
      );
      await journal.dropStaged("r1", 4, 1);
      await journal.dropStaged("r1", 4, 1);
      await journal.stageRows("r1", 4, 1, [rowAbout(2, "new")]);
      await journal.settle(settlement("r1", 4, { attempt: 1 }));
      expect(await rightsOf(journal, "r1")).toEqual(["2<4 new"]);
      expect(await journal.run("r1")).toMatchObject({ rows: 1, noise: {} });
      expect((await journal.verify("r1")).problems).toEqual([]);
    });

    test("is fenced like any target, and refuses rows about lines that are not there", async () => {
      await expect(journal.stageRows("r1", 4, 1, [rowAbout(5, "nobody")])).rejects.toThrow(/line 5/);
      await journal.stageRows("r1", 4, 1, [rowAbout(1, "a")]);
      await journal.moveRun("r1", ["running"], "cancelled");
      expect(await journal.settle(settlement("r1", 4, { attempt: 1 }))).toBe("fenced");
      await journal.stageRows("r1", 4, 1, [rowAbout(1, "b")]);
      await journal.cancelPending("r1", "cancelled by admin", 9);
      expect(await rightsOf(journal, "r1")).toEqual([]);
    });
  });
}
