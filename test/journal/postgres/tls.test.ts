import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { openPostgresJournal } from "../../../src/journal/index.ts";
import { selfSigned } from "../../emulator/certificate.ts";
import { startPostgres } from "../../support/postgres.ts";

const certificate = selfSigned("localhost");
const postgres = await startPostgres(certificate);
afterAll(() => postgres?.[Symbol.asyncDispose]());

describe.skipIf(postgres === undefined)("a journal in Postgres, spoken to by TLS", () => {
  if (postgres === undefined) return;
  const { environment } = postgres;
  let url: URL;

  beforeEach(() => {
    url = new URL(postgres.freshUrl());
    url.hostname = "localhost";
    url.searchParams.set("sslmode", "require");
  });

  test("is encrypted, when the authority is trusted", async () => {
    const journal = await openPostgresJournal({
      url: url.href,
      environment,
      certificateAuthorities: [certificate.certificate],
    });
    const spoken = await postgres.sql(
      url.href,
      "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'exosweep'",
    );
    expect(spoken).toEqual([{ ssl: true }]);
    await journal.close();
  });

  test("is refused, when nobody vouches for the certificate: require is not less than verify-full", async () => {
    await expect(openPostgresJournal({ url: url.href, environment })).rejects.toThrow(
      /the server's certificate is not trusted$/,
    );
  });

  test("is refused, when the certificate is for another name", async () => {
    url.hostname = "127.0.0.1";
    await expect(
      openPostgresJournal({
        url: url.href,
        environment,
        certificateAuthorities: [certificate.certificate],
      }),
    ).rejects.toThrow(/the server's certificate is not trusted$/);
  });
});
