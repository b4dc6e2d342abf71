/** What a journal promises when processes die over it, wherever they are. */
import { expect, test } from "vitest";
import type { Journal } from "../../../src/journal/index.ts";
import type { CrashPoint } from "../../../src/test-points.ts";
import { deathsOf, start, startUnder, upTo } from "../../support/journal-workers.ts";
import type { Worker } from "../../support/journal-workers.ts";
import { mailboxes, rightsOf, settlement, startRun } from "../samples.ts";

/** Where the journal of a test lies, and the way to open it. */
export interface Place {
  readonly where: string;
  readonly open: () => Promise<Journal>;
}

const PLANNED = { targets: 7, sealed: false, outcomes: {} };
const SEALED = { targets: 7, sealed: true, outcomes: {} };
const STAGED = { ...SEALED, rows: [] };
const ANNOUNCED = { ...STAGED, outcomes: { ok: 1 }, rows: ["3<7 SendAs"], ends: [["none"], []] };
const WRITTEN = { outcomes: { ok: 2 }, open: [], ends: [["sent"], []] };
const CANCELLED = {
  outcomes: { ok: 2, unresolved: 1, cancelled: 4 },
  open: [],
  ends: [["sent"], ["doubtful"]],
};
const DECIDED = { ...CANCELLED, outcomes: { ok: 3, cancelled: 4 }, events: ["decided"] };
const REDRIVEN = { ...DECIDED, outcomes: { ok: 3 }, redrives: 1 };

/** Points that `history` passes, at which of its passings it dies, and what is on record then. */
const deaths: readonly (readonly [point: CrashPoint, nth: number, record: object])[] = [
  ["manifest.part-added", 1, PLANNED],
  ["manifest.sealed", 1, SEALED],
  ["rows.staged", 1, STAGED],
  ["settle.before-commit", 1, STAGED],
  ["settle.committed", 1, { ...STAGED, outcomes: { ok: 1 }, rows: ["3<7 SendAs"] }],
  ["intent.before-commit", 1, { ...ANNOUNCED, open: [], ends: [[], []] }],
  ["intent.committed", 1, { ...ANNOUNCED, open: [1] }],
  ["settle.before-commit", 2, { ...ANNOUNCED, open: [1] }],
  ["settle.committed", 2, WRITTEN],
  ["intent.before-commit", 2, WRITTEN],
  ["intent.committed", 2, { ...WRITTEN, open: [2], ends: [["sent"], ["none"]] }],
  ["cancel.part-settled", 1, CANCELLED],
  ["decision.before-commit", 1, { ...CANCELLED, events: [] }],
  ["decision.committed", 1, DECIDED],
  ["redrive.part-opened", 1, REDRIVEN],
  ["summary.written", 1, { ...REDRIVEN, summary: { rows: 1 } }],
];

async function recordOf(journal: Journal): Promise<unknown> {
  const run = await journal.run("r1");
  const ends = [1, 2].map(async (line) =>
    (await journal.intents("r1", line)).map(({ end }) => end ?? "none"),
  );
  return {
    targets:
      (await journal.countPending("r1")) + Object.values(run?.outcomes ?? {}).reduce((a, b) => a + b, 0),
    sealed: run?.manifest !== undefined,
    outcomes: run?.outcomes,
    redrives: run?.redrives,
    summary: run?.summary,
    rows: await rightsOf(journal, "r1"),
    open: await journal.openIntents("r1", 0, 10),
    ends: await Promise.all(ends),
    events: (await journal.events("r1", 10)).map(({ kind }) => kind),
  };
}

export function dyingContract(place: () => Place): void {
  test.each(deaths)(
    "what was done is there, and no more, after a death at %s, number %i",
    async (point, nth, record) => {
      const { where, open } = place();
      const worker = startUnder({ dieAt: { point, nth } }, "history", where, "r1");
      await expect(worker.heard("end")).rejects.toThrow(/ended before/);
      const journal = await open();
      expect(await recordOf(journal)).toMatchObject(record);
      const { problems } = await journal.verify("r1");
      expect(problems).toEqual(
        point === "redrive.part-opened"
          ? ["The run is cancelled, but 4 targets have no outcome: lines 3, 4, 5, 6"]
          : [],
      );
      await journal.close();
    },
  );

  test(
    "processes that race and are killed at any moment send every write once, and none without its intent",
    { timeout: 120_000 },
    async () => {
      const { where, open } = place();
      const total = 300;
      const journal = await open();
      await startRun(journal, "r1", mailboxes(total));
      const sent = new Map<number, number>();
      let [kills, held, doubts] = [0, 0, 0];
      while ((await journal.countPending("r1")) > 0) {
        // Whatever the kills meet, one process of the first round dies over an announced write.
        const first =
          sent.size === 0
            ? startUnder({ dieAt: { point: "intent.committed", nth: 3 } }, "write", where, "r1", "w1")
            : start("write", where, "r1", "w1", upTo(120));
        const workers = [first, start("write", where, "r1", "w2", upTo(120))];
        kills += await deathsOf(workers);
        for (const { line, n } of workers.flatMap(sentBy)) {
          expect(sent.has(line), `line ${line} was sent twice`).toBe(false);
          sent.set(line, n);
          expect((await journal.intents("r1", line)).map(({ n }) => n)).toContain(n);
        }
        held += workers.flatMap(({ said }) => said).filter((word) => word.startsWith("held ")).length;
        const open = await journal.openIntents("r1", 0, total);
        doubts += open.length;
        await Promise.all(open.map((line) => resolve(journal, line, sent.get(line))));
      }
      expect(kills, "processes killed at work").toBeGreaterThan(3);
      expect(held, "writes another process was at").toBeGreaterThan(0);
      expect(doubts, "writes left open by a kill").toBeGreaterThan(0);
      expect(sent.size).toBe(total);
      expect((await journal.run("r1"))?.outcomes).toEqual({ ok: total });
      expect((await journal.verify("r1")).problems).toEqual([]);
      await journal.close();
    },
  );
}

/** Ends what a dead process left open, as whoever asked the tenant would. */
async function resolve(journal: Journal, line: number, sent: number | undefined): Promise<void> {
  const last = (await journal.intents("r1", line)).at(-1);
  if (last === undefined) throw new Error(`Cannot resolve line ${line}: it has no intent`);
  const { n } = last;
  const done =
    sent === n
      ? await journal.settle(settlement("r1", line, { intent: { n, end: "sent" } }))
      : await journal.endIntent("r1", line, n, "absent");
  expect(["settled", true]).toContain(done);
}

function sentBy({ said }: Worker): readonly { readonly line: number; readonly n: number }[] {
  return said
    .filter((word) => word.startsWith("sent "))
    .map((word) => {
      const [, line, n] = word.split(" ").map(Number);
      return { line: line ?? 0, n: n ?? 0 };
    });
}
