import { afterAll, describe, expect, test } from "vitest";
import { openPostgresJournal } from "../../../src/journal/index.ts";
import { findPostgres } from "../../support/postgres.ts";
import { intent, mailboxes, startRun } from "../samples.ts";

const postgres = await findPostgres();
afterAll(() => postgres?.[Symbol.asyncDispose]());

describe.skipIf(postgres === undefined)("intents in Postgres", () => {
  if (postgres === undefined) return;
  const { environment, trustedHosts } = postgres;

  test("announced together, they share a commit", async () => {
    const url = postgres.freshUrl();
    const journal = await openPostgresJournal({ url, environment, trustedHosts });
    await startRun(journal, "r1", mailboxes(400));
    await Promise.all(Array.from({ length: 400 }, (_, n) => journal.openIntent(intent("r1", n + 1))));
    const found = await postgres.sql(
      url,
      "SELECT count(*)::int AS intents, count(DISTINCT xmin::text)::int AS commits FROM intents",
    );
    expect(found).toEqual([{ intents: 400, commits: 1 }]);
    await journal.close();
  });
});
