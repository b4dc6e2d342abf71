/** A night whose only worker is killed in the middle: another one ends it, and each part is what its job would have found. */
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";
import type { RunRecord } from "../../src/journal/index.ts";
import { exportRun } from "../../src/reports/index.ts";
import { permissionAudit } from "../../jobs/permission-audit.ts";
import { latencyOf, SOUND, startEmulatedService } from "../support/emulated-service.ts";
import { difference, factOfRow, factOfTruth, NO_DIFFERENCE, readCsv } from "../support/facts.ts";
import { findPostgres, type TestPostgres } from "../support/postgres.ts";
import { EVERYTHING, openSite } from "../support/site.ts";

const QUICK = { tasks: { lockMs: 3_000 }, gate: { leaseMs: 2_000 }, runs: { claimMs: 3_000 } };

const postgres = await findPostgres();
afterAll(() => postgres?.[Symbol.asyncDispose]());

/** What settings need beside for a journal that is not in the data directory. Where there is no Postgres, it has been said. */
const JOURNALS: readonly (() => Readonly<Record<string, unknown>>)[] = [
  () => ({}),
  ...(postgres === undefined ? [] : [() => settingsOf(postgres)]),
];

function settingsOf({
  environment,
  trustedHosts,
  freshUrl,
}: TestPostgres): Readonly<Record<string, unknown>> {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  return { journal: freshUrl(), insecureHosts: trustedHosts };
}

test(
  "the worker of a night is killed, and nothing of any part is lost or doubled, in SQLite and in Postgres",
  { timeout: 120_000 },
  async () => {
    // Side by side: most of it is waiting.
    const nights = await Promise.all(
      JOURNALS.map(async (settings) => killedNight({ ...QUICK, ...settings() })),
    );
    expect(nights.map(({ redrives }) => redrives)).toEqual(JOURNALS.map(() => 0));
  },
);

async function killedNight(settings: Readonly<Record<string, unknown>>): Promise<RunRecord> {
  const emulator = await startEmulatedService({
    mailboxes: 150,
    seed: 30,
    profile: { ...SOUND, ...latencyOf(150) },
  });
  const site = await openSite(emulator, { settings });
  const [worker] = await site.startWorkers(1);
  const jobs = ["permission-audit", "smtp-auth-sweep", "protocols-sweep", "quota-sweep"];
  const { id } = await site.app.runs.start({
    job: "nightly",
    tenant: "t0",
    // Whoever goes on knows them from the journal only.
    params: { jobs, "permission-audit": { expand: "rows" } },
    scope: EVERYTHING,
  });
  await site.settledPart(id, 0.3);
  await worker?.end("SIGKILL");
  expect((await site.app.runs.get(id)).state).toBe("running");
  await emulator.setProfile(latencyOf(10));
  site.startWorker();
  const whole = await site.over(id, 90_000);
  expect(whole.state).toBe("complete");
  expect((await site.app.runs.verify(id)).problems).toEqual([]);

  const { reports } = site.app;
  const parts = await reports.runsOf(whole);
  expect(parts.map(({ job, state }) => [job, state])).toEqual(jobs.map((job) => [job, "complete"]));
  const [audit, ...others] = parts;
  if (audit === undefined) throw new Error("There are no parts");
  const out = join(await mkdtemp(join(site.dataDir, "export-")), "audit.csv");
  await exportRun({
    journal: reports,
    run: audit,
    job: permissionAudit,
    format: "csv",
    out,
    includeNoise: true,
  });
  const rows = await readCsv(out);
  const grants = rows.filter((row) => row.get("TrusteeClass") !== "group-member");
  expect(grants.length).toBeLessThan(rows.length);
  const truth = await emulator.truth(whole.tenantId);
  expect(difference(truth.map(factOfTruth), grants.map(factOfRow))).toEqual(NO_DIFFERENCE);
  const mailboxes = await emulator.targets(whole.tenantId);
  for (const { id: part } of others) {
    const about = new Set<unknown>();
    for await (const chunk of reports.rows(part)) for (const { row } of chunk) about.add(row["MailboxId"]);
    about.delete(null);
    expect(difference(mailboxes, [...about].map(String))).toEqual(NO_DIFFERENCE);
  }
  return whole;
}
