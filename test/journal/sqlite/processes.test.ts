import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { JournalError, openSqliteJournal } from "../../../src/journal/index.ts";
import type { Journal } from "../../../src/journal/index.ts";
import { deathsOf, kill, killAll, settledBy, start, upTo } from "../../support/journal-workers.ts";
import { gather, mailboxes, rightsOf, settlement, startRun } from "../samples.ts";

let directory: string;
let path: string;
let journal: Journal | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "exosweep-journal-"));
  path = join(directory, "journal.db");
});

afterEach(async () => {
  await killAll();
  await journal?.close();
  journal = undefined;
  rmSync(directory, { recursive: true });
});

function integrity(): unknown {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return db
      .prepare("PRAGMA integrity_check")
      .all()
      .map((cells) => cells["integrity_check"]);
  } finally {
    db.close();
  }
}

test("after kill -9 at any moment every answered outcome is there, once", { timeout: 120_000 }, async () => {
  const total = 1_000;
  journal = await openSqliteJournal({ path });
  await startRun(journal, "r1", mailboxes(total));
  const answered = new Set<number>();
  let kills = 0;
  while ((await journal.countPending("r1")) > 0) {
    const workers = [
      start("settle", path, "r1", "w1", upTo(200)),
      start("settle", path, "r1", "w2", upTo(200)),
    ];
    kills += await deathsOf(workers);
    for (const line of workers.flatMap(settledBy)) {
      expect(answered.has(line), `line ${line} was answered as settled twice`).toBe(false);
      answered.add(line);
    }
    const settled = new Set(
      (await gather(journal.targets("r1", { pending: false }))).map(({ line }) => line),
    );
    expect([...answered].filter((line) => !settled.has(line))).toEqual([]);
    expect((await journal.verify("r1")).problems).toEqual([]);
  }
  expect(kills, "processes killed at work").toBeGreaterThan(3);
  expect(answered.size, "outcomes answered before a kill").toBeGreaterThan(total / 4);
  expect(await journal.run("r1")).toMatchObject({
    outcomes: { ok: total },
    rows: 2 * total,
    counts: { odd: total },
  });
  expect(integrity()).toEqual(["ok"]);
});

test("two processes that settle the same lines settle each of them once, and the run adds up all the while", async () => {
  const total = 2_000;
  journal = await openSqliteJournal({ path });
  await startRun(journal, "r1", mailboxes(total));
  const workers = [start("settle", path, "r1", "w1"), start("settle", path, "r1", "w2")];
  const over = new AbortController();
  const ended = Promise.all(workers.map((worker) => worker.heard("end"))).finally(() => over.abort());
  const seen: number[] = [];
  const wrong: unknown[] = [];
  const watch = async (watched: Journal): Promise<void> => {
    while (!over.signal.aborted) {
      const run = await watched.run("r1");
      const settled = run?.outcomes.ok ?? 0;
      if (run?.rows !== 2 * settled || (run.counts["odd"] ?? 0) !== settled) wrong.push(run);
      if (settled < (seen.at(-1) ?? 0)) wrong.push(`${settled} after ${seen.at(-1)}`);
      seen.push(settled);
      await wait(1);
    }
  };
  await Promise.all([ended, watch(journal)]);
  expect(wrong).toEqual([]);
  expect(new Set(seen).size, "different states seen").toBeGreaterThan(5);
  const settled = workers.map(settledBy);
  expect(settled.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, n) => n + 1));
  expect(Math.min(...settled.map((lines) => lines.length)), "lines of the slower process").toBeGreaterThan(0);
  expect(await journal.run("r1")).toMatchObject({
    outcomes: { ok: total },
    rows: 2 * total,
    noise: { NR1: total },
    workers: ["w1", "w2"],
  });
  expect(await rightsOf(journal, "r1")).toHaveLength(2 * total);
  expect((await journal.verify("r1")).problems).toEqual([]);
});

test("while another process holds the file, the event loop runs on, and what was asked for is done afterwards", async () => {
  journal = await openSqliteJournal({ path });
  await startRun(journal, "r1", mailboxes(1));
  const holder = start("hold", path);
  await holder.heard("held");
  const settling = journal.settle(settlement("r1", 1));
  expect((await journal.target("r1", 1))?.outcome, "readings do not wait").toBeUndefined();
  // A wait inside SQLite would let no timer fire until it gives up.
  for (let turn = 0; turn < 100; turn += 1) await wait(1);
  await kill(holder.child);
  expect(await settling).toBe("settled");
});

test("a file that stays held is reported, and what was asked for is not half done", async () => {
  journal = await openSqliteJournal({ path, busyTimeoutMs: 50 });
  await startRun(journal, "r1", mailboxes(1));
  const holder = start("hold", path);
  await holder.heard("held");
  const refusal = journal.settle(settlement("r1", 1));
  await expect(refusal).rejects.toThrow(JournalError);
  await expect(refusal).rejects.toThrow(/another process holds it/);
  await kill(holder.child);
  expect((await journal.target("r1", 1))?.outcome).toBeUndefined();
  expect(await journal.settle(settlement("r1", 1))).toBe("settled");
});

test("opening and closing it a second time takes no lock away from the first", async () => {
  journal = await openSqliteJournal({ path });
  await startRun(journal, "r1", mailboxes(3));
  await (await openSqliteJournal({ path })).close();
  await journal.settle(settlement("r1", 1));
  // A process that thinks it is the last one clears and deletes the log.
  await start("visit", path).heard("end");
  expect(existsSync(`${path}-wal`)).toBe(true);
  await journal.settle(settlement("r1", 2));
  expect((await journal.verify("r1")).problems).toEqual([]);
  expect((await journal.run("r1"))?.outcomes).toEqual({ ok: 2 });
});
