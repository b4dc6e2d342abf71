import { afterAll, describe, expect, test } from "vitest";
import { openPostgresJournal } from "../../../src/journal/index.ts";
import { Database } from "../../../src/journal/postgres/database.ts";
import { MIGRATIONS, prepare } from "../../../src/journal/postgres/schema.ts";
import { findPostgres } from "../../support/postgres.ts";
import { mailboxes, rightsOf, rowAbout, settlement, startRun } from "../samples.ts";

const postgres = await findPostgres();
afterAll(() => postgres?.[Symbol.asyncDispose]());

describe.skipIf(postgres === undefined)("the schema of a journal in Postgres", () => {
  if (postgres === undefined) return;
  const { environment, trustedHosts } = postgres;

  /** Brings the schema of a URL to the end of `steps`, as a program of another version would. */
  async function bring(url: string, steps: readonly string[]): Promise<void> {
    const { hostname, port, username, pathname, searchParams } = new URL(url);
    const schema = searchParams.get("schema") ?? "";
    const db = new Database(
      {
        host: hostname,
        port: Number(port),
        user: username,
        password: environment["PGPASSWORD"],
        database: pathname.slice(1),
        options: `-c search_path=${schema}`,
      },
      "the journal",
      0,
    );
    try {
      await db.open(async (session) => void (await prepare(session, { name: "the journal", schema }, steps)));
    } finally {
      await db.close();
    }
  }

  test("one of an older version gets the steps it lacks, in order, and keeps what it holds", async () => {
    const url = postgres.freshUrl();
    const journal = await openPostgresJournal({ url, environment, trustedHosts });
    await startRun(journal, "r1", mailboxes(2));
    await journal.settle(settlement("r1", 1, { rows: [rowAbout(1, "FullAccess")] }));
    const later = [
      ...MIGRATIONS,
      "ALTER TABLE runs ADD COLUMN note text NOT NULL DEFAULT 'first'",
      "UPDATE runs SET note = note || ', then second'",
    ];
    await Promise.all([bring(url, later), bring(url, later), bring(url, later)]);
    expect(await postgres.sql(url, "SELECT id, note, version FROM runs, journal")).toEqual([
      { id: "r1", note: "first, then second", version: MIGRATIONS.length + 2 },
    ]);
    expect(await rightsOf(journal, "r1")).toEqual(["1<1 FullAccess"]);
    expect((await journal.verify("r1")).problems).toEqual([]);
    await journal.close();
  });

  test("a step that fails leaves all as it was", async () => {
    const url = postgres.freshUrl();
    await bring(url, MIGRATIONS);
    const broken = [...MIGRATIONS, "CREATE TABLE two (x integer)", "INSERT INTO nowhere VALUES (1)"];
    await expect(bring(url, broken)).rejects.toThrow(/nowhere/);
    const left = await postgres.sql(url, "SELECT to_regclass('two') AS two, version FROM journal");
    expect(left).toEqual([{ two: null, version: MIGRATIONS.length }]);
  });
});
