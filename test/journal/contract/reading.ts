/** What a journal promises to its readers. */
import { beforeEach, describe, expect, test } from "vitest";
import { type Journal, JournalError, type StoredRow } from "../../../src/journal/index.ts";
import type { OpenRecord, OpenedRecord } from "./record.ts";
import { bulk, gather, mailboxes, rightsOf, rowAbout, settlement, startRun } from "../samples.ts";

export function readingContract(record: () => OpenedRecord): void {
  describe("reading", () => {
    let journal: Journal;
    let open: OpenRecord;

    beforeEach(() => {
      ({ journal, open } = record());
    });

    test("pending lines ascend from where they are asked, and are counted", async () => {
      await startRun(journal, "r1", mailboxes(10));
      await Promise.all([1, 2, 5, 9].map((line) => journal.settle(settlement("r1", line))));
      expect(await journal.pending("r1", 0, 3)).toEqual([3, 4, 6]);
      expect(await journal.pending("r1", 6, 100)).toEqual([7, 8, 10]);
      expect(await journal.pending("r1", 10, 100)).toEqual([]);
      expect(await journal.countPending("r1")).toBe(6);
    });

    test("targets are filtered by outcome, openness and fingerprint, all at once", async () => {
      await startRun(journal, "r1", mailboxes(2_500));
      await journal.settle(settlement("r1", 3, { outcome: "failed", fingerprint: "a" }));
      await journal.settle(settlement("r1", 4, { outcome: "failed", fingerprint: "b" }));
      await journal.settle(settlement("r1", 2_400, { outcome: "denied", fingerprint: "a" }));
      const lines = async (filter: Parameters<Journal["targets"]>[1]): Promise<readonly number[]> =>
        (await gather(journal.targets("r1", filter))).map(({ line }) => line);
      expect(await lines({ outcome: ["failed", "denied"] })).toEqual([3, 4, 2_400]);
      expect(await lines({ fingerprint: "a" })).toEqual([3, 2_400]);
      expect(await lines({ outcome: ["failed"], fingerprint: "a" })).toEqual([3]);
      expect(await lines({ pending: false })).toEqual([3, 4, 2_400]);
      expect(await lines({ pending: true })).toHaveLength(2_497);
      expect(await lines({ outcome: ["failed"], pending: true })).toEqual([]);
      expect(await lines({})).toHaveLength(2_500);
    });

    test("rows come by the mailbox they are about, in the same order however they were settled", async () => {
      const order = [4, 2, 1, 3];
      for (const [run, lines] of [
        ["r1", order],
        ["r2", order.toReversed()],
      ] as const) {
        await startRun(journal, run, [...mailboxes(3), bulk("send-as")]);
        for (const line of lines) {
          const rows =
            line === 4
              ? [rowAbout(3, "SendAs c"), rowAbout(1, "SendAs a"), rowAbout(3, "SendAs b")]
              : [rowAbout(line, "FullAccess"), rowAbout(line, "AFirst")];
          await journal.settle(settlement(run, line, { rows }));
        }
        await journal.moveRun(run, ["running"], "complete");
      }
      const expected = [
        "1<1 FullAccess",
        "1<1 AFirst",
        "1<4 SendAs a",
        "2<2 FullAccess",
        "2<2 AFirst",
        "3<3 FullAccess",
        "3<3 AFirst",
        "3<4 SendAs c",
        "3<4 SendAs b",
      ];
      expect(await rightsOf(journal, "r1")).toEqual(expected);
      expect(await rightsOf(journal, "r2")).toEqual(expected);
    });

    test("rows about one mailbox are never parted between chunks", async () => {
      await startRun(journal, "r1", [...mailboxes(300), bulk("send-as")]);
      await Promise.all(
        Array.from({ length: 300 }, (_, place) =>
          journal.settle(
            settlement("r1", place + 1, {
              rows: Array.from({ length: place % 40 }, (_, n) => rowAbout(place + 1, `r${n}`)),
            }),
          ),
        ),
      );
      const rows = Array.from({ length: 900 }, (_, n) => rowAbout(1 + ((n * 7) % 300), "SendAs"));
      await journal.settle(settlement("r1", 301, { rows }));
      const chunks: (readonly StoredRow[])[] = [];
      for await (const chunk of journal.rows("r1")) chunks.push(chunk);
      expect(chunks.length).toBeGreaterThan(1);
      const abouts = chunks.map((chunk) => new Set(chunk.map(({ about }) => about)));
      expect(abouts.reduce((sum, set) => sum + set.size, 0)).toBe(300);
      expect(chunks.flat()).toHaveLength((await journal.run("r1"))?.rows ?? -1);
    });

    test("rows about some lines are those of all rows, in their order, however the lines are named", async () => {
      await startRun(journal, "r1", [...mailboxes(60), bulk("send-as")]);
      const rows = Array.from({ length: 90 }, (_, n) => rowAbout(1 + ((n * 7) % 59), `SendAs ${n}`));
      for (let line = 1; line < 60; line += 1)
        await journal.settle(
          settlement("r1", line, {
            rows: Array.from({ length: line % 4 }, (_, n) =>
              rowAbout(line, `r${n}`, n === 0 ? "NR1" : undefined),
            ),
          }),
        );
      await journal.settle(settlement("r1", 61, { rows: [...rows, rowAbout(61, "of the tenant")] }));
      await journal.stageRows("r1", 60, 1, [rowAbout(60, "not settled")]);
      const all = await gather(journal.rows("r1"));
      for (const lines of [[], [3], [61], [60], [40, 2, 3, 4, 59, 2], [58, 1, 30], [1, 9, 10, 99, 61]])
        expect(await journal.rowsAbout("r1", lines)).toEqual(
          all.filter(({ about }) => lines.includes(about)),
        );
      expect(await journal.rowsAbout("r1", [...Array(70).keys()])).toEqual(all);
      await expect(journal.rowsAbout("r2", [1])).rejects.toThrow(JournalError);
    });

    test("targets of a run stand beside those of another run with the same id", async () => {
      const listed = [...mailboxes(2_400), bulk("send-as")];
      await startRun(journal, "r1", listed.toReversed(), { job: "a" });
      await startRun(journal, "r2", [...mailboxes(1_400, 1_201), bulk("send-as")], { job: "b" });
      await journal.settle(settlement("r1", 2_401, { outcome: "denied" }));
      await journal.settle(settlement("r1", 1_000, { outcome: "failed" }));
      await journal.settle(settlement("r2", 202, { outcome: "gone" }));
      const pairs = await gather(journal.pairs("r1", "r2"));
      expect(pairs.map(({ line }) => line)).toEqual(listed.map((_, place) => place + 1));
      expect(pairs.filter(({ other }) => other === undefined).map(({ line }) => line)).toEqual(
        Array.from({ length: 1_200 }, (_, place) => 1_202 + place),
      );
      expect(pairs[0]).toEqual({
        line: 1,
        kind: "bulk",
        outcome: undefined,
        other: { line: 1_401, outcome: undefined },
      });
      expect(pairs[999]).toEqual({
        line: 1_000,
        kind: "mailbox",
        outcome: "failed",
        other: { line: 202, outcome: "gone" },
      });
      expect(pairs[2_400]).toEqual({ line: 2_401, kind: "mailbox", outcome: "denied", other: undefined });
      await expect(gather(journal.pairs("r1", "r3"))).rejects.toThrow(JournalError);
      await expect(gather(journal.pairs("r3", "r1"))).rejects.toThrow(JournalError);
    });

    test("a row keeps its columns, their order and the kind of every value", async () => {
      await startRun(journal, "r1", mailboxes(1));
      const row = {
        z: 1,
        a: "1",
        deny: false,
        none: null,
        big: 9_007_199_254_740_991,
        half: -0.5,
        "": "😀\u0000",
      };
      await journal.settle(
        settlement("r1", 1, {
          rows: [row, { a: "x", z: 2 }].map((row) => ({ about: 1, noise: undefined, row })),
        }),
      );
      const rows = await gather(journal.rows("r1"));
      expect(rows.map(({ row }) => JSON.stringify(row))).toEqual([JSON.stringify(row), '{"a":"x","z":2}']);
    });

    test("writers are not held up by a reading that is not finished", async () => {
      await startRun(journal, "r1", mailboxes(1_500));
      await journal.settle(settlement("r1", 1, { rows: [rowAbout(1, "a")] }));
      const reading = journal.rows("r1")[Symbol.asyncIterator]();
      expect((await reading.next()).done).toBe(false);
      const other = await open();
      expect(await other.settle(settlement("r1", 2, { rows: [rowAbout(2, "b")] }))).toBe("settled");
      expect(await journal.moveRun("r1", ["running"], "paused")).toBe(true);
      await reading.return?.();
    });
  });
}
