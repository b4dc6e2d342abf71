/** What a journal promises of the principal index. */
import { beforeEach, describe, expect, test } from "vitest";
import type { GroupMember } from "../../../src/job/index.ts";
import type { IndexEntry, Journal, Json } from "../../../src/journal/index.ts";
import { GroupBook } from "../../../src/reports/index.ts";
import type { OpenedRecord } from "./record.ts";
import { newRun } from "../samples.ts";

export function principalIndexContract(record: () => OpenedRecord): void {
  describe("the principal index", () => {
    let journal: Journal;
    const lookUp = async (run: string, key: string): Promise<readonly Json[] | undefined> =>
      (await journal.lookUp(run, [key]))[0];

    beforeEach(async () => {
      ({ journal } = record());
      await journal.createRun(newRun("r1"));
    });

    test("finds entries by any of their keys, several under one key, none under others", async () => {
      await journal.putIndex("r1", [
        { id: "1", keys: ["anna", "anna@contoso.com", "s-1-5-21-1"], value: { name: "Anna", n: 1 } },
        { id: "2", keys: ["anna", "anna2@contoso.com"], value: { name: "Anna", n: 2 } },
      ]);
      expect(await lookUp("r1", "anna")).toEqual([
        { name: "Anna", n: 1 },
        { name: "Anna", n: 2 },
      ]);
      expect(await lookUp("r1", "s-1-5-21-1")).toEqual([{ name: "Anna", n: 1 }]);
      expect(await lookUp("r1", "ANNA")).toEqual([]);
      expect(await lookUp("r1", "1")).toEqual([]);
      expect(await lookUp("r1", "")).toEqual([]);
    });

    test("of entries with one id the newest that has the key is found", async () => {
      await journal.putIndex("r1", [{ id: "1", keys: ["old", "both"], value: "before" }]);
      await journal.putIndex("r1", [
        { id: "1", keys: ["new", "both"], value: "between" },
        { id: "1", keys: ["new", "both", "both"], value: "after" },
        { id: "2", keys: [], value: "unreachable" },
      ]);
      expect(await lookUp("r1", "old")).toEqual(["before"]);
      expect(await lookUp("r1", "both")).toEqual(["after"]);
      expect(await lookUp("r1", "new")).toEqual(["after"]);
    });

    test("is asked for many keys at once, each answered in its place", async () => {
      await journal.putIndex(
        "r1",
        Array.from({ length: 600 }, (_, n) => ({ id: `${n}`, keys: [`k${n}`, `of ${n % 200}`], value: n })),
      );
      const asked = Array.from({ length: 700 }, (_, n) => `k${699 - n}`);
      const found = await journal.lookUp("r1", ["of 1", ...asked, "k7", "k7"]);
      expect(found.length).toBe(703);
      expect(found[0]).toEqual([1, 201, 401]);
      for (const [place, key] of asked.entries())
        expect(found[place + 1]).toEqual(699 - place < 600 ? [Number(key.slice(1))] : []);
      expect(found.slice(701)).toEqual([[7], [7]]);
      expect(await journal.lookUp("r1", [])).toEqual([]);
    });

    test("is forgotten with the manifest, found when it is sealed, and may grow after that", async () => {
      const entry = (n: number): IndexEntry => ({ id: `${n}`, keys: [`k${n}`, "all"], value: n });
      await journal.putIndex("r1", [entry(0)]);
      await journal.clearTargets("r1");
      expect(await lookUp("r1", "k0")).toEqual([]);
      for (let n = 1; n <= 40; n += 1) await journal.putIndex("r1", [entry(n)]);
      await journal.sealManifest("r1");
      await journal.putIndex("r1", [entry(41)]);
      expect(await lookUp("r1", "k7")).toEqual([7]);
      expect(await lookUp("r1", "k41")).toEqual([41]);
      expect(await lookUp("r1", "all")).toEqual(Array.from({ length: 41 }, (_, n) => n + 1));
    });

    test("keeps thousands of entries of several runs apart", async () => {
      await journal.createRun(newRun("r2", { job: "other" }));
      const entries = (run: string): Parameters<Journal["putIndex"]>[1] =>
        Array.from({ length: 1_500 }, (_, n) => ({
          id: `${n}`,
          keys: [`k${n}`, `half ${n % 750}`],
          value: `${run} ${n}`,
        }));
      await Promise.all([journal.putIndex("r1", entries("r1")), journal.putIndex("r2", entries("r2"))]);
      expect(await lookUp("r1", "k1499")).toEqual(["r1 1499"]);
      expect(await lookUp("r2", "half 3")).toEqual(["r2 3", "r2 753"]);
    });

    test("holds the groups of a run from either side, as they were read last", async () => {
      const member = (n: number): GroupMember => ({
        id: `id-${n}`,
        displayName: `Ünï \u202e"${n}"`,
        address: n % 2 === 0 ? `m${n}@contoso.com` : "",
        type: n % 3 === 0 ? "guest" : "user",
      });
      const members = Array.from({ length: 250 }, (_, n) => member(n));
      const book = new GroupBook(journal, "r1");
      await book.keep({ id: "G", displayName: "Group", members: members.slice(0, 120), gap: "not all" });
      await book.keep({ id: "G", displayName: "Group", members: members.slice(100) });
      await book.keepReach([{ id: "G", people: 150, guests: 50 }]);
      const again = new GroupBook(journal, "r1");
      expect(await again.members("g")).toEqual({
        id: "G",
        displayName: "Group",
        members: members.slice(100),
        readAt: expect.any(String),
      });
      const lengths = await Promise.all([99, 100, 249].map((n) => again.groupsWith([`ID-${n}`])));
      expect(lengths.map(([groups]) => groups?.length)).toEqual([0, 1, 1]);
      expect((await again.memberNamed("M248@contoso.com"))?.id).toBe("id-248");
      expect(await again.reaches()).toEqual(new Map([["g", { id: "G", people: 150, guests: 50 }]]));
    });
  });
}
