/** What a journal promises when it is closed. */
import { beforeEach, describe, expect, test } from "vitest";
import { JournalError } from "../../../src/journal/index.ts";
import type { Journal } from "../../../src/journal/index.ts";
import type { OpenRecord, OpenedRecord } from "./record.ts";
import { mailboxes, settlement, startRun } from "../samples.ts";

export function closingContract(record: () => OpenedRecord): void {
  describe("closing", () => {
    let journal: Journal;
    let open: OpenRecord;

    beforeEach(() => {
      ({ journal, open } = record());
    });

    test("finishes what was asked for, and refuses what comes later", async () => {
      await startRun(journal, "r1", mailboxes(30));
      const settles = Array.from({ length: 30 }, (_, place) => journal.settle(settlement("r1", place + 1)));
      await Promise.all([journal.close(), journal.close()]);
      expect(new Set(await Promise.all(settles))).toEqual(new Set(["settled"]));
      await expect(journal.settle(settlement("r1", 1))).rejects.toThrow(JournalError);
      await expect(journal.run("r1")).rejects.toThrow(JournalError);
      const again = await open();
      expect((await again.run("r1"))?.outcomes).toEqual({ ok: 30 });
    });
  });
}
