/** What a journal promises of manifests. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Journal, NewTarget } from "../../../src/journal/index.ts";
import type { OpenRecord, OpenedRecord } from "./record.ts";
import { bulk, gather, mailbox, mailboxes, manifestHash, newRun } from "../samples.ts";

export function manifestContract(record: () => OpenedRecord): void {
  describe("the manifest", () => {
    let journal: Journal;
    let open: OpenRecord;

    beforeEach(async () => {
      ({ journal, open } = record());
      await journal.createRun(newRun("r1"));
    });

    test("targets get lines from 1 without gaps, and a known id is left as it is", async () => {
      expect(await journal.addTargets("r1", [mailbox(1), mailbox(2), mailbox(1, { label: "twin" })])).toBe(2);
      expect(await journal.addTargets("r1", [mailbox(2, { label: "twin" }), bulk("send-as")])).toBe(1);
      expect(await journal.addTargets("r1", [])).toBe(0);
      const targets = await gather(journal.targets("r1"));
      expect(targets.map(({ line, label }) => [line, label])).toEqual([
        [1, "m1@contoso.com"],
        [2, "m2@contoso.com"],
        [3, "send-as"],
      ]);
    });

    test("a target comes back as it was given, by line and by id", async () => {
      const hostile: NewTarget = mailbox(1, {
        label: '=cmd|"\u0000\u001b[31m\u202eevil\n😀',
        data: {
          __proto__: null,
          "": [1.5, -0.25, true, null],
          "1": { ["__proto__"]: "own" },
          ünï: "\ud800",
        },
      });
      await journal.addTargets("r1", [hostile, mailbox(2, { data: "text" }), mailbox(3, { data: {} })]);
      expect(await journal.target("r1", 1)).toEqual({
        ...hostile,
        line: 1,
        outcome: undefined,
        reason: undefined,
        requestId: undefined,
        fingerprint: undefined,
        rows: 0,
        redrive: 0,
        settledAtMs: undefined,
      });
      expect(JSON.stringify((await journal.target("r1", 1))?.data)).toBe(JSON.stringify(hostile.data));
      expect((await journal.targetById("r1", mailbox(2).id))?.data).toBe("text");
      expect((await journal.targetById("r1", mailbox(3).id))?.data).toEqual({});
      expect(await journal.target("r1", 4)).toBeUndefined();
      expect(await journal.targetById("r1", "nobody")).toBeUndefined();
    });

    test("a target without an id is refused", async () => {
      await expect(journal.addTargets("r1", [mailbox(1), mailbox(2, { id: "" })])).rejects.toThrow(/no id/);
      expect(await journal.countPending("r1")).toBe(0);
    });

    test("processes that add at once leave no gap and no double", async () => {
      const others = await Promise.all([open(), open(), open()]);
      const added = await Promise.all(
        others.map((other, place) => other.addTargets("r1", mailboxes(700, 1 + 350 * place))),
      );
      expect(added.reduce((sum, n) => sum + n, 0)).toBe(1_400);
      const lines = (await gather(journal.targets("r1"))).map(({ line }) => line);
      expect(lines).toEqual(Array.from({ length: 1_400 }, (_, place) => place + 1));
    });

    test("the seal is count and hash of all lines, whatever their order, and the same every time", async () => {
      const targets = [bulk("send-as"), ...mailboxes(2_500), bulk("a-read"), mailbox(9_999, { id: "zoë" })];
      await journal.addTargets("r1", targets.toReversed());
      const seal = { count: targets.length, sha256: manifestHash(targets) };
      const other = await open();
      expect(await Promise.all([journal.sealManifest("r1"), other.sealManifest("r1")])).toEqual([seal, seal]);
      expect(await journal.sealManifest("r1")).toEqual(seal);
      expect((await journal.run("r1"))?.manifest).toEqual(seal);
    });

    test("an empty manifest can be sealed", async () => {
      expect(await journal.sealManifest("r1")).toEqual({ count: 0, sha256: manifestHash([]) });
      expect(await journal.verify("r1")).toMatchObject({ targets: 0, problems: [] });
    });

    test("a sealed manifest does not change any more", async () => {
      await journal.addTargets("r1", mailboxes(2));
      await journal.sealManifest("r1");
      await expect(journal.addTargets("r1", mailboxes(3))).rejects.toThrow(/it is sealed/);
      await expect(journal.clearTargets("r1")).rejects.toThrow(/it is sealed/);
      expect(await gather(journal.targets("r1"))).toHaveLength(2);
    });

    test("the manifest of a run that is over does not change any more", async () => {
      await journal.addTargets("r1", mailboxes(2));
      await journal.moveRun("r1", ["planned"], "cancelled");
      await expect(journal.addTargets("r1", mailboxes(3))).rejects.toThrow(/the run is cancelled/);
      await expect(journal.clearTargets("r1")).rejects.toThrow(/the run is cancelled/);
    });

    test("a manifest that was cleared begins again from line 1", async () => {
      await journal.addTargets("r1", mailboxes(1_200));
      await journal.clearTargets("r1");
      expect(await gather(journal.targets("r1"))).toEqual([]);
      expect(await journal.addTargets("r1", mailboxes(2, 500))).toBe(2);
      expect((await gather(journal.targets("r1"))).map(({ line }) => line)).toEqual([1, 2]);
      expect(await journal.sealManifest("r1")).toEqual({
        count: 2,
        sha256: manifestHash(mailboxes(2, 500)),
      });
    });

    test("whoever was frozen while another began the manifest anew can neither add, nor forget, nor seal", async () => {
      const zombie = await open();
      const frozen = await zombie.clearTargets("r1");
      await zombie.addTargets("r1", mailboxes(2), frozen);
      const filling = await journal.clearTargets("r1");
      await journal.addTargets("r1", mailboxes(1, 500), filling);
      await expect(zombie.addTargets("r1", mailboxes(2), frozen)).rejects.toThrow(/begun it anew/);
      await expect(zombie.sealManifest("r1", frozen)).rejects.toThrow(/begun it anew/);
      expect((await journal.run("r1"))?.manifest).toBeUndefined();
      const sealed = await journal.sealManifest("r1", filling);
      expect(sealed).toEqual({ count: 1, sha256: manifestHash(mailboxes(1, 500)) });
      expect(await zombie.sealManifest("r1", frozen)).toEqual(sealed);
    });

    test("of processes that begin the manifest anew at once, one fills it", async () => {
      await journal.addTargets("r1", mailboxes(1_200));
      const others = await Promise.all([open(), open(), open()]);
      const begun = await Promise.allSettled(others.map((other) => other.clearTargets("r1")));
      const fillings = begun.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
      expect(new Set(fillings).size).toBe(fillings.length);
      const added = await Promise.allSettled(
        fillings.map((filling, at) => journal.addTargets("r1", mailboxes(1, 500 + at), filling)),
      );
      expect(added.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      expect(await journal.countPending("r1")).toBe(1);
    });

    test("runs do not see each other's targets", async () => {
      await journal.createRun(newRun("r2", { job: "other" }));
      await journal.addTargets("r1", mailboxes(2));
      await journal.addTargets("r2", mailboxes(3));
      expect(await gather(journal.targets("r1"))).toHaveLength(2);
      expect(await journal.countPending("r2")).toBe(3);
    });
  });
}
