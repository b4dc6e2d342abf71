/** What a journal promises of runs: their record, states, claims and counters. */
import { beforeEach, describe, expect, test } from "vitest";
import { JournalError, RunOpenError } from "../../../src/journal/index.ts";
import type { Journal } from "../../../src/journal/index.ts";
import type { OpenRecord, OpenedRecord } from "./record.ts";
import { gather, mailboxes, newRun, settlement } from "../samples.ts";

export function runsContract(record: () => OpenedRecord): void {
  describe("runs", () => {
    let journal: Journal;
    let open: OpenRecord;

    beforeEach(() => {
      ({ journal, open } = record());
    });

    test("a new run is planned, empty, and what it was made with", async () => {
      const run = newRun("r1", { params: { deep: [1, { "": null }], text: '"\u0000\u202e😀' } });
      const created = await journal.createRun(run);
      expect(created).toMatchObject(run);
      expect(created).toMatchObject({ state: "planned", outcomes: {}, rows: 0, workers: [], redrives: 0 });
      expect(created.manifest).toBeUndefined();
      expect(created.calls.items).toBe(0);
      expect(await journal.run("r1")).toEqual(created);
      expect(await journal.run("r2")).toBeUndefined();
    });

    test("an id is used once", async () => {
      await journal.createRun(newRun("r1"));
      await expect(journal.createRun(newRun("r1", { job: "other" }))).rejects.toThrow(JournalError);
      expect(await journal.runs()).toHaveLength(1);
    });

    test("a second open run of a job on a tenant is refused with the id of the first", async () => {
      await journal.createRun(newRun("r1"));
      const refusal = journal.createRun(newRun("r2", { tenant: "the same by another name" }));
      await expect(refusal).rejects.toThrow(RunOpenError);
      await expect(refusal).rejects.toMatchObject({ run: "r1" });
      await journal.createRun(newRun("r3", { job: "other" }));
      await journal.createRun(newRun("r4", { tenantId: "22222222-2222-4222-8222-222222222222" }));
      await journal.moveRun("r1", ["planned"], "cancelled");
      expect(await journal.createRun(newRun("r2"))).toMatchObject({ id: "r2" });
      expect((await journal.openRuns()).map(({ id }) => id).sort()).toEqual(["r2", "r3", "r4"]);
    });

    test("a run that is imported stands in no other's way, and nobody is told to work on it", async () => {
      await journal.createRun(newRun("r1"));
      expect(await journal.createRun(newRun("r2", { imported: true }))).toMatchObject({ state: "importing" });
      await journal.createRun(newRun("r3", { imported: true }));
      expect((await journal.openRuns()).map(({ id }) => id)).toEqual(["r1"]);
      expect((await journal.runs({ open: true })).map(({ id }) => id)).toEqual(["r1"]);
      await journal.addTargets("r2", mailboxes(1));
      await journal.sealManifest("r2");
      expect(await journal.moveRun("r2", ["importing"], "complete")).toBe(false);
      await journal.settle(settlement("r2", 1));
      expect(await journal.moveRun("r2", ["importing"], "complete")).toBe(true);
      expect((await journal.verify("r2")).problems).toEqual([]);
      expect(await journal.moveRun("r3", ["importing"], "cancelled")).toBe(true);
    });

    test("of processes that start the same job at once, one gets it", async () => {
      const others = await Promise.all(Array.from({ length: 4 }, () => open()));
      const results = await Promise.allSettled(
        others.map((other, place) => other.createRun(newRun(`r${place}`))),
      );
      const losers = results.filter((result) => result.status === "rejected");
      expect(losers.map(({ reason }) => reason)).toEqual(losers.map(() => expect.any(RunOpenError)));
      expect(losers).toHaveLength(3);
      expect(await journal.runs()).toHaveLength(1);
    });

    test("a run moves only from where it is expected, and remembers when it started and ended", async () => {
      let nowMs = 5_000;
      const timed = await open({ now: () => nowMs });
      await timed.createRun(newRun("r1"));
      expect(await timed.run("r1")).toMatchObject({ createdAtMs: 5_000 });
      nowMs = 6_000;
      expect(await timed.moveRun("r1", ["running"], "paused")).toBe(false);
      expect(await timed.moveRun("r1", ["planned", "running"], "enumerating")).toBe(true);
      nowMs = 7_000;
      expect(await timed.moveRun("r1", ["enumerating"], "running")).toBe(true);
      expect(await timed.moveRun("r1", ["running"], "paused", "403 on Get-Mailbox")).toBe(true);
      expect(await timed.run("r1")).toMatchObject({
        state: "paused",
        reason: "403 on Get-Mailbox",
        startedAtMs: 6_000,
        endedAtMs: undefined,
      });
      nowMs = 8_000;
      expect(await timed.moveRun("r1", ["paused"], "complete_with_failures")).toBe(true);
      expect(await timed.run("r1")).toMatchObject({ reason: undefined, endedAtMs: 8_000 });
      expect(await timed.moveRun("r1", ["complete_with_failures"], "running")).toBe(true);
      expect(await timed.run("r1")).toMatchObject({ startedAtMs: 6_000, endedAtMs: undefined });
    });

    test("of processes that move a run at once, one does", async () => {
      await journal.createRun(newRun("r1"));
      const others = await Promise.all([open(), open(), open()]);
      const moved = await Promise.all(others.map((other) => other.moveRun("r1", ["planned"], "running")));
      expect(moved.filter(Boolean)).toHaveLength(1);
    });

    test("a run that is over is not opened again beside another", async () => {
      await journal.createRun(newRun("r1"));
      await journal.moveRun("r1", ["planned"], "complete");
      await journal.createRun(newRun("r2"));
      const reopened = journal.moveRun("r1", ["complete"], "running");
      await expect(reopened).rejects.toThrow(RunOpenError);
      expect(await journal.run("r1")).toMatchObject({ state: "complete" });
    });

    test("runs are listed newest first, by tenant, openness and number", async () => {
      for (const n of [1, 2, 3, 4]) {
        await journal.createRun(newRun(`r${n}`, { job: `job-${n}`, tenant: n % 2 === 0 ? "even" : "odd" }));
      }
      await journal.moveRun("r2", ["planned"], "complete");
      await journal.moveRun("r3", ["planned"], "cancelled");
      const ids = async (filter?: Parameters<Journal["runs"]>[0]): Promise<readonly string[]> =>
        (await journal.runs(filter)).map(({ id }) => id);
      expect(await ids()).toEqual(["r4", "r3", "r2", "r1"]);
      expect(await ids({ limit: 2 })).toEqual(["r4", "r3"]);
      expect(await ids({ open: true })).toEqual(["r4", "r1"]);
      expect(await ids({ open: false, tenant: "even" })).toEqual(["r2"]);
      expect(await journal.openRuns()).toEqual([
        { id: "r1", tenant: "odd", job: "job-1", state: "planned" },
        { id: "r4", tenant: "even", job: "job-4", state: "planned" },
      ]);
    });

    test("a claim belongs to one owner until it is released or runs out", async () => {
      let nowMs = 0;
      const [one, two] = [await open({ now: () => nowMs }), await open({ now: () => nowMs })];
      await one.createRun(newRun("r1"));
      expect(await one.claimRun("r1", "p1", 1_000)).toBe(true);
      expect(await two.claimRun("r1", "p2", 1_000)).toBe(false);
      nowMs = 900;
      expect(await one.claimRun("r1", "p1", 1_000)).toBe(true);
      nowMs = 1_899;
      expect(await two.claimRun("r1", "p2", 1_000)).toBe(false);
      nowMs = 1_900;
      expect(await two.claimRun("r1", "p2", 1_000)).toBe(true);
      await one.releaseRun("r1", "p1");
      expect(await one.claimRun("r1", "p1", 1_000)).toBe(false);
      await two.releaseRun("r1", "p2");
      expect(await one.claimRun("r1", "p1", 1_000)).toBe(true);
    });

    test("of processes that claim a run at once, one gets it", async () => {
      await journal.createRun(newRun("r1"));
      const others = await Promise.all([open(), open(), open()]);
      const claims = await Promise.all(
        others.map((other, place) => other.claimRun("r1", `p${place}`, 10_000)),
      );
      expect(claims.filter(Boolean)).toHaveLength(1);
    });

    test("calls add up from all processes", async () => {
      await journal.createRun(newRun("r1"));
      const other = await open();
      const one = {
        batches: 1,
        items: 10,
        throttledItems: 2,
        throttledBatches: 0,
        retries: 2,
        busyBatches: 1,
        busyItems: 10,
        pages: 3,
      };
      await Promise.all([1, 2, 3].flatMap(() => [journal.addCalls("r1", one), other.addCalls("r1", one)]));
      expect((await journal.run("r1"))?.calls).toEqual({
        batches: 6,
        items: 60,
        throttledItems: 12,
        throttledBatches: 0,
        retries: 12,
        busyBatches: 6,
        busyItems: 60,
        pages: 18,
      });
    });

    test("events and the summary are kept; the last events are listed, oldest first", async () => {
      await journal.createRun(newRun("r1"));
      for (const n of [1, 2, 3]) await journal.addEvent("r1", { atMs: n, kind: `e${n}`, data: { n } });
      expect(await journal.events("r1", 2)).toEqual([
        { atMs: 2, kind: "e2", data: { n: 2 } },
        { atMs: 3, kind: "e3", data: { n: 3 } },
      ]);
      expect(await journal.setSummary("r1", { findings: [{ rule: "P1", count: 3 }] })).toBe(true);
      expect((await journal.run("r1"))?.summary).toEqual({ findings: [{ rule: "P1", count: 3 }] });
    });

    test("the summary of a run that is over stays as whoever ended it has written it", async () => {
      await journal.createRun(newRun("r1"));
      await journal.setSummary("r1", { rows: 2 });
      await journal.moveRun("r1", ["planned"], "cancelled");
      expect(await journal.setSummary("r1", { rows: 1 })).toBe(false);
      expect((await journal.run("r1"))?.summary).toEqual({ rows: 2 });
    });

    test("a run that is not there is named", async () => {
      const refusals = [
        journal.moveRun("nope", ["planned"], "running"),
        journal.addTargets("nope", mailboxes(1)),
        journal.settle(settlement("nope", 1)),
        journal.countPending("nope"),
        journal.verify("nope"),
        gather(journal.rows("nope")),
        journal.lookUp("nope", ["k"]),
      ];
      for (const result of await Promise.allSettled(refusals)) {
        expect(result).toMatchObject({ status: "rejected", reason: expect.any(JournalError) });
        expect(result).toMatchObject({ reason: { message: expect.stringContaining('"nope"') } });
      }
    });
  });
}
