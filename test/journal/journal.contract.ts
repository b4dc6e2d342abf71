/** What every journal keeps: the contract of `src/journal/journal.ts`, sentence by sentence. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { JournalError, OUTCOMES, RunOpenError } from "../../src/journal/index.ts";
import type { Journal, NewTarget, StoredRow } from "../../src/journal/index.ts";
import {
  bulk,
  gather,
  mailbox,
  mailboxes,
  manifestHash,
  newRun,
  rightsOf,
  rowAbout,
  settlement,
  startRun,
} from "./samples.ts";

/** Opens one record, as often as asked: each time as another process would. */
export type OpenRecord = (options?: { readonly now?: () => number }) => Promise<Journal>;

/** @param fresh makes an empty record */
export function journalContract(name: string, fresh: () => Promise<OpenRecord>): void {
  describe(`a journal (${name})`, () => {
    const opened: Journal[] = [];
    let open: OpenRecord;
    let journal: Journal;

    beforeEach(async () => {
      const openRecord = await fresh();
      open = async (options) => {
        const another = await openRecord(options);
        opened.push(another);
        return another;
      };
      journal = await open();
    });

    afterEach(async () => {
      await Promise.all(opened.splice(0).map((each) => each.close()));
    });

    describe("runs", () => {
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
        await journal.setSummary("r1", { findings: [{ rule: "P1", count: 3 }] });
        expect((await journal.run("r1"))?.summary).toEqual({ findings: [{ rule: "P1", count: 3 }] });
      });

      test("a run that is not there is named", async () => {
        const refusals = [
          journal.moveRun("nope", ["planned"], "running"),
          journal.addTargets("nope", mailboxes(1)),
          journal.settle(settlement("nope", 1)),
          journal.countPending("nope"),
          journal.verify("nope"),
          gather(journal.rows("nope")),
          journal.lookUp("nope", "k"),
        ];
        for (const result of await Promise.allSettled(refusals)) {
          expect(result).toMatchObject({ status: "rejected", reason: expect.any(JournalError) });
          expect(result).toMatchObject({ reason: { message: expect.stringContaining('"nope"') } });
        }
      });
    });

    describe("the manifest", () => {
      beforeEach(() => journal.createRun(newRun("r1")).then(() => undefined));

      test("targets get lines from 1 without gaps, and a known id is left as it is", async () => {
        expect(await journal.addTargets("r1", [mailbox(1), mailbox(2), mailbox(1, { label: "twin" })])).toBe(
          2,
        );
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
        expect(await Promise.all([journal.sealManifest("r1"), other.sealManifest("r1")])).toEqual([
          seal,
          seal,
        ]);
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

      test("runs do not see each other's targets", async () => {
        await journal.createRun(newRun("r2", { job: "other" }));
        await journal.addTargets("r1", mailboxes(2));
        await journal.addTargets("r2", mailboxes(3));
        expect(await gather(journal.targets("r1"))).toHaveLength(2);
        expect(await journal.countPending("r2")).toBe(3);
      });
    });

    describe("settling", () => {
      test("an outcome is recorded with its rows, reasons and counters", async () => {
        await startRun(journal, "r1", mailboxes(3));
        const result = await journal.settle(
          settlement("r1", 2, {
            outcome: "denied",
            reason: "Access is denied",
            requestId: "req-1",
            fingerprint: "Get-MailboxPermission denied",
            rows: [rowAbout(2, "FullAccess"), rowAbout(2, "ReadPermission", "NR1")],
            counts: { "wrong-identity": 2 },
            worker: "w7",
            atMs: 4_711,
          }),
        );
        expect(result).toBe("settled");
        expect(await journal.target("r1", 2)).toMatchObject({
          outcome: "denied",
          reason: "Access is denied",
          requestId: "req-1",
          fingerprint: "Get-MailboxPermission denied",
          rows: 2,
          redrive: 0,
          settledAtMs: 4_711,
        });
        expect(await journal.run("r1")).toMatchObject({
          outcomes: { denied: 1 },
          rows: 2,
          noise: { NR1: 1 },
          counts: { "wrong-identity": 2 },
          workers: ["w7"],
        });
        expect(await gather(journal.rows("r1"))).toEqual([
          { about: 2, line: 2, noise: undefined, row: rowAbout(2, "FullAccess").row },
          { about: 2, line: 2, noise: "NR1", row: rowAbout(2, "ReadPermission").row },
        ]);
      });

      test("every outcome can be recorded", async () => {
        await startRun(journal, "r1", mailboxes(OUTCOMES.length));
        await Promise.all(
          OUTCOMES.map((outcome, place) => journal.settle(settlement("r1", place + 1, { outcome }))),
        );
        const run = await journal.run("r1");
        expect(run?.outcomes).toEqual(Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 1])));
        expect(await journal.verify("r1")).toMatchObject({ outcomes: OUTCOMES.length, problems: [] });
      });

      test("the first outcome stays; later ones change nothing", async () => {
        await startRun(journal, "r1", mailboxes(2));
        await journal.settle(settlement("r1", 1, { rows: [rowAbout(1, "first")] }));
        const before = await journal.run("r1");
        const later = settlement("r1", 1, {
          attempt: 99,
          outcome: "failed",
          rows: [rowAbout(1, "second", "NR2")],
          counts: { odd: 1 },
          worker: "w2",
        });
        expect(await journal.settle(later)).toBe("again");
        expect(await journal.settle(settlement("r1", 1))).toBe("again");
        expect(await journal.run("r1")).toEqual(before);
        expect(await rightsOf(journal, "r1")).toEqual(["1<1 first"]);
      });

      test("of attempts made at once in several processes, one settles each line", async () => {
        await startRun(journal, "r1", mailboxes(40));
        const others = await Promise.all([open(), open(), open()]);
        const results = await Promise.all(
          others.flatMap((other, place) =>
            Array.from({ length: 40 }, (_, line) =>
              other.settle(
                settlement("r1", line + 1, {
                  attempt: place + 1,
                  worker: `w${place}`,
                  rows: [rowAbout(line + 1, `by w${place}`)],
                }),
              ),
            ),
          ),
        );
        expect(results.filter((result) => result === "settled")).toHaveLength(40);
        expect(await journal.run("r1")).toMatchObject({ outcomes: { ok: 40 }, rows: 40 });
        expect(await rightsOf(journal, "r1")).toHaveLength(40);
        expect((await journal.verify("r1")).problems).toEqual([]);
      });

      test("a run that is over takes no outcomes", async () => {
        await startRun(journal, "r1", mailboxes(2));
        await journal.settle(settlement("r1", 1));
        await journal.moveRun("r1", ["running"], "cancelled");
        expect(await journal.settle(settlement("r1", 2, { rows: [rowAbout(2, "late")] }))).toBe("fenced");
        expect(await journal.settle(settlement("r1", 1))).toBe("again");
        expect((await journal.target("r1", 2))?.outcome).toBeUndefined();
        expect(await rightsOf(journal, "r1")).toEqual([]);
      });

      test("a pause does not fence what is in flight", async () => {
        await startRun(journal, "r1", mailboxes(1));
        await journal.moveRun("r1", ["running"], "paused", "operator");
        expect(await journal.settle(settlement("r1", 1))).toBe("settled");
      });

      test("nothing is settled before the manifest is sealed", async () => {
        await journal.createRun(newRun("r1"));
        await journal.addTargets("r1", mailboxes(1));
        await expect(journal.settle(settlement("r1", 1))).rejects.toThrow(/not sealed/);
      });

      test("a settlement that is refused records nothing and does not disturb those made with it", async () => {
        await startRun(journal, "r1", mailboxes(3));
        const results = await Promise.allSettled([
          journal.settle(settlement("r1", 1, { rows: [rowAbout(1, "good")] })),
          journal.settle(settlement("r1", 2, { rows: [rowAbout(2, "x"), rowAbout(4, "about nobody")] })),
          journal.settle(settlement("r1", 4)),
          journal.settle(settlement("r1", 3, { rows: [rowAbout(3, "good")] })),
        ]);
        expect(results.map(({ status }) => status)).toEqual([
          "fulfilled",
          "rejected",
          "rejected",
          "fulfilled",
        ]);
        expect(await rightsOf(journal, "r1")).toEqual(["1<1 good", "3<3 good"]);
        expect(await journal.pending("r1", 0, 10)).toEqual([2]);
        expect(await journal.verify("r1")).toMatchObject({ outcomes: 2, rows: 2, problems: [] });
      });

      test("an answered outcome is seen by all processes at once", async () => {
        await startRun(journal, "r1", mailboxes(20));
        const other = await open();
        for (let line = 1; line <= 20; line += 1) {
          await journal.settle(settlement("r1", line));
          expect((await other.target("r1", line))?.outcome).toBe("ok");
        }
      });

      test("a mailbox with thousands of rows keeps all of them, in order", async () => {
        await startRun(journal, "r1", mailboxes(2));
        const rows = Array.from({ length: 3_001 }, (_, n) =>
          rowAbout(2, `r${n}`, n % 3 === 0 ? "NR1" : undefined),
        );
        expect(await journal.settle(settlement("r1", 2, { rows }))).toBe("settled");
        expect(await rightsOf(journal, "r1")).toEqual(rows.map((_, n) => `2<2 r${n}`));
        expect(await journal.run("r1")).toMatchObject({ rows: 3_001, noise: { NR1: 1_001 } });
        expect((await journal.verify("r1")).problems).toEqual([]);
      });
    });

    describe("reading", () => {
      test("pending lines ascend from where they are asked, and are counted", async () => {
        await startRun(journal, "r1", mailboxes(10));
        await Promise.all([1, 2, 5, 9].map((line) => journal.settle(settlement("r1", line))));
        expect(await journal.pending("r1", 0, 3)).toEqual([3, 4, 6]);
        expect(await journal.pending("r1", 6, 100)).toEqual([7, 8, 10]);
        expect(await journal.pending("r1", 10, 100)).toEqual([]);
        expect(await journal.countPending("r1")).toBe(6);
      });

      test("targets are filtered by outcome, openness and fingerprint, all at once", async () => {
        await startRun(journal, "r1", mailboxes(2_500));
        await journal.settle(settlement("r1", 3, { outcome: "failed", fingerprint: "a" }));
        await journal.settle(settlement("r1", 4, { outcome: "failed", fingerprint: "b" }));
        await journal.settle(settlement("r1", 2_400, { outcome: "denied", fingerprint: "a" }));
        const lines = async (filter: Parameters<Journal["targets"]>[1]): Promise<readonly number[]> =>
          (await gather(journal.targets("r1", filter))).map(({ line }) => line);
        expect(await lines({ outcome: ["failed", "denied"] })).toEqual([3, 4, 2_400]);
        expect(await lines({ fingerprint: "a" })).toEqual([3, 2_400]);
        expect(await lines({ outcome: ["failed"], fingerprint: "a" })).toEqual([3]);
        expect(await lines({ pending: false })).toEqual([3, 4, 2_400]);
        expect(await lines({ pending: true })).toHaveLength(2_497);
        expect(await lines({ outcome: ["failed"], pending: true })).toEqual([]);
        expect(await lines({})).toHaveLength(2_500);
      });

      test("rows come by the mailbox they are about, in the same order however they were settled", async () => {
        const order = [4, 2, 1, 3];
        for (const [run, lines] of [
          ["r1", order],
          ["r2", order.toReversed()],
        ] as const) {
          await startRun(journal, run, [...mailboxes(3), bulk("send-as")]);
          for (const line of lines) {
            const rows =
              line === 4
                ? [rowAbout(3, "SendAs c"), rowAbout(1, "SendAs a"), rowAbout(3, "SendAs b")]
                : [rowAbout(line, "FullAccess"), rowAbout(line, "AFirst")];
            await journal.settle(settlement(run, line, { rows }));
          }
          await journal.moveRun(run, ["running"], "complete");
        }
        const expected = [
          "1<1 FullAccess",
          "1<1 AFirst",
          "1<4 SendAs a",
          "2<2 FullAccess",
          "2<2 AFirst",
          "3<3 FullAccess",
          "3<3 AFirst",
          "3<4 SendAs c",
          "3<4 SendAs b",
        ];
        expect(await rightsOf(journal, "r1")).toEqual(expected);
        expect(await rightsOf(journal, "r2")).toEqual(expected);
      });

      test("rows about one mailbox are never parted between chunks", async () => {
        await startRun(journal, "r1", [...mailboxes(300), bulk("send-as")]);
        await Promise.all(
          Array.from({ length: 300 }, (_, place) =>
            journal.settle(
              settlement("r1", place + 1, {
                rows: Array.from({ length: place % 40 }, (_, n) => rowAbout(place + 1, `r${n}`)),
              }),
            ),
          ),
        );
        const rows = Array.from({ length: 900 }, (_, n) => rowAbout(1 + ((n * 7) % 300), "SendAs"));
        await journal.settle(settlement("r1", 301, { rows }));
        const chunks: (readonly StoredRow[])[] = [];
        for await (const chunk of journal.rows("r1")) chunks.push(chunk);
        expect(chunks.length).toBeGreaterThan(1);
        const abouts = chunks.map((chunk) => new Set(chunk.map(({ about }) => about)));
        expect(abouts.reduce((sum, set) => sum + set.size, 0)).toBe(300);
        expect(chunks.flat()).toHaveLength((await journal.run("r1"))?.rows ?? -1);
      });

      test("a row keeps its columns, their order and the kind of every value", async () => {
        await startRun(journal, "r1", mailboxes(1));
        const row = {
          z: 1,
          a: "1",
          deny: false,
          none: null,
          big: 9_007_199_254_740_991,
          half: -0.5,
          "": "😀\u0000",
        };
        await journal.settle(
          settlement("r1", 1, {
            rows: [row, { a: "x", z: 2 }].map((row) => ({ about: 1, noise: undefined, row })),
          }),
        );
        const rows = await gather(journal.rows("r1"));
        expect(rows.map(({ row }) => JSON.stringify(row))).toEqual([JSON.stringify(row), '{"a":"x","z":2}']);
      });

      test("writers are not held up by a reading that is not finished", async () => {
        await startRun(journal, "r1", mailboxes(1_500));
        await journal.settle(settlement("r1", 1, { rows: [rowAbout(1, "a")] }));
        const reading = journal.rows("r1")[Symbol.asyncIterator]();
        expect((await reading.next()).done).toBe(false);
        const other = await open();
        expect(await other.settle(settlement("r1", 2, { rows: [rowAbout(2, "b")] }))).toBe("settled");
        expect(await journal.moveRun("r1", ["running"], "paused")).toBe(true);
        await reading.return?.();
      });
    });

    describe("a bulk read", () => {
      beforeEach(() => startRun(journal, "r1", [...mailboxes(3), bulk("send-as")]));

      test("shows no row before it is settled, and all of them after", async () => {
        await journal.stageRows("r1", 4, 77, [rowAbout(3, "a", "NR1"), rowAbout(1, "b")]);
        await journal.stageRows("r1", 4, 77, [rowAbout(3, "c")]);
        expect(await rightsOf(journal, "r1")).toEqual([]);
        expect(await journal.run("r1")).toMatchObject({ rows: 0, noise: {} });
        const settled = settlement("r1", 4, { attempt: 77, rows: [rowAbout(1, "d")] });
        expect(await journal.settle(settled)).toBe("settled");
        expect(await rightsOf(journal, "r1")).toEqual(["1<4 b", "1<4 d", "3<4 a", "3<4 c"]);
        expect(await journal.run("r1")).toMatchObject({ rows: 4, noise: { NR1: 1 } });
        expect((await journal.target("r1", 4))?.rows).toBe(4);
        expect((await journal.verify("r1")).problems).toEqual([]);
      });

      test("drops what its other attempts staged", async () => {
        const other = await open();
        await Promise.all([
          journal.stageRows("r1", 4, 1, [rowAbout(1, "dead")]),
          other.stageRows("r1", 4, 2, [rowAbout(1, "alive")]),
        ]);
        await other.settle(settlement("r1", 4, { attempt: 2 }));
        await journal.stageRows("r1", 4, 1, [rowAbout(2, "zombie")]);
        expect(await journal.settle(settlement("r1", 4, { attempt: 1 }))).toBe("again");
        expect(await rightsOf(journal, "r1")).toEqual(["1<4 alive"]);
        expect(await journal.run("r1")).toMatchObject({ rows: 1 });
      });

      test("begins anew when it drops what it staged", async () => {
        await journal.stageRows(
          "r1",
          4,
          1,
          Array.from({ length: 1_300 }, (_, n) => rowAbout(1, `old ${n}`, "NR1")),
        );
        await journal.dropStaged("r1", 4, 1);
        await journal.dropStaged("r1", 4, 1);
        await journal.stageRows("r1", 4, 1, [rowAbout(2, "new")]);
        await journal.settle(settlement("r1", 4, { attempt: 1 }));
        expect(await rightsOf(journal, "r1")).toEqual(["2<4 new"]);
        expect(await journal.run("r1")).toMatchObject({ rows: 1, noise: {} });
        expect((await journal.verify("r1")).problems).toEqual([]);
      });

      test("is fenced like any target, and refuses rows about lines that are not there", async () => {
        await expect(journal.stageRows("r1", 4, 1, [rowAbout(5, "nobody")])).rejects.toThrow(/line 5/);
        await journal.stageRows("r1", 4, 1, [rowAbout(1, "a")]);
        await journal.moveRun("r1", ["running"], "cancelled");
        expect(await journal.settle(settlement("r1", 4, { attempt: 1 }))).toBe("fenced");
        await journal.stageRows("r1", 4, 1, [rowAbout(1, "b")]);
        await journal.cancelPending("r1", "cancelled by admin", 9);
        expect(await rightsOf(journal, "r1")).toEqual([]);
      });
    });

    describe("cancelling and redriving", () => {
      test("what is pending is cancelled, once, and nothing else", async () => {
        await startRun(journal, "r1", mailboxes(1_203));
        await journal.settle(settlement("r1", 2));
        expect(await journal.moveRun("r1", ["running"], "cancelled", "admin")).toBe(true);
        expect(await journal.cancelPending("r1", "cancelled by admin", 9_000)).toBe(1_202);
        expect(await journal.cancelPending("r1", "again", 9_001)).toBe(0);
        expect(await journal.target("r1", 1)).toMatchObject({
          outcome: "cancelled",
          reason: "cancelled by admin",
          settledAtMs: 9_000,
        });
        expect((await journal.run("r1"))?.outcomes).toEqual({ ok: 1, cancelled: 1_202 });
        expect(await journal.countPending("r1")).toBe(0);
        expect((await journal.verify("r1")).problems).toEqual([]);
      });

      test("cancelling and settling at once leave one outcome per line", async () => {
        await startRun(journal, "r1", mailboxes(60));
        const other = await open();
        const settles = Array.from({ length: 60 }, (_, place) => other.settle(settlement("r1", place + 1)));
        const cancelled = await journal.cancelPending("r1", "admin", 1);
        const settled = (await Promise.all(settles)).filter((result) => result === "settled").length;
        expect(cancelled + settled).toBe(60);
        expect((await journal.verify("r1")).problems).toEqual([]);
      });

      test("a manifest that was never sealed can be cancelled too", async () => {
        await journal.createRun(newRun("r1"));
        await journal.addTargets("r1", mailboxes(2));
        await journal.moveRun("r1", ["planned"], "cancelled");
        expect(await journal.cancelPending("r1", "admin", 1)).toBe(2);
        expect((await journal.verify("r1")).problems).toEqual([]);
      });

      test("a redrive opens what matches, and what it had stays on record", async () => {
        await startRun(journal, "r1", mailboxes(1_100));
        const failed = {
          outcome: "failed",
          fingerprint: "a",
          reason: "why",
          rows: [rowAbout(1, "old", "NR1")],
        } as const;
        await journal.settle(settlement("r1", 1, { ...failed, counts: { odd: 2 } }));
        await journal.settle(settlement("r1", 2, { outcome: "failed", fingerprint: "b" }));
        await journal.settle(settlement("r1", 1_050, { outcome: "denied", fingerprint: "a" }));
        await journal.settle(settlement("r1", 1_051));

        expect(await journal.redrive("r1", { outcome: ["failed", "denied"], fingerprint: "a" })).toBe(2);
        expect(await journal.target("r1", 1)).toMatchObject({ outcome: undefined, rows: 0, redrive: 1 });
        expect(await journal.run("r1")).toMatchObject({
          outcomes: { failed: 1, ok: 1 },
          rows: 0,
          redrives: 1,
        });
        expect(await journal.run("r1")).toMatchObject({ noise: {}, counts: {} });
        expect(await rightsOf(journal, "r1")).toEqual([]);
        expect(await journal.pending("r1", 0, 2)).toEqual([1, 3]);
        expect((await journal.verify("r1")).problems).toEqual([]);

        expect(await journal.settle(settlement("r1", 1, { rows: [rowAbout(1, "new")] }))).toBe("settled");
        expect(await rightsOf(journal, "r1")).toEqual(["1<1 new"]);
        expect(await journal.redrive("r1", { outcome: ["ok"] })).toBe(2);
        expect(await journal.history("r1", 1)).toMatchObject([
          { line: 1, outcome: "failed", fingerprint: "a", reason: "why", rows: 1, redrive: 0 },
          { line: 1, outcome: "ok", rows: 1, redrive: 1 },
        ]);
        expect(await journal.history("r1", 2)).toEqual([]);
        expect((await journal.run("r1"))?.redrives).toBe(2);
        expect((await journal.verify("r1")).problems).toEqual([]);
      });

      test("a redrive that finds nothing is none", async () => {
        await startRun(journal, "r1", mailboxes(2));
        expect(await journal.redrive("r1", { outcome: ["failed"] })).toBe(0);
        expect(await journal.redrive("r1", { pending: true })).toBe(0);
        expect((await journal.run("r1"))?.redrives).toBe(0);
      });

      test("a bulk read is redriven with its rows, and staged anew", async () => {
        await startRun(journal, "r1", [mailbox(1), bulk("send-as")]);
        await journal.stageRows("r1", 2, 5, [rowAbout(1, "old")]);
        await journal.settle(settlement("r1", 2, { attempt: 5, outcome: "failed" }));
        await journal.redrive("r1", { outcome: ["failed"] });
        await journal.stageRows("r1", 2, 5, [rowAbout(1, "new")]);
        await journal.settle(settlement("r1", 2, { attempt: 5 }));
        expect(await rightsOf(journal, "r1")).toEqual(["1<2 new"]);
        expect((await journal.verify("r1")).problems).toEqual([]);
      });
    });

    describe("verifying", () => {
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
          problems: [],
        });
      });

      test("a run that claims to be over with targets left open does not", async () => {
        await startRun(journal, "r1", mailboxes(3));
        await journal.settle(settlement("r1", 1));
        expect((await journal.verify("r1")).problems).toEqual([]);
        await journal.moveRun("r1", ["running"], "complete");
        const { problems } = await journal.verify("r1");
        expect(problems).toEqual(["The run is complete, but 2 targets have no outcome"]);
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

    describe("the principal index", () => {
      beforeEach(() => journal.createRun(newRun("r1")).then(() => undefined));

      test("finds entries by any of their keys, several under one key, none under others", async () => {
        await journal.putIndex("r1", [
          { id: "1", keys: ["anna", "anna@contoso.com", "s-1-5-21-1"], value: { name: "Anna", n: 1 } },
          { id: "2", keys: ["anna", "anna2@contoso.com"], value: { name: "Anna", n: 2 } },
        ]);
        expect(await journal.lookUp("r1", "anna")).toEqual([
          { name: "Anna", n: 1 },
          { name: "Anna", n: 2 },
        ]);
        expect(await journal.lookUp("r1", "s-1-5-21-1")).toEqual([{ name: "Anna", n: 1 }]);
        expect(await journal.lookUp("r1", "ANNA")).toEqual([]);
        expect(await journal.lookUp("r1", "1")).toEqual([]);
        expect(await journal.lookUp("r1", "")).toEqual([]);
      });

      test("an entry replaces the one with its id, keys and all", async () => {
        await journal.putIndex("r1", [{ id: "1", keys: ["old", "both"], value: "before" }]);
        await journal.putIndex("r1", [
          { id: "1", keys: ["new", "both"], value: "between" },
          { id: "1", keys: ["new", "both", "both"], value: "after" },
          { id: "2", keys: [], value: "unreachable" },
        ]);
        expect(await journal.lookUp("r1", "old")).toEqual([]);
        expect(await journal.lookUp("r1", "both")).toEqual(["after"]);
        expect(await journal.lookUp("r1", "new")).toEqual(["after"]);
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
        expect(await journal.lookUp("r1", "k1499")).toEqual(["r1 1499"]);
        expect(await journal.lookUp("r2", "half 3")).toEqual(["r2 3", "r2 753"]);
      });
    });

    describe("closing", () => {
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
  });
}
