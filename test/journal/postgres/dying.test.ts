import { afterAll, afterEach, beforeEach, describe, vi } from "vitest";
import { openPostgresJournal } from "../../../src/journal/index.ts";
import { killAll } from "../../support/journal-workers.ts";
import { findPostgres } from "../../support/postgres.ts";
import { dyingContract } from "../contract/dying.ts";

const postgres = await findPostgres();
afterAll(() => postgres?.[Symbol.asyncDispose]());

describe.skipIf(postgres === undefined)("processes that die over a journal in Postgres", () => {
  if (postgres === undefined) return;
  const { environment, trustedHosts } = postgres;

  beforeEach(() => void vi.stubEnv("PGPASSWORD", environment["PGPASSWORD"]));

  afterEach(async () => {
    vi.unstubAllEnvs();
    await killAll();
  });

  dyingContract(() => {
    const url = postgres.freshUrl();
    return { where: url, open: () => openPostgresJournal({ url, environment, trustedHosts }) };
  });
});
