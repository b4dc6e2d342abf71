/** Scheduler processes that are killed over a message: whoever comes next sends it, under the id it had. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { permissionAudit } from "../../jobs/permission-audit.ts";
import { openSqliteJournal } from "../../src/journal/index.ts";
import type { NIGHT_CRASH_POINTS } from "../../src/test-points.ts";
import { toEnvironment } from "../faults/orders.ts";
import { night } from "../support/nights.ts";
import { startNode } from "../support/processes.ts";
import { receiver, SECRET, verified } from "../support/receivers.ts";
import { testRedisUrl } from "../support/redis.ts";

/** A data directory with a night that is over, and of which nobody was told yet. */
async function endedNight() {
  const there = await receiver();
  const directory = mkdtempSync(join(tmpdir(), "exosweep-notify-"));
  const config = join(directory, "exosweep.yaml");
  const webhook = { url: there.url, secret: { env: "HOOK" } };
  const notify = { timeoutMs: 1_000, retryDelayMs: 1, lookMs: 100, sinks: [{ name: "soc", webhook }] };
  const schedules = { lookMs: 100, claimMs: 1_000 };
  writeFileSync(config, JSON.stringify({ redis: testRedisUrl(), schedules, notify }), { mode: 0o600 });
  const journal = await openSqliteJournal({ path: join(directory, "journal.db") });
  onTestFinished(async () => {
    await journal.close();
    rmSync(directory, { recursive: true, force: true });
  });
  await journal.addSchedule({
    name: "nightly",
    job: "permission-audit",
    tenant: "contoso",
    cron: "0 3 1 1 *",
    zone: "UTC",
    params: {},
    scope: {},
    missed: "skip",
    createdAtMs: Date.now(),
  });
  const claim = {
    schedule: "nightly",
    dueMs: Date.now(),
    byHand: true,
    run: "r1",
    owner: "test",
    leaseMs: 1_000,
  };
  await journal.claimTick(claim);
  await night(journal, "r1", { sales: "failed" }, permissionAudit);
  await journal.moveTick(claim, "started");
  const start = (environment: Readonly<Record<string, string>> = {}) =>
    startNode(resolve("workers/scheduler.ts"), ["--config", config, "--data", directory], {
      HOOK: SECRET,
      ...environment,
    });
  return { journal, there, start };
}

const SWITCHBOARD = `--import ${resolve("test/faults/switchboard.ts")}`;

test.each([
  ["before anything is written", "night.judged", 1],
  ["between written and sent", "delivery.written", 1],
  ["between claimed and sent", "delivery.claimed", 1],
  ["between sent and on record", "delivery.answered", 2],
] as const)("killed %s, the message arrives under one id", async (_, point, times) => {
  const { journal, there, start } = await endedNight();
  const dieAt: { point: (typeof NIGHT_CRASH_POINTS)[number]; nth: number } = { point, nth: 1 };
  const victim = start({ NODE_OPTIONS: SWITCHBOARD, ...toEnvironment({ dieAt }) });
  await expect.poll(() => victim.running, { timeout: 20_000 }).toBe(false);
  expect(there.received).toHaveLength(times - 1);
  const heir = start();
  await heir.line((line) => line.includes("message was tried"));
  await expect.poll(async () => (await journal.openTicks()).length, { timeout: 10_000 }).toBe(0);
  expect(await heir.end("SIGTERM")).toBe(143);
  expect(there.received).toHaveLength(times);
  const [delivery, ...more] = await journal.deliveries({}, 9);
  expect(more).toEqual([]);
  expect(delivery).toMatchObject({ state: "sent", sink: "soc", run: "r1", tries: [{ said: "202" }] });
  expect(new Set(there.received.map((each) => verified(each).id))).toEqual(new Set([delivery?.id]));
  expect(new Set(there.received.map(({ body }) => body)).size).toBe(1);
});
