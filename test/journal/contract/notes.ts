/** What a journal promises of notes. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Journal } from "../../../src/journal/index.ts";
import type { OpenRecord, OpenedRecord } from "./record.ts";

export function notesContract(record: () => OpenedRecord): void {
  describe("notes", () => {
    let journal: Journal;
    let open: OpenRecord;

    beforeEach(() => {
      ({ journal, open } = record());
    });

    test("a note is what was written last, for every process, and after all of them ended", async () => {
      const other = await open();
      await journal.putNote("contoso/app", "orders", { maxRate: 20, list: [1, null, "ä\u0000"] });
      expect(await other.note("contoso/app", "orders")).toEqual({ maxRate: 20, list: [1, null, "ä\u0000"] });
      await other.putNote("contoso/app", "orders", null);
      await Promise.all([journal.close(), other.close()]);
      expect(await (await open()).note("contoso/app", "orders")).toBeNull();
    });

    test("notes are told apart by whom they are about and by their name, to the letter", async () => {
      await journal.putNote("a", "b", 1);
      await journal.putNote("a", "B", 2);
      await journal.putNote("ab", "", 3);
      expect(await journal.note("a", "b")).toBe(1);
      expect(await journal.note("a", "B")).toBe(2);
      expect(await journal.note("ab", "")).toBe(3);
      expect(await journal.note("a", "")).toBeUndefined();
      expect(await journal.note("A", "b")).toBeUndefined();
    });

    test("of notes that several processes write at once, one stands whole", async () => {
      const writers = [journal, await open(), await open()];
      const values = writers.map((_, writer) => ({ writer, filler: `${writer}`.repeat(500) }));
      await Promise.all(writers.map((each, writer) => each.putNote("t", "n", values[writer] ?? null)));
      expect(values).toContainEqual(await journal.note("t", "n"));
    });
  });
}
