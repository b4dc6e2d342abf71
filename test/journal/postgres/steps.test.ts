/** Readings of a large run go along its indexes, also where the server knows nothing of its tables yet: else each step reads all that is left. */
import { afterAll, describe, expect, test } from "vitest";
import { openPostgresJournal } from "../../../src/journal/index.ts";
import type { Journal } from "../../../src/journal/index.ts";
import { findPostgres } from "../../support/postgres.ts";
import { mailboxes, newRun } from "../samples.ts";

const postgres = await findPostgres();
afterAll(() => postgres?.[Symbol.asyncDispose]());

/** Three steps and more. */
const TARGETS = 6_001;

describe.skipIf(postgres === undefined)("a run in tables that the server has not counted", () => {
  if (postgres === undefined) return;
  const { environment, trustedHosts } = postgres;
  const url = postgres.freshUrl();
  const open = (): Promise<Journal> => openPostgresJournal({ url, environment, trustedHosts });

  /** Records of a table that the server has looked at so far. A connection that ends says what it has done. */
  async function lookedAt(table: string): Promise<number> {
    const [found] = (await postgres?.sql(
      url,
      `SELECT coalesce(idx_tup_fetch, 0) + seq_tup_read AS n FROM pg_stat_user_tables
       WHERE relname = '${table}' AND schemaname = current_schema()`,
    )) ?? [{}];
    return Number(found?.["n"]);
  }

  async function lookedAtBy(
    work: (journal: Journal) => Promise<unknown>,
    table = "targets",
  ): Promise<number> {
    const before = await lookedAt(table);
    const journal = await open();
    await work(journal);
    await journal.close();
    return (await lookedAt(table)) - before;
  }

  test("is sealed, listed, paired and cleared in one walk each", async () => {
    await (await open()).close();
    // The server would count them at any moment.
    for (const table of ["targets", "entries", "entry_keys"])
      await postgres.sql(url, `ALTER TABLE ${table} SET (autovacuum_enabled = false)`);
    await lookedAtBy(async (journal) => {
      for (const run of ["r1", "r2"]) {
        await journal.createRun(newRun(run, { job: run }));
        await journal.addTargets(run, mailboxes(TARGETS));
      }
    });

    expect(await lookedAtBy((journal) => journal.sealManifest("r1"))).toBeLessThan(1.5 * TARGETS);
    expect(await lookedAtBy((journal) => drain(journal.targets("r1")))).toBeLessThan(1.5 * TARGETS);
    expect(await lookedAtBy((journal) => drain(journal.pairs("r1", "r2")))).toBeLessThan(2.5 * TARGETS);
    // Its lines, and the ids of its manifest.
    expect(await lookedAtBy((journal) => journal.verify("r1"))).toBeLessThan(2.5 * TARGETS);
    expect(await lookedAtBy((journal) => journal.clearTargets("r2"))).toBeLessThan(1.5 * TARGETS);
  });

  test("forgets its index of names without looking for each entry's keys among all of them", async () => {
    const entries = mailboxes(TARGETS).map(({ id, label }) => ({ id, keys: [id, label], value: null }));
    await lookedAtBy(async (journal) => {
      await journal.createRun(newRun("r3", { job: "r3" }));
      await journal.putIndex("r3", entries);
    });
    expect(await lookedAtBy((journal) => journal.clearTargets("r3"), "entry_keys")).toBeLessThan(5 * TARGETS);
    expect(await postgres.sql(url, "SELECT count(*)::int AS n FROM entry_keys")).toEqual([{ n: 0 }]);
    expect(await postgres.sql(url, "SELECT count(*)::int AS n FROM entries")).toEqual([{ n: 0 }]);
  });
});

async function drain(chunks: AsyncIterable<readonly unknown[]>): Promise<void> {
  for await (const chunk of chunks) expect(chunk.length).toBeGreaterThan(0);
}
