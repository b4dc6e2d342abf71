import { afterAll, describe } from "vitest";
import { openPostgresJournal } from "../../src/journal/index.ts";
import { findPostgres } from "../support/postgres.ts";
import { journalContract } from "./journal.contract.ts";
import type { OpenRecord } from "./contract/record.ts";
import { journalModel } from "./journal.model.ts";

const postgres = await findPostgres();
afterAll(() => postgres?.[Symbol.asyncDispose]());

describe.skipIf(postgres === undefined)("Postgres", () => {
  const fresh = async (): Promise<OpenRecord> => {
    if (postgres === undefined) throw new Error("Cannot get here without a server");
    const { environment, trustedHosts } = postgres;
    const url = postgres.freshUrl();
    return (options) => openPostgresJournal({ url, environment, trustedHosts, ...options });
  };

  journalContract("Postgres", fresh);
  journalModel("Postgres", fresh);
});
