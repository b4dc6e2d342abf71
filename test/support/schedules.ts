/** Schedulers over one journal and one Redis, each as another process would be, on a clock of the test's own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { permissionAudit } from "../../jobs/permission-audit.ts";
import { defaultSettings } from "../../src/config.ts";
import { type Journal, openSqliteJournal, type RunState } from "../../src/journal/index.ts";
import { createAlarms, type RedisHandle } from "../../src/queue/index.ts";
import { createRunService, type RunService } from "../../src/runs/index.ts";
import {
  type AfterNight,
  createScheduleService,
  Scheduler,
  type ScheduleService,
  timesOf,
} from "../../src/schedule/index.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { tenantFrom } from "../../src/tenants/index.ts";

const settings = defaultSettings({
  tenants: ["contoso", "fabrikam"].map((name, place) => ({
    name,
    tenantId: `00000000-0000-4000-8000-00000000000${place}`,
    domain: `${name}.onmicrosoft.com`,
    clientId: "00000000-0000-4000-8000-0000000000aa",
    secret: { env: "SECRET" },
  })),
});

export const LATE_MS = 600_000;
export const CLAIM_MS = 60_000;

export interface Clock {
  nowMs: number;
}

export interface OwnProcess {
  readonly journal: Journal;
  readonly runs: RunService;
  readonly telemetry: Telemetry;
  readonly schedules: ScheduleService;
  readonly scheduler: Scheduler;
  /** Looks, and waits for all that follows. */
  look(): Promise<void>;
}

export interface Processes {
  readonly clock: Clock;
  open(options?: { readonly afterNight?: AfterNight; readonly tenants?: number }): Promise<OwnProcess>;
}

export function processesOver(redis: RedisHandle, startsAt: string): Processes {
  const dir = mkdtempSync(join(tmpdir(), "exosweep-schedules-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const clock: Clock = { nowMs: Date.parse(startsAt) };
  const now = (): number => clock.nowMs;
  let opened = 0;
  return {
    clock,
    async open({ afterNight, tenants = settings.tenants.length } = {}) {
      opened += 1;
      const journal = await openSqliteJournal({ path: join(dir, "journal.db"), now });
      const telemetry = new Telemetry();
      const runs = createRunService({
        journal,
        catalogue: [permissionAudit],
        tenants: settings.tenants.slice(0, tenants).map((tenant) => tenantFrom(tenant, [])),
        smallScope: 20,
        limits: settings.limits,
        writes: { settleMs: 1_000 },
        exchange: () => Promise.reject(new Error("Not asked for")),
      });
      const parts = { journal, runs, telemetry, owner: `p${opened}`, now };
      const scheduler = new Scheduler({
        ...parts,
        alarms: createAlarms(redis, telemetry, (cron, zone, afterMs) => timesOf(cron, zone).next(afterMs)),
        lookMs: 60_000,
        lateMs: LATE_MS,
        claimMs: CLAIM_MS,
        ...(afterNight === undefined ? {} : { afterNight }),
      });
      onTestFinished(async () => {
        await scheduler.stop(1_000);
        await journal.close();
      });
      const schedules = createScheduleService({ ...parts, claimMs: CLAIM_MS });
      const look = async (): Promise<void> => {
        await scheduler.look();
        await scheduler.idle();
      };
      return { journal, runs, telemetry, scheduler, look, schedules };
    },
  };
}

/** `nightly` of contoso, at three in Sofia, unless said otherwise. */
export function nightly(over: object = {}): Parameters<ScheduleService["add"]>[0] {
  return {
    name: "nightly",
    job: "permission-audit",
    tenant: "contoso",
    params: {},
    scope: { kind: "all", types: ["user"] },
    cron: "0 3 * * *",
    zone: "Europe/Sofia",
    missed: "catch-up",
    ...over,
  };
}

/** Ends every run that goes on, as its workers would. */
export async function endRuns(journal: Journal, to: RunState = "complete"): Promise<void> {
  for (const { id, state } of await journal.openRuns()) await journal.moveRun(id, [state], to);
}

/** What became of the last times, newest first: `2026-11-23T01:00 started caught up …`. */
export async function story(journal: Journal, name = "nightly", limit = 9): Promise<string[]> {
  return (await journal.ticks(name, limit)).map(({ dueMs, state, reason }) =>
    [new Date(dueMs).toISOString().slice(0, 16), state, ...(reason === undefined ? [] : [reason])].join(" "),
  );
}
