/** What a journal promises of schedules and their ticks. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Journal, NewSchedule } from "../../../src/journal/index.ts";
import type { OpenRecord, OpenedRecord } from "./record.ts";

const NIGHTLY: NewSchedule = {
  name: "nightly",
  job: "permission-audit",
  tenant: "contoso",
  cron: "0 3 * * *",
  zone: "Europe/Sofia",
  params: { deep: [1, null, "ä\u0000"] },
  scope: { kind: "all", types: ["user"] },
  missed: "catch-up",
  createdAtMs: 1_000,
};

const claim = (owner: string, more: object = {}) => ({
  schedule: "nightly",
  dueMs: 5_000,
  byHand: false,
  run: `run-of-${owner}`,
  owner,
  leaseMs: 1_000,
  ...more,
});

export function schedulesContract(record: () => OpenedRecord): void {
  describe("schedules", () => {
    let journal: Journal;
    let open: OpenRecord;

    beforeEach(async () => {
      ({ journal, open } = record());
      await journal.addSchedule(NIGHTLY);
    });

    test("a schedule is what it was made with, for every process, and after all of them ended", async () => {
      await journal.close();
      expect(await (await open()).schedules()).toEqual([{ ...NIGHTLY, paused: false, decidedMs: 1_000 }]);
    });

    test("a name is used once, and free again when its schedule was dropped", async () => {
      expect(await journal.addSchedule({ ...NIGHTLY, job: "other" })).toBe(false);
      expect(await journal.schedules()).toMatchObject([{ job: "permission-audit" }]);
      expect(await journal.dropSchedule("nightly")).toBe(true);
      expect(await journal.dropSchedule("nightly")).toBe(false);
      expect(await journal.addSchedule({ ...NIGHTLY, job: "other" })).toBe(true);
      expect(await journal.addSchedule({ ...NIGHTLY, name: "Hourly" })).toBe(true);
      expect((await journal.schedules()).map(({ name, job }) => `${name} ${job}`)).toEqual([
        "Hourly permission-audit",
        "nightly other",
      ]);
    });

    test("of processes that claim one time at once, one gets it", async () => {
      const others = await Promise.all(Array.from({ length: 5 }, () => open()));
      const claims = await Promise.all(others.map((other, place) => other.claimTick(claim(`p${place}`))));
      const got = claims.filter((tick) => tick !== undefined);
      expect(got).toHaveLength(1);
      expect(got[0]).toMatchObject({ schedule: "nightly", dueMs: 5_000, byHand: false, state: "claimed" });
      expect(await journal.openTicks()).toEqual(got);
    });

    test("whoever takes over a claim that ran out gets the run that was chosen first", async () => {
      let nowMs = 0;
      const [one, two] = [await open({ now: () => nowMs }), await open({ now: () => nowMs })];
      await one.claimTick(claim("p1"));
      nowMs = 999;
      expect(await two.claimTick(claim("p2"))).toBeUndefined();
      expect(await one.claimTick(claim("p1", { leaseMs: 500 }))).toMatchObject({ run: "run-of-p1" });
      nowMs = 1_499;
      expect(await two.claimTick(claim("p2"))).toMatchObject({ run: "run-of-p1", state: "claimed" });
      expect(await one.moveTick(claim("p1"), "started")).toBe(false);
      expect(await two.moveTick(claim("p2"), "started", "caught up")).toBe(true);
      expect(await two.moveTick(claim("p2"), "started")).toBe(false);
      expect(await one.claimTick(claim("p1"))).toMatchObject({ state: "started", reason: "caught up" });
      expect(await one.moveTick(claim("p1"), "skipped")).toBe(false);
      expect(await one.moveTick(claim("p1"), "ended")).toBe(true);
      expect(await two.claimTick(claim("p2"))).toBeUndefined();
      expect(await two.openTicks()).toEqual([]);
      expect(await two.ticks("nightly", 9)).toMatchObject([{ state: "ended", reason: "caught up" }]);
    });

    test("a time that is decided has those before it decided, and none of them is claimed any more", async () => {
      await journal.claimTick(claim("p1"));
      expect(await journal.schedules()).toMatchObject([{ decidedMs: 1_000 }]);
      await journal.moveTick(claim("p1"), "missed", "nobody was there");
      expect(await journal.schedules()).toMatchObject([{ decidedMs: 5_000 }]);
      expect(await journal.claimTick(claim("p2", { dueMs: 4_999 }))).toBeUndefined();
      expect(await journal.claimTick(claim("p2", { dueMs: 5_001 }))).toBeDefined();
      expect((await journal.ticks("nightly", 1)).map(({ dueMs }) => dueMs)).toEqual([5_001]);
    });

    test("what is set off by hand decides no time of the schedule, and works while it is paused", async () => {
      expect(await journal.pauseSchedule("nightly", true, 2_000)).toBe(true);
      expect(await journal.schedules()).toMatchObject([{ paused: true, decidedMs: 2_000 }]);
      expect(await journal.claimTick(claim("p1"))).toBeUndefined();
      expect(await journal.claimTick(claim("p1", { byHand: true }))).toMatchObject({ byHand: true });
      await journal.moveTick(claim("p1"), "started");
      expect(await journal.pauseSchedule("nightly", false, 1_500)).toBe(true);
      expect(await journal.schedules()).toMatchObject([{ paused: false, decidedMs: 1_500 }]);
      expect(await journal.pauseSchedule("other", true, 1)).toBe(false);
    });

    test("of a schedule that is gone nothing is claimed anew, and its ticks stay on record", async () => {
      await journal.claimTick(claim("p1"));
      await journal.moveTick(claim("p1"), "started");
      await journal.dropSchedule("nightly");
      expect(await journal.claimTick(claim("p1", { dueMs: 6_000, byHand: true }))).toBeUndefined();
      expect(await journal.openTicks()).toMatchObject([{ state: "started", run: "run-of-p1" }]);
      expect(await journal.claimTick(claim("p1"))).toMatchObject({ state: "started" });
    });
  });
}
