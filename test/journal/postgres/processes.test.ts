import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { JournalError, openPostgresJournal } from "../../../src/journal/index.ts";
import type { Journal, SettleResult } from "../../../src/journal/index.ts";
import { deathsOf, killAll, settledBy, start, upTo } from "../../support/journal-workers.ts";
import { startPostgres } from "../../support/postgres.ts";
import { gather, mailboxes, rightsOf, rowAbout, settlement, startRun } from "../samples.ts";

const postgres = await startPostgres();
afterAll(() => postgres?.[Symbol.asyncDispose]());

describe.skipIf(postgres === undefined)("processes that share a journal in Postgres", () => {
  if (postgres === undefined) return;
  let url: string;
  let journal: Journal;

  const open = (change: { readonly patienceMs?: number } = {}): Promise<Journal> =>
    openPostgresJournal({ url, environment: postgres.environment, ...change });

  beforeEach(async () => {
    vi.stubEnv("PGPASSWORD", postgres.environment["PGPASSWORD"]);
    url = postgres.freshUrl();
    journal = await open();
  });

  afterEach(async () => {
    vi.unstubAllEnvs();
    await killAll();
    await journal.close();
  });

  test(
    "after kill -9 at any moment every answered outcome is there, once",
    { timeout: 120_000 },
    async () => {
      const total = 2_000;
      await startRun(journal, "r1", mailboxes(total));
      const answered = new Set<number>();
      let kills = 0;
      while ((await journal.countPending("r1")) > 0) {
        const workers = [
          start("settle", url, "r1", "w1", upTo(200)),
          start("settle", url, "r1", "w2", upTo(200)),
        ];
        kills += await deathsOf(workers);
        for (const line of workers.flatMap(settledBy)) {
          expect(answered.has(line), `line ${line} was answered as settled twice`).toBe(false);
          answered.add(line);
        }
        const settled = await gather(journal.targets("r1", { pending: false }));
        const lines = new Set(settled.map(({ line }) => line));
        expect([...answered].filter((line) => !lines.has(line))).toEqual([]);
        expect((await journal.verify("r1")).problems).toEqual([]);
      }
      expect(kills, "processes killed at work").toBeGreaterThan(3);
      expect(answered.size, "outcomes answered before a kill").toBeGreaterThan(total / 4);
      expect(await journal.run("r1")).toMatchObject({
        outcomes: { ok: total },
        rows: 2 * total,
        counts: { odd: total },
      });
    },
  );

  test("two processes that settle the same lines settle each of them once, and the run adds up all the while", async () => {
    const total = 2_000;
    await startRun(journal, "r1", mailboxes(total));
    const workers = [start("settle", url, "r1", "w1"), start("settle", url, "r1", "w2")];
    const over = new AbortController();
    const ended = Promise.all(workers.map((worker) => worker.heard("end"))).finally(() => over.abort());
    const wrong: unknown[] = [];
    const seen = new Set<number>();
    const watch = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const run = await journal.run("r1");
        const settled = run?.outcomes.ok ?? 0;
        if (run?.rows !== 2 * settled || (run.counts["odd"] ?? 0) !== settled) wrong.push(run);
        if (settled < Math.max(...seen)) wrong.push(`${settled} after ${Math.max(...seen)}`);
        seen.add(settled);
        const { problems } = await journal.verify("r1");
        wrong.push(...problems);
      }
    };
    await Promise.all([ended, watch()]);
    expect(wrong).toEqual([]);
    expect(seen.size, "different states seen").toBeGreaterThan(5);
    const settled = workers.map(settledBy);
    expect(settled.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, n) => n + 1));
    expect(Math.min(...settled.map((lines) => lines.length)), "lines of the slower process").toBeGreaterThan(
      0,
    );
    expect(await journal.run("r1")).toMatchObject({ noise: { NR1: total }, workers: ["w1", "w2"] });
    expect(await rightsOf(journal, "r1")).toHaveLength(2 * total);
  });

  test("a server that crashes and comes back loses nothing it has answered, and what failed is settled when it is asked for again", async () => {
    const total = 3_000;
    await startRun(journal, "r1", mailboxes(total));
    const answered = new Map<number, SettleResult>();
    const repeated: unknown[] = [];
    const settle = async (line: number): Promise<void> => {
      for (;;) {
        try {
          const rows = [rowAbout(line, "a"), rowAbout(line, "b", "NR1")];
          answered.set(line, await journal.settle(settlement("r1", line, { attempt: line, rows })));
          return;
        } catch (error) {
          repeated.push(error);
          await wait(5);
        }
      }
    };
    const work = Array.from({ length: 20 }, async (_, worker) => {
      for (let line = 1 + worker; line <= total; line += 20) await settle(line);
    });
    const crashes = (async () => {
      for (const share of [0.2, 0.5]) {
        while (answered.size < share * total) await wait(1);
        await postgres.crash();
        await postgres.start();
      }
    })();
    await Promise.all([...work, crashes]);
    expect(repeated).toEqual(repeated.map(() => expect.any(JournalError)));
    expect(answered.size).toBe(total);
    expect(await journal.run("r1")).toMatchObject({
      outcomes: { ok: total },
      rows: 2 * total,
      noise: { NR1: total },
    });
    expect((await journal.verify("r1")).problems).toEqual([]);
  });

  test("a server that stays away is named, with what to do; when it is back the same journal goes on", async () => {
    const hasty = await open({ patienceMs: 50 });
    try {
      await startRun(hasty, "r1", mailboxes(2));
      await postgres.crash();
      const refusals = [hasty.settle(settlement("r1", 1)), hasty.run("r1")];
      for (const refusal of await Promise.allSettled(refusals)) {
        expect(refusal).toMatchObject({ status: "rejected", reason: expect.any(JournalError) });
        expect(refusal).toMatchObject({
          reason: {
            message: expect.stringMatching(
              /^Cannot (write|read) the journal postgres:\/\/127\.0\.0\.1:\d+\/\w+: the server/,
            ),
            advice: expect.stringMatching(/./),
          },
        });
      }
    } finally {
      await postgres.start();
    }
    expect(await hasty.settle(settlement("r1", 1))).toBe("settled");
    expect((await hasty.verify("r1")).problems).toEqual([]);
    await hasty.close();
  });

  test("a process that freezes in a transaction, loses it and wakes up, doubles nothing", async () => {
    const total = 2_000;
    await startRun(journal, "r1", mailboxes(total));
    const worker = start("settle", url, "r1", "w1");
    await worker.heard("begin");
    const frozen = await vi.waitFor(
      async () => {
        worker.child.kill("SIGSTOP");
        const found = await postgres.sql(
          url,
          "SELECT pid FROM pg_stat_activity WHERE state = 'idle in transaction' AND application_name = 'exosweep'",
        );
        if (found.length === 0) worker.child.kill("SIGCONT");
        expect(found, "transactions of the frozen process").toHaveLength(1);
        return found;
      },
      { timeout: 10_000, interval: 5 },
    );
    // Nobody waits for the server to lose patience (FROZEN_TIMEOUT_MS): it is told to.
    await postgres.sql(url, `SELECT pg_terminate_backend(${String(frozen[0]?.["pid"])})`);
    const pending = await journal.pending("r1", 0, 100);
    const settled = await Promise.all(pending.map((line) => journal.settle(settlement("r1", line))));
    expect(settled).toEqual(pending.map(() => "settled"));
    worker.child.kill("SIGCONT");
    await worker.heard("end");
    expect(settledBy(worker).filter((line) => pending.includes(line))).toEqual([]);
    expect(settledBy(worker)).toHaveLength(total - pending.length);
    expect(await journal.run("r1")).toMatchObject({
      outcomes: { ok: total },
      rows: 2 * (total - pending.length),
    });
    expect((await journal.verify("r1")).problems).toEqual([]);
  });

  test("who writes about one run does not wait for who holds another", async () => {
    await startRun(journal, "r1", mailboxes(1));
    await startRun(journal, "r2", mailboxes(1), { job: "other" });
    const holding = postgres.sql(
      url,
      "BEGIN; SELECT FROM runs WHERE id = 'r1' FOR UPDATE; SELECT pg_sleep(1); COMMIT",
    );
    await vi.waitFor(async () => {
      const held = await postgres.sql(url, "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
      expect(held).toHaveLength(1);
    });
    let first = "";
    const one = journal.settle(settlement("r1", 1)).then(() => (first ||= "r1"));
    expect(await journal.settle(settlement("r2", 1)).then(() => (first ||= "r2"))).toBe("r2");
    expect((await journal.target("r1", 1))?.outcome, "readings do not wait").toBeUndefined();
    await Promise.all([one, holding]);
    expect((await journal.target("r1", 1))?.outcome).toBe("ok");
  });
});
