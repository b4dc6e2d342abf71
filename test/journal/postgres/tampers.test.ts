import * as fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openPostgresJournal } from "../../../src/journal/index.ts";
import type { Journal } from "../../../src/journal/index.ts";
import { findPostgres } from "../../support/postgres.ts";
import { finishedRun, MAILBOXES, TAMPERS, type Tables } from "../tampers.ts";

const postgres = await findPostgres();
afterAll(() => postgres?.[Symbol.asyncDispose]());

const TOUCHED = ["runs", "targets", "earlier", "found", "intents", "tallies"];

describe.skipIf(postgres === undefined)("a run in Postgres that was tampered with", () => {
  if (postgres === undefined) return;
  const url = postgres.freshUrl();
  const tables: Tables = {
    sql: (sql) => postgres.sql(url, sql),
    bytes: (hex) => String.raw`'\x${hex}'::bytea`,
  };
  let journal: Journal;

  beforeAll(async () => {
    const { environment, trustedHosts } = postgres;
    journal = await openPostgresJournal({ url, environment, trustedHosts });
    await finishedRun(journal, "r1");
    for (const table of TOUCHED) await tables.sql(`CREATE TABLE whole_${table} AS TABLE ${table}`);
  });
  afterAll(() => journal.close());

  async function restore(): Promise<void> {
    const sql = TOUCHED.map(
      (t) => `TRUNCATE ${t}; INSERT INTO ${t} OVERRIDING SYSTEM VALUE TABLE whole_${t};`,
    );
    await tables.sql(sql.join(""));
  }
  afterEach(restore);

  test("has no problems before", async () => {
    expect((await journal.verify("r1")).problems).toEqual([]);
  });

  const line = fc.constantFrom(...MAILBOXES);

  test.each(TAMPERS)("when $name, the line is named", async ({ act }) => {
    await fc.assert(
      fc
        .asyncProperty(
          fc.tuple(line, line).filter(([a, b]) => a !== b),
          async ([a, b]) => {
            const expected = await act(tables, a, b);
            const { problems } = await journal.verify("r1");
            for (const words of expected) expect(problems).toContainEqual(expect.stringMatching(words));
          },
        )
        .afterEach(restore),
      { numRuns: 4 },
    );
  });
});
