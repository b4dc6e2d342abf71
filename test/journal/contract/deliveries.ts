/** What a journal promises of messages to people. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Journal, NewDelivery, Unsent } from "../../../src/journal/index.ts";
import { newRun } from "../../support/journal.ts";
import type { OpenRecord, OpenedRecord } from "./record.ts";

const delivery = (id: string, over: Partial<NewDelivery> = {}): NewDelivery => ({
  id,
  sink: "soc",
  schedule: "nightly",
  run: "r1",
  message: { title: "ä\u0000", counts: [1, null] },
  createdAtMs: 1_000,
  ...over,
});
const made = { atMs: 5, tookMs: 7, said: "503" };
const ids = (found: readonly { readonly id: string }[]): readonly string[] => found.map(({ id }) => id);

export function deliveriesContract(record: () => OpenedRecord): void {
  describe("deliveries", () => {
    let journal: Journal;
    let open: OpenRecord;

    beforeEach(() => {
      ({ journal, open } = record());
    });

    test("a delivery is what was added, for every process, and after all of them ended", async () => {
      expect(await journal.addDeliveries([delivery("a"), delivery("b", { run: undefined })])).toBe(2);
      await journal.close();
      const again = await open();
      const waiting = { state: "waiting", tries: [], nextAtMs: 1_000 };
      expect(await again.deliveries({}, 9)).toEqual([
        { ...delivery("b", { run: undefined }), ...waiting },
        { ...delivery("a"), ...waiting },
      ]);
    });

    test("what is added again is the same delivery, whatever has become of it", async () => {
      await journal.addDeliveries([delivery("a")]);
      await journal.claimDelivery("soc", "p1", 1_000);
      await journal.endTry("a", "p1", made, { state: "sent" });
      expect(await journal.addDeliveries([delivery("a", { message: "other" }), delivery("b")])).toBe(1);
      expect(await journal.deliveries({ state: "sent" }, 9)).toMatchObject([
        { id: "a", message: { counts: [1, null] } },
      ]);
      expect(await journal.addDeliveries([])).toBe(0);
    });

    test("of processes that claim at once, each gets another delivery, the oldest first", async () => {
      await journal.addDeliveries(["c", "a", "b"].map((id, place) => delivery(id, { createdAtMs: place })));
      const others = await Promise.all(Array.from({ length: 5 }, () => open()));
      const claims = await Promise.all(
        others.map((other, place) => other.claimDelivery("soc", `p${place}`, 60_000)),
      );
      const got = claims.filter((claim) => claim !== undefined);
      expect(ids(got).toSorted()).toEqual(["a", "b", "c"]);
      expect(await journal.claimDelivery("other", "p9", 60_000)).toBeUndefined();
    });

    test("a claim that ran out is another's, and whoever lost it can say nothing of it any more", async () => {
      let nowMs = 2_000;
      const [one, two] = [await open({ now: () => nowMs }), await open({ now: () => nowMs })];
      await one.addDeliveries([delivery("a")]);
      expect(await one.claimDelivery("soc", "p1", 1_000)).toMatchObject({ id: "a" });
      nowMs = 2_999;
      expect(await two.claimDelivery("soc", "p2", 1_000)).toBeUndefined();
      nowMs = 3_000;
      expect(await two.claimDelivery("soc", "p2", 1_000)).toMatchObject({ id: "a", tries: [] });
      expect(await one.endTry("a", "p1", made, { state: "failed" })).toBe(false);
      expect(await two.endTry("a", "p2", made, { state: "sent" })).toBe(true);
      expect(await two.endTry("a", "p2", made, { state: "failed" })).toBe(false);
      expect(await one.deliveries({}, 9)).toMatchObject([{ state: "sent", tries: [made] }]);
    });

    test("one that waits is not claimed before its time, and keeps every try", async () => {
      let nowMs = 2_000;
      const one = await open({ now: () => nowMs });
      await one.addDeliveries([delivery("early", { createdAtMs: 1 }), delivery("late", { createdAtMs: 2 })]);
      await one.claimDelivery("soc", "p1", 1_000);
      await one.endTry("early", "p1", made, { state: "waiting", nextAtMs: 9_000 });
      expect(await one.claimDelivery("soc", "p1", 1_000)).toMatchObject({ id: "late" });
      expect(await one.claimDelivery("soc", "p1", 1_000)).toBeUndefined();
      nowMs = 9_000;
      expect(await one.claimDelivery("soc", "p2", 1_000)).toMatchObject({ id: "early", tries: [made] });
      const more = { ...made, said: "200" };
      await one.endTry("early", "p2", more, { state: "sent" });
      expect(await one.deliveries({ state: "sent" }, 9)).toMatchObject([
        { id: "early", tries: [made, more] },
      ]);
    });

    test("one that failed is tried again when somebody wants it, and no other is", async () => {
      await journal.addDeliveries([delivery("a")]);
      expect(await journal.retryDelivery("a", 2_000)).toBe(false);
      expect(await journal.retryDelivery("b", 2_000)).toBe(false);
      await journal.claimDelivery("soc", "p1", 1_000);
      await journal.endTry("a", "p1", made, { state: "failed" });
      expect(await journal.claimDelivery("soc", "p1", 1_000)).toBeUndefined();
      expect(await journal.retryDelivery("a", 2_000)).toBe(true);
      expect(await journal.deliveries({}, 9)).toMatchObject([
        { state: "waiting", tries: [made], nextAtMs: 2_000 },
      ]);
      expect(await journal.claimDelivery("soc", "p2", 1_000)).toMatchObject({ id: "a" });
      await journal.endTry("a", "p2", made, { state: "sent" });
      expect(await journal.retryDelivery("a", 3_000)).toBe(false);
    });

    const ends = async (id: string, atMs: number, state: "sent" | "failed" = "sent"): Promise<void> => {
      const claimed = await journal.claimDelivery("soc", "p1", 1_000);
      expect(claimed?.id).toBe(id);
      await journal.endTry(id, "p1", { ...made, atMs }, { state });
    };
    const unsent = (over: Partial<Unsent> = {}): Unsent => ({
      sinks: ["soc"],
      dueBeforeMs: 5_000,
      atMs: 9_000,
      reason: "the sink is gone",
      ...over,
    });

    test("what nobody sends is given up with the reason, the oldest first, and nothing that somebody sends or tries", async () => {
      let nowMs = 2_000;
      const one = await open({ now: () => nowMs });
      await one.addDeliveries([
        delivery("kept"),
        delivery("new", { sink: "old", createdAtMs: 5_000 }),
        delivery("second", { sink: "old", createdAtMs: 2_000 }),
        delivery("first", { sink: "SOC", createdAtMs: 1_000 }),
        delivery("tried", { sink: "other", createdAtMs: 500 }),
      ]);
      await one.claimDelivery("other", "p1", 8_000);
      expect(ids(await one.giveUpDeliveries(unsent(), 1))).toEqual(["first"]);
      const [given, ...more] = await one.giveUpDeliveries(unsent(), 9);
      expect(more).toEqual([]);
      const ended = { state: "failed", tries: [], endedAtMs: 9_000, reason: "the sink is gone" };
      expect(given).toMatchObject({ ...delivery("second", { sink: "old", createdAtMs: 2_000 }), ...ended });
      expect((await one.deliveries({ state: "failed" }, 9))[0]).toEqual(given);
      expect(await one.giveUpDeliveries(unsent(), 9)).toEqual([]);
      // Its process died over it.
      nowMs = 10_000;
      expect(ids(await one.giveUpDeliveries(unsent({ atMs: 10_000 }), 9))).toEqual(["tried"]);
      expect(await one.endTry("tried", "p1", made, { state: "sent" })).toBe(false);
      expect(ids(await one.giveUpDeliveries(unsent({ sinks: [], dueBeforeMs: 9_000 }), 9))).toEqual([
        "kept",
        "new",
      ]);
    });

    test("what was given up and is wanted again waits, and is given up anew only when nobody sends it again", async () => {
      await journal.addDeliveries([delivery("a", { sink: "old" })]);
      await journal.giveUpDeliveries(unsent(), 9);
      expect(await journal.retryDelivery("a", 6_000)).toBe(true);
      expect(await journal.giveUpDeliveries(unsent(), 9)).toEqual([]);
      expect(await journal.claimDelivery("old", "p1", 1_000)).toMatchObject({
        id: "a",
        endedAtMs: undefined,
        reason: undefined,
      });
    });

    test("of processes that give up at once, each message is given up by one", async () => {
      const many = Array.from({ length: 30 }, (_, n) => delivery(`d${n}`, { sink: "old" }));
      await journal.addDeliveries(many);
      const others = await Promise.all([open(), open(), open()]);
      const given = await Promise.all(others.map((other) => other.giveUpDeliveries(unsent(), 99)));
      expect(given.flatMap(ids).toSorted()).toEqual(ids(many).toSorted());
    });

    test("what ended is forgotten after its time, oldest first, and nothing that waits", async () => {
      await journal.addDeliveries(
        ["a", "b", "c", "d"].map((id, place) => delivery(id, { run: undefined, createdAtMs: place })),
      );
      await ends("a", 1_000);
      await ends("b", 2_000, "failed");
      await ends("c", 9_000);
      expect(await journal.forgetDeliveries(1_000, 9)).toBe(0);
      expect(await journal.forgetDeliveries(5_000, 1)).toBe(1);
      expect(ids(await journal.deliveries({}, 9))).toEqual(["d", "c", "b"]);
      expect(await journal.forgetDeliveries(5_000, 9)).toBe(1);
      expect(await journal.forgetDeliveries(99_000, 9)).toBe(1);
      expect(await journal.deliveries({}, 9)).toMatchObject([{ id: "d", state: "waiting" }]);
      // What is forgotten is new when it is told again.
      expect(await journal.addDeliveries([delivery("a")])).toBe(1);
    });

    test("what is about a run that goes on is not forgotten before it is over", async () => {
      await journal.createRun(newRun({ id: "r1" }));
      await journal.addDeliveries([delivery("a"), delivery("b", { run: "r0", createdAtMs: 1_001 })]);
      await ends("a", 2_000);
      await ends("b", 2_000);
      expect(await journal.forgetDeliveries(5_000, 9)).toBe(1);
      expect(await journal.deliveries({}, 9)).toMatchObject([
        { id: "a", endedAtMs: 2_000 + made.tookMs, reason: undefined },
      ]);
      await journal.moveRun("r1", ["planned"], "cancelled", "by hand");
      expect(await journal.forgetDeliveries(5_000, 9)).toBe(1);
    });

    test("the log is read newest first, by schedule, sink and state", async () => {
      await journal.addDeliveries([
        delivery("a", { createdAtMs: 1 }),
        delivery("b", { createdAtMs: 2, sink: "mail" }),
        delivery("c", { createdAtMs: 3, schedule: "weekly" }),
      ]);
      expect(ids(await journal.deliveries({}, 2))).toEqual(["c", "b"]);
      expect(ids(await journal.deliveries({ schedule: "nightly" }, 9))).toEqual(["b", "a"]);
      expect(ids(await journal.deliveries({ schedule: "nightly", sink: "soc" }, 9))).toEqual(["a"]);
      expect(ids(await journal.deliveries({ state: "failed" }, 9))).toEqual([]);
    });
  });
}
