/** What a journal promises of verifying. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Journal } from "../../../src/journal/index.ts";
import type { OpenRecord, OpenedRecord } from "./record.ts";
import { bulk, mailboxes, manifestHash, rowAbout, settlement, startRun } from "../samples.ts";

export function verifyContract(record: () => OpenedRecord): void {
  describe("verifying", () => {
    let journal: Journal;
    let open: OpenRecord;

    beforeEach(() => {
      ({ journal, open } = record());
    });

    test("a finished run adds up", async () => {
      const targets = [...mailboxes(2_100), bulk("send-as")];
      await startRun(journal, "r1", targets);
      await Promise.all(
        targets.map((_, place) =>
          journal.settle(settlement("r1", place + 1, { rows: [rowAbout(1 + (place % 50), "x", "NR1")] })),
        ),
      );
      await journal.moveRun("r1", ["running"], "complete");
      expect(await journal.verify("r1")).toEqual({
        targets: 2_101,
        outcomes: 2_101,
        rows: 2_101,
        sha256: manifestHash(targets),
        chain: expect.objectContaining({ length: 2_101 }),
        problems: [],
      });
    });

    test("a run that claims to be over with targets left open does not", async () => {
      await startRun(journal, "r1", mailboxes(3));
      await journal.settle(settlement("r1", 1));
      expect((await journal.verify("r1")).problems).toEqual([]);
      await journal.moveRun("r1", ["running"], "cancelled");
      const { problems } = await journal.verify("r1");
      expect(problems).toEqual(["The run is cancelled, but 2 targets have no outcome: lines 2, 3"]);
    });

    test("a head of the chain that was noted is still in it later, whatever came after, and no other is", async () => {
      const heads: string[] = [];
      const note = async (): Promise<void> => {
        heads.push((await journal.run("r1"))?.chain.head ?? "none");
      };
      await startRun(journal, "r1", mailboxes(3));
      await note();
      for (const line of [1, 2, 3]) {
        await journal.settle(settlement("r1", line, { outcome: "failed", rows: [rowAbout(line, "x")] }));
        await note();
      }
      await journal.redrive("r1", { outcome: ["failed"] });
      await note();
      await journal.settle(settlement("r1", 2));
      await journal.moveRun("r1", ["running"], "cancelled");
      await journal.cancelPending("r1", "enough", 9_000);
      await note();
      expect(new Set(heads).size).toBe(5);
      expect(await journal.run("r1")).toMatchObject({ chain: { length: 6, head: heads.at(-1) } });
      for (const head of heads) expect((await journal.verify("r1", head)).problems).toEqual([]);
      const other = "0".repeat(32);
      expect((await journal.verify("r1", other)).problems).toEqual([
        `The noted head ${other} is not in the chain: what was recorded up to it was changed`,
      ]);
    });

    test("a run adds up while it is worked on", async () => {
      await startRun(journal, "r1", mailboxes(3_000));
      const other = await open();
      const work = Array.from({ length: 3_000 }, (_, place) =>
        other.settle(
          settlement("r1", place + 1, { rows: [rowAbout(place + 1, "x", "NR1")], counts: { odd: 1 } }),
        ),
      );
      const verifications = [await journal.verify("r1"), await journal.verify("r1")];
      await Promise.all(work);
      verifications.push(await journal.verify("r1"));
      expect(verifications.flatMap(({ problems }) => problems)).toEqual([]);
      expect(verifications.at(-1)).toMatchObject({ outcomes: 3_000, rows: 3_000 });
    });
  });
}
