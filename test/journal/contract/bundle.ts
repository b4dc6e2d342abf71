/** What a journal promises of bundles. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { verifyBundle } from "../../../src/journal/index.ts";
import type { BundleVerification, Journal } from "../../../src/journal/index.ts";
import { mailbox, mailboxes, newRun, rowAbout, settlement, startRun } from "../samples.ts";
import { finishedRun } from "../tampers.ts";
import type { OpenedRecord } from "./record.ts";

export function bundleContract(record: () => OpenedRecord): void {
  describe("a bundle", () => {
    let path = "";
    let journal: Journal;

    beforeEach(() => {
      const directory = mkdtempSync(join(tmpdir(), "exosweep-bundle-"));
      onTestFinished(() => rmSync(directory, { recursive: true }));
      path = join(directory, "run.bundle");
      ({ journal } = record());
    });

    async function textOf(run: string): Promise<string> {
      let text = "";
      await journal.bundle(run, async (some) => void (text += some));
      return text;
    }

    async function verified(run: string): Promise<BundleVerification> {
      writeFileSync(path, await textOf(run));
      return verifyBundle(path);
    }

    test("proves what the journal proves, without the journal, and is the same every time", async () => {
      await finishedRun(journal, "r1");
      expect(await verified("r1")).toEqual({ run: "r1", ...(await journal.verify("r1")) });
      expect(await textOf("r1")).toBe(await textOf("r1"));
    });

    test("counts what it holds", async () => {
      await finishedRun(journal, "r1");
      const counts = await journal.bundle("r1", async () => undefined);
      expect(counts).toEqual({ targets: 12, rows: 22, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    });

    test("is whole for a run that is not over, not sealed, or cancelled", async () => {
      await journal.createRun(newRun("r1"));
      expect((await verified("r1")).problems).toEqual([]);
      await journal.addTargets("r1", mailboxes(3));
      expect(await verified("r1")).toMatchObject({ targets: 3, problems: [] });
      await journal.sealManifest("r1");
      await journal.moveRun("r1", ["planned"], "running");
      await journal.stageRows("r1", 2, 9, [rowAbout(2, "SendAs")]);
      await journal.settle(settlement("r1", 1, { rows: [rowAbout(1, "FullAccess")] }));
      expect(await verified("r1")).toMatchObject({ targets: 3, outcomes: 1, rows: 1, problems: [] });
      await journal.moveRun("r1", ["running"], "cancelled");
      await journal.cancelPending("r1", "enough", 5_000);
      expect(await verified("r1")).toMatchObject({ targets: 3, outcomes: 3, rows: 1, problems: [] });
    });

    test("is whole while the run is worked on", async () => {
      await startRun(journal, "r1", mailboxes(4_500));
      const work = Array.from({ length: 4_500 }, (_, place) =>
        journal.settle(settlement("r1", place + 1, { rows: [rowAbout(place + 1, "x", "NR1")] })),
      );
      const problems = [...(await verified("r1")).problems, ...(await verified("r1")).problems];
      await Promise.all(work);
      expect(problems).toEqual([]);
      expect(await verified("r1")).toMatchObject({ outcomes: 4_500, rows: 4_500, problems: [] });
    });

    test("keeps texts and values of any kind as they are", async () => {
      const odd = ["\u0000\u0001", "a\nb\r\n", "\u2028\u2029", "\ud83d", "\u{1f600}", '"\\', "__proto__", ""];
      const targets = odd.map((text, place) =>
        mailbox(place + 1, { label: text, data: { [text]: [text, 1e21, null] } }),
      );
      await startRun(journal, "r1", targets, { params: { list: odd }, scope: { addresses: odd } });
      for (const [place, text] of odd.entries()) {
        const row = {
          about: place + 1,
          noise: undefined,
          row: { [text]: text, n: -0.5, yes: true, none: null },
        };
        await journal.settle(
          settlement("r1", place + 1, { rows: [row], reason: text, counts: { [`c${text}`]: 1 } }),
        );
      }
      expect(await verified("r1")).toMatchObject({ outcomes: odd.length, problems: [] });
    });
  });
}
