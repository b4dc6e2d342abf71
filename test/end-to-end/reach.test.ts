/** A whole run of a job that reads by `Get-EXO*`, over HTTP and Redis, against a service that is as nasty there as anywhere. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { applyChanges } from "../../jobs/apply-changes.ts";
import { type App, createApp } from "../../src/app.ts";
import { defaultSettings } from "../../src/config.ts";
import { type Emulator, type ProfilePatch, startEmulator } from "../../src/emulator/index.ts";
import { defineJob, type FoundRow, type Job } from "../../src/job/index.ts";
import type { RunRecord } from "../../src/journal/index.ts";
import type { Scope } from "../../src/runs/index.ts";
import { until } from "../support/processes.ts";
import { testRedisUrl } from "../support/redis.ts";
import { EVERYTHING } from "../support/site.ts";

const PERMISSIONS = "Get-EXOMailboxPermission";
const LISTING = "Get-EXOMailbox";
const ROLE = "View-Only Organization Management";

/** Rights by the resource of each mailbox; quotas by one listing of the resource. */
const byResources: Job = defineJob({
  name: "by-resources",
  summary: "Reads rights and quotas by the cmdlets of the PowerShell module",
  writes: false,
  params: z.strictObject({}),
  columns: ["What", "Value", "Deny"],
  cmdlets: [
    { cmdlet: PERMISSIONS, role: ROLE, per: "target" },
    { cmdlet: LISTING, role: ROLE, per: "tenant" },
  ],
  naiveCallsPerTarget: 1,
  bulk: [
    {
      name: "quotas",
      cmdlet: LISTING,
      async *perform({ exo, mailboxOf }) {
        const parameters = { PropertySets: "Quota", Properties: "ExchangeGuid", ResultSize: "Unlimited" };
        for await (const page of exo.pages(LISTING, parameters)) {
          if ("restarted" in page) {
            yield page;
            continue;
          }
          const found: FoundRow[] = [];
          for (const row of page.rows) {
            const about = await mailboxOf(textOf(row["ExchangeGuid"]));
            const quota = textOf(row["ProhibitSendQuota"]);
            if (about) found.push({ about: about.line, row: { What: "quota", Value: quota, Deny: null } });
          }
          yield found;
        }
      },
    },
  ],
  perform: async ({ read, line }) =>
    (await read(PERMISSIONS, {})).rows.map((row) => ({
      about: line,
      row: { What: "right", Value: textOf(row["User"]), Deny: row["Deny"] === true },
    })),
  judge: () => ({ observe: () => undefined, report: (rows) => rows }),
});

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

interface Site {
  readonly app: App;
  readonly emulator: Emulator;
  readonly tenantId: string;
  start(job: string, scope?: Scope): Promise<RunRecord>;
}

async function site(mailboxes: number, profile: ProfilePatch): Promise<Site> {
  const emulator = await startEmulator({ mailboxes, profile, seed: 11 });
  const [access] = emulator.tenants;
  if (access === undefined) throw new Error("the emulator has no tenant");
  const { tenantId, domain, clientId, secret } = access;
  const dataDir = await mkdtemp(join(tmpdir(), "exosweep-reach-"));
  const cloud = { login: emulator.url, exchange: emulator.url };
  const app = await createApp({
    settings: defaultSettings({
      redis: testRedisUrl(),
      tenants: [{ name: "t0", tenantId, domain, clientId, secret: { env: "SECRET" }, cloud }],
      runs: { pollMs: 50, smallScope: 0 },
      requests: { retryDelayMs: 5, timeoutMs: 5_000, maxRetries: 20 },
    }),
    dataDir,
    catalogue: [byResources, applyChanges],
    environment: { SECRET: secret },
  });
  onTestFinished(async () => {
    await app.stop();
    await emulator.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  await app.startWorker();
  const start = (job: string, scope: Scope = EVERYTHING): Promise<RunRecord> =>
    app.runs.start({ job, tenant: "t0", params: {}, scope });
  return { app, emulator, tenantId, start };
}

async function grant({ emulator, tenantId }: Site, directoryRoles: readonly string[]): Promise<void> {
  await fetch(`${emulator.url}/__emulator/tenants/${tenantId}/grants`, {
    method: "PUT",
    body: JSON.stringify({ appRoles: ["Exchange.ManageAsApp"], directoryRoles }),
  });
}

const AT_ONCE = {
  latency: { roundTrip: 0, overhead: 0, refusal: 0, call: { median: 0, sigma: 0 } },
} satisfies ProfilePatch;

test(
  "a job reads by Get-EXO*, one by one and in bulk, and every mailbox has its rows",
  { timeout: 60_000 },
  async () => {
    const here = await site(60, {
      ...AT_ONCE,
      rate: { kind: "window", n: 400, per: 1, unit: "item", headers: true },
      faults: {
        readsOnly: true,
        rates: { cut: 0.03, truncated: 0.03, reset: 0.03, unavailable: 0.03, "page-expired": 0.1 },
      },
    });
    const { id } = await here.start("by-resources");
    const run = await until("the run is over", 50_000, async () => {
      const now = await here.app.runs.get(id);
      if (now.state === "paused") throw new Error(now.reason);
      return now.state === "complete" || now.state === "complete_with_failures" ? now : undefined;
    });
    expect(run.state).toBe("complete");
    const targets = new Set(here.emulator.targets(here.tenantId));
    expect(run.outcomes.ok).toBe(targets.size + 1);

    const quotas = new Map<number, number>();
    const rights = new Map<number, number>();
    for await (const chunk of here.app.journal.rows(id))
      for (const { about, row } of chunk) {
        const counts = row["What"] === "quota" ? quotas : rights;
        counts.set(about, (counts.get(about) ?? 0) + 1);
      }
    // Everybody has a row of their own rights, and one quota: no page was lost, and none was kept twice.
    expect(rights.size).toBe(targets.size);
    expect(new Set(quotas.keys())).toEqual(new Set(rights.keys()));
    // A row may come again at the seam of two pages, as the service has it.
    expect([...quotas.values()].every((count) => count <= 2)).toBe(true);
    const byCmdlet = here.emulator.ledger.summary().byCmdlet;
    expect(byCmdlet[PERMISSIONS]).toBeGreaterThanOrEqual(targets.size);
    expect(byCmdlet["Get-MailboxPermission"]).toBeUndefined();
  },
);

test(
  "a plan with a write the app may not run is paused before anybody approves it",
  { timeout: 30_000 },
  async () => {
    const here = await site(30, AT_ONCE);
    await grant(here, ["global-reader"]);
    const [identity = ""] = here.emulator.targets(here.tenantId);
    const parameters = { CustomAttribute1: "x" };
    const changes = [{ identity, cmdlet: "Set-Mailbox", parameters }];
    const { id } = await here.start("apply-changes", { kind: "changes", changes });
    const paused = await until("the run is paused", 20_000, async () => {
      const now = await here.app.runs.get(id);
      return now.state === "paused" || now.state === "awaiting_approval" ? now : undefined;
    });
    expect(paused.state).toBe("paused");
    expect(paused.reason).toBe(
      "auth: Cannot run Set-Mailbox: the app has no role for it; Recipient Management is the least role group that has one (if it is misspelt, cancel the run and apply the corrected plan; if Exchange's list of cmdlets is wrong, set api.discovery to false)",
    );
    expect(here.emulator.ledger.summary().byCmdlet["Set-Mailbox"]).toBeUndefined();
  },
);
