/** Scheduler processes as they are started, several at once, and one of them killed while it starts runs. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openSqliteJournal } from "../../src/journal/index.ts";
import { startNode } from "../support/processes.ts";
import { testRedisUrl } from "../support/redis.ts";
import { nightly } from "../support/schedules.ts";

const TENANTS = 60;

/** A data directory with a schedule for each tenant of its settings, due since an hour. */
async function dueEverywhere() {
  const directory = mkdtempSync(join(tmpdir(), "exosweep-schedulers-"));
  const names = Array.from({ length: TENANTS }, (_, place) => `t${place}`);
  const settings = {
    redis: testRedisUrl(),
    schedules: { lookMs: 100, claimMs: 1_000 },
    tenants: names.map((name, place) => ({
      name,
      tenantId: `00000000-0000-4000-8000-${String(place).padStart(12, "0")}`,
      domain: `${name}.onmicrosoft.com`,
      clientId: "00000000-0000-4000-8000-0000000000aa",
      secret: { env: "SECRET" },
    })),
  };
  writeFileSync(join(directory, "exosweep.yaml"), JSON.stringify(settings), { mode: 0o600 });
  const journal = await openSqliteJournal({ path: join(directory, "journal.db") });
  onTestFinished(async () => {
    await journal.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const { name: _, zone: __, missed: ___, ...rest } = nightly();
  for (const tenant of names)
    await journal.addSchedule({
      ...rest,
      name: tenant,
      tenant,
      cron: "0 * * * *",
      zone: "UTC",
      missed: "catch-up",
      params: {},
      scope: { kind: "all", types: ["user"] },
      createdAtMs: Date.now() - 3_600_000,
    });
  const startScheduler = () =>
    startNode(resolve("workers/scheduler.ts"), [
      "--config",
      join(directory, "exosweep.yaml"),
      "--data",
      directory,
    ]);
  return { journal, names, startScheduler };
}

test("of three scheduler processes, one killed on the way, each schedule gets one run", async () => {
  const { journal, names, startScheduler } = await dueEverywhere();
  const schedulers = [startScheduler(), startScheduler(), startScheduler()];
  // Whoever is first at it: the quickest may be through with all before another has begun.
  const victim = await Promise.any(
    schedulers.map(async (each) => {
      await each.line((line) => line.includes("schedule was due"));
      return each;
    }),
  );
  await victim.end("SIGKILL");
  const open = async (): Promise<number> =>
    (await Promise.all(names.map((name) => journal.ticks(name, 9)))).filter(
      (ticks) => !ticks.some(({ state }) => state === "started"),
    ).length;
  await expect.poll(open, { timeout: 20_000, interval: 100 }).toBe(0);
  const runs = await journal.runs();
  expect(runs.map(({ tenant }) => tenant).toSorted()).toEqual(names.toSorted());
  const ticks = (await Promise.all(names.map((name) => journal.ticks(name, 9)))).flat();
  expect(ticks.map(({ run }) => run).toSorted()).toEqual(runs.map(({ id }) => id).toSorted());
  const others = schedulers.filter((each) => each !== victim);
  const exits = await Promise.all(others.map((each) => each.end("SIGTERM")));
  expect(exits).toEqual([143, 143]);
});
