/** What a journal promises of the access index. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Journal, NewRow, StoredRow } from "../../../src/journal/index.ts";
import { bulk, gather, mailboxes, rowAbout, settlement, startRun } from "../samples.ts";
import type { OpenedRecord } from "./record.ts";

/** The keys of a row made by `rowAbout`: its right, and who is not hidden also under `shown`. */
function keysOf({ noise, row }: StoredRow): readonly string[] {
  const right = String(row["right"]);
  return right === "nobody" ? [] : noise === undefined ? [right, "shown"] : [right];
}

/** Goes on until the index is whole. @returns how many stretches it took */
async function index(journal: Journal, run: string): Promise<number> {
  for (let stretches = 0; ; stretches += 1) {
    const stretch = await journal.unindexed(run);
    if (stretch === undefined) return stretches;
    const leads = stretch.rows.map((row) => ({ line: row.line, n: row.n, keys: keysOf(row) }));
    expect(await journal.indexAccess(run, stretch, leads)).toBe(true);
  }
}

/** Rows in a short form, `about<line right`, those left out that are not under the keys any more. */
async function under(journal: Journal, run: string, ...keys: readonly string[]): Promise<readonly string[]> {
  const rows = await gather(journal.rowsUnder(run, keys));
  return rows
    .filter((row) => keysOf(row).some((key) => keys.includes(key)))
    .map(({ about, line, row }) => `${about}<${line} ${String(row["right"])}`);
}

export function accessIndexContract(record: () => OpenedRecord): void {
  describe("the access index", () => {
    let journal: Journal;

    beforeEach(async () => {
      ({ journal } = record());
      await startRun(journal, "r1", [...mailboxes(4), bulk("send-as")]);
      const rows = (about: number, ...rights: readonly string[]): NewRow[] =>
        rights.map((right) => rowAbout(about, right, right === "hidden" ? "NR1" : undefined));
      await journal.settle(settlement("r1", 1, { rows: rows(1, "anna", "hidden", "nobody") }));
      await journal.settle(settlement("r1", 2, { rows: rows(2, "anna", "ben") }));
      await journal.settle(settlement("r1", 3, { outcome: "failed" }));
      await journal.settle(settlement("r1", 5, { rows: [...rows(3, "anna"), ...rows(1, "ben")] }));
    });

    test("has nothing before it is made, and then every row of settled targets under its keys", async () => {
      expect(await under(journal, "r1", "anna")).toEqual([]);
      const stretch = await journal.unindexed("r1");
      expect(stretch?.rows.map(({ about, line, n, noise }) => [about, line, n, noise])).toEqual([
        [1, 1, 1, undefined],
        [1, 1, 2, "NR1"],
        [1, 1, 3, undefined],
        [2, 2, 1, undefined],
        [2, 2, 2, undefined],
        [3, 5, 1, undefined],
        [1, 5, 2, undefined],
      ]);
      expect(await index(journal, "r1")).toBe(1);
      expect(await under(journal, "r1", "anna")).toEqual(["1<1 anna", "2<2 anna", "3<5 anna"]);
      expect(await under(journal, "r1", "ben")).toEqual(["2<2 ben", "1<5 ben"]);
      expect(await under(journal, "r1", "hidden")).toEqual(["1<1 hidden"]);
      expect(await under(journal, "r1", "shown", "anna")).toHaveLength(5);
      expect(await under(journal, "r1", "nobody")).toEqual([]);
      expect(await under(journal, "r1")).toEqual([]);
      expect(await journal.unindexed("r1")).toBeUndefined();
    });

    test("takes in what is settled later, and what a redrive brings in place of what was there", async () => {
      await index(journal, "r1");
      await journal.settle(settlement("r1", 4, { rows: [rowAbout(4, "ben")] }));
      await index(journal, "r1");
      expect(await under(journal, "r1", "ben")).toEqual(["2<2 ben", "4<4 ben", "1<5 ben"]);

      await journal.redrive("r1", { lines: new Set([2, 3]) });
      expect(await under(journal, "r1", "anna")).toEqual(["1<1 anna", "3<5 anna"]);
      expect(await journal.unindexed("r1")).toBeUndefined();
      await journal.settle(settlement("r1", 2, { attempt: 22, rows: [rowAbout(2, "carl")] }));
      await journal.settle(settlement("r1", 3, { attempt: 23, rows: [rowAbout(3, "ben")] }));
      const again = await journal.unindexed("r1");
      expect(again?.rows.map(({ line, n }) => [line, n])).toEqual([
        [2, 1],
        [3, 1],
      ]);
      await index(journal, "r1");
      expect(await under(journal, "r1", "anna")).toEqual(["1<1 anna", "3<5 anna"]);
      expect(await under(journal, "r1", "ben")).toEqual(["3<3 ben", "4<4 ben", "1<5 ben"]);
      expect(await under(journal, "r1", "carl")).toEqual(["2<2 carl"]);
    });

    test("is made by one of two that make it at once, and goes on where another has stopped", async () => {
      const [mine, theirs] = [await journal.unindexed("r1"), await journal.unindexed("r1")];
      if (mine === undefined || theirs === undefined) throw new Error("Nothing to index");
      const leads = mine.rows.map((row) => ({ line: row.line, n: row.n, keys: keysOf(row) }));
      expect(await journal.indexAccess("r1", mine, leads)).toBe(true);
      expect(await journal.indexAccess("r1", theirs, [{ line: 1, n: 1, keys: ["wrong"] }])).toBe(false);
      expect(await under(journal, "r1", "anna")).toHaveLength(3);
      expect(await gather(journal.rowsUnder("r1", ["wrong"]))).toEqual([]);

      const other = await record().open();
      await other.settle(settlement("r1", 4, { rows: [rowAbout(4, "anna")] }));
      expect(await index(other, "r1")).toBe(1);
      expect(await under(journal, "r1", "anna")).toHaveLength(4);
    });

    test("is made in stretches, also of one line, and keeps runs apart", async () => {
      await startRun(journal, "r2", [...mailboxes(3), bulk("send-as")], { job: "other" });
      const hub = Array.from({ length: 23_000 }, (_, n) =>
        rowAbout(1 + (n % 3), n % 2 === 0 ? "hub" : "anna"),
      );
      await journal.stageRows("r2", 4, 4, hub);
      for (const line of [1, 2, 3, 4]) await journal.settle(settlement("r2", line));
      expect(await index(journal, "r2")).toBeGreaterThan(1);
      expect(await under(journal, "r2", "hub")).toHaveLength(11_500);
      expect(await under(journal, "r2", "hub", "anna")).toHaveLength(23_000);
      expect(await under(journal, "r1", "hub")).toEqual([]);
    });

    test("gives rows about one line together, in one chunk, first those of lines whose own reading brought one", async () => {
      const lines = 300;
      const sendAs = lines + 1;
      await startRun(journal, "r2", [...mailboxes(lines), bulk("send-as")], { job: "other" });
      const all = Array.from({ length: lines }, (_, n) => n + 1);
      // Of every third line only the listing tells, which goes from the last to the first and names others, too.
      const own = all.filter((line) => line % 3 !== 0);
      const rows = all.toReversed().flatMap((line) => [rowAbout(line, "hub"), rowAbout(line, "ben")]);
      await journal.stageRows("r2", sendAs, sendAs, [...rows, rowAbout(3, "hub")]);
      await Promise.all([
        ...own.map((line) =>
          journal.settle(settlement("r2", line, { rows: [rowAbout(line, "ben"), rowAbout(line, "hub")] })),
        ),
        journal.settle(settlement("r2", sendAs)),
      ]);
      await index(journal, "r2");
      const chunks: (readonly StoredRow[])[] = [];
      for await (const chunk of journal.rowsUnder("r2", ["hub", "nobody's"])) chunks.push(chunk);
      expect(chunks[0]?.length, "rows of the first chunk").toBeLessThan(500);
      const places = chunks.flat().map(({ about, line }) => [about, line]);
      expect(places).toEqual([
        ...own.flatMap((line) => [
          [line, line],
          [line, sendAs],
        ]),
        ...all
          .toReversed()
          .filter((line) => line % 3 === 0)
          .flatMap((line) => Array.from({ length: line === 3 ? 2 : 1 }, () => [line, sendAs])),
      ]);
      const abouts = chunks.map((chunk) => new Set(chunk.map(({ about }) => about)));
      expect(abouts.reduce((sum, { size }) => sum + size, 0)).toBe(lines);
    });

    test("finds rows under hostile keys, and under no key that only resembles them", async () => {
      const hostile = ["=cmd|'/c calc'!A0", "a\u0000b", "a\u202eb", "'; DROP TABLE runs; --", "", "\ud800"];
      await journal.settle(settlement("r1", 4, { rows: hostile.map((right) => rowAbout(4, right)) }));
      await index(journal, "r1");
      for (const [n, right] of hostile.entries()) {
        const found = await gather(journal.rowsUnder("r1", [right]));
        expect(found.map(({ line }) => line)).toEqual([4]);
        expect(typeof found[0]?.row["right"], `name ${n}`).toBe("string");
      }
      expect(await under(journal, "r1", "ANNA")).toEqual([]);
    });

    test("refuses a run it does not know", async () => {
      await expect(journal.unindexed("nobody's")).rejects.toThrow(/nobody's/);
      await expect(journal.indexAccess("nobody's", { from: "", to: "1 1 0 0" }, [])).rejects.toThrow(
        /nobody's/,
      );
      await expect(gather(journal.rowsUnder("nobody's", ["anna"]))).rejects.toThrow(/nobody's/);
    });
  });
}
