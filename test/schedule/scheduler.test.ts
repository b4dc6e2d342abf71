import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { connectRedis, type RedisHandle } from "../../src/queue/index.ts";
import type { EndedNight } from "../../src/schedule/index.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { openTestRedis, startOwnRedis } from "../support/redis.ts";
import { CLAIM_MS, endRuns, nightly, processesOver, story } from "../support/schedules.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let redis: RedisHandle;
beforeAll(async () => {
  redis = await openTestRedis();
});
afterAll(() => redis.close());

test("a schedule starts its run at its time, not before, once, with its parameters and scope", async () => {
  const { clock, open } = processesOver(redis, "2026-11-22T12:00Z");
  const { journal, look, schedules } = await open();
  const { nextMs } = await schedules.add(nightly({ scope: { kind: "sample", count: 9, types: ["user"] } }));
  expect(new Date(nextMs ?? 0).toISOString()).toBe("2026-11-23T01:00:00.000Z");
  clock.nowMs = (nextMs ?? 0) - 1;
  await look();
  expect(await journal.runs()).toEqual([]);
  clock.nowMs += 1;
  await look();
  await look();
  const [run, ...others] = await journal.runs();
  expect(others).toEqual([]);
  expect(run).toMatchObject({ job: "permission-audit", tenant: "contoso", state: "planned" });
  expect(run?.scope).toEqual({ kind: "sample", count: 9, types: ["user"] });
  expect(await story(journal)).toEqual(["2026-11-23T01:00 started"]);
  const events = await journal.events(run?.id ?? "", 9);
  expect(events.find(({ kind }) => kind === "scheduled")?.data).toMatchObject({
    schedule: "nightly",
    due: "2026-11-23T01:00:00.000Z",
    byHand: false,
  });
});

test("schedulers that see one time at once start one run", async () => {
  const { clock, open } = processesOver(redis, "2026-11-22T12:00Z");
  const all = await Promise.all(Array.from({ length: 4 }, () => open()));
  const [first] = all;
  for (const tenant of ["contoso", "fabrikam"]) await first?.schedules.add(nightly({ name: tenant, tenant }));
  for (let night = 1; night <= 5; night += 1) {
    clock.nowMs += DAY;
    await Promise.all(all.flatMap(({ look }) => [look(), look()]));
    const runs = (await first?.journal.runs()) ?? [];
    expect(runs).toHaveLength(2 * night);
    expect(runs.filter(({ tenant }) => tenant === "contoso")).toHaveLength(night);
    if (first !== undefined) await endRuns(first.journal);
  }
});

describe("a scheduler that dies", () => {
  const due = Date.parse("2026-11-23T01:00Z");
  const claimOf = (owner: string) => ({
    schedule: "nightly",
    dueMs: due,
    byHand: false,
    run: "rchosenfirst",
    owner,
    leaseMs: CLAIM_MS,
  });

  test("before it started the run leaves it to another, who waits for its claim to run out", async () => {
    const { clock, open } = processesOver(redis, "2026-11-22T12:00Z");
    const [dead, other] = [await open(), await open()];
    await dead.schedules.add(nightly());
    clock.nowMs = due;
    await dead.journal.claimTick(claimOf("dead"));
    clock.nowMs += CLAIM_MS - 1;
    await other.look();
    expect(await other.journal.runs()).toEqual([]);
    clock.nowMs += 1;
    await other.look();
    expect(await other.journal.runs()).toMatchObject([{ id: "rchosenfirst" }]);
    expect(await story(other.journal)).toEqual(["2026-11-23T01:00 started"]);
  });

  test.for(["planned", "complete"] as const)(
    "after it started the run, now %s, has not started it twice",
    async (state) => {
      const { clock, open } = processesOver(redis, "2026-11-22T12:00Z");
      const [dead, other] = [await open(), await open()];
      await dead.schedules.add(nightly());
      clock.nowMs = due;
      const tick = await dead.journal.claimTick(claimOf("dead"));
      const { name: _, cron: __, zone: ___, missed: ____, ...start } = nightly();
      await dead.runs.start({ ...start, id: tick?.run ?? "" });
      if (state === "complete") await endRuns(dead.journal);
      clock.nowMs += CLAIM_MS;
      await other.look();
      await other.look();
      expect(await other.journal.runs()).toMatchObject([{ id: "rchosenfirst", state }]);
      expect(await story(other.journal)).toEqual([
        `2026-11-23T01:00 ${state === "planned" ? "started" : "ended"}`,
      ]);
    },
  );
});

describe("nights that were missed", () => {
  test("are caught up by one run, which says how late it is and how many there were", async () => {
    const { clock, open } = processesOver(redis, "2026-11-22T12:00Z");
    const { journal, look, schedules } = await open();
    await schedules.add(nightly());
    clock.nowMs = Date.parse("2026-11-25T04:20Z");
    await look();
    await look();
    expect(await journal.runs()).toHaveLength(1);
    expect(await story(journal)).toEqual([
      "2026-11-25T01:00 started caught up 3 h 20 min late; 2 before it were missed",
    ]);
  });

  test("are skipped where the schedule says so, and the next one is not", async () => {
    const { clock, open } = processesOver(redis, "2026-11-22T12:00Z");
    const { journal, look, schedules } = await open();
    await schedules.add(nightly({ missed: "skip" }));
    clock.nowMs = Date.parse("2026-11-23T01:10:01Z");
    await look();
    expect(await journal.runs()).toEqual([]);
    clock.nowMs = Date.parse("2026-11-24T01:10Z");
    await look();
    expect(await story(journal)).toEqual([
      "2026-11-24T01:00 started",
      "2026-11-23T01:00 missed no scheduler was there to start it",
    ]);
  });

  test("while it was paused are neither", async () => {
    const { clock, open } = processesOver(redis, "2026-11-22T12:00Z");
    const { journal, look, schedules } = await open();
    await schedules.add(nightly());
    expect((await schedules.pause("nightly")).nextMs).toBeUndefined();
    clock.nowMs += 3 * DAY;
    await look();
    await schedules.resume("nightly");
    await look();
    expect(await story(journal)).toEqual([]);
    clock.nowMs += DAY - 11 * HOUR;
    await look();
    expect(await story(journal)).toEqual(["2026-11-26T01:00 started"]);
  });
});

test("a night whose night before is not over is skipped, and says so", async () => {
  const { clock, open } = processesOver(redis, "2026-11-22T12:00Z");
  const { journal, look, schedules, telemetry } = await open();
  const said: (string | undefined)[] = [];
  telemetry.on("schedule:decided", ({ state, reason }) => said.push(`${state} ${reason ?? ""}`));
  await schedules.add(nightly());
  clock.nowMs = Date.parse("2026-11-23T01:00Z");
  await look();
  const [first] = await journal.runs();
  clock.nowMs += DAY;
  await look();
  const words = `Cannot start "permission-audit" on tenant "contoso": run ${first?.id} is not over yet`;
  expect(await story(journal)).toEqual([`2026-11-24T01:00 skipped ${words}`, "2026-11-23T01:00 started"]);
  expect(said).toEqual(["started ", `skipped ${words}`]);
  await endRuns(journal);
  clock.nowMs += DAY;
  await look();
  expect(await journal.runs()).toHaveLength(2);
});

test("a night that cannot be started at all fails with the reason, and the next is tried", async () => {
  const { clock, open } = processesOver(redis, "2026-11-22T12:00Z");
  const { schedules } = await open();
  const poorer = await open({ tenants: 1 });
  await schedules.add(nightly({ tenant: "fabrikam" }));
  clock.nowMs = Date.parse("2026-11-23T01:00Z");
  await poorer.look();
  expect(await story(poorer.journal)).toEqual(['2026-11-23T01:00 failed Cannot find tenant "fabrikam"']);
});

describe("after a scheduled run", () => {
  test("what follows is done once, with the last complete run before it", async () => {
    const { clock, open } = processesOver(redis, "2026-11-22T12:00Z");
    const nights: EndedNight[] = [];
    const afterNight = async (night: EndedNight): Promise<void> => void nights.push(night);
    const [one, two] = [await open({ afterNight }), await open({ afterNight })];
    await one.schedules.add(nightly());
    const looks = () => Promise.all([one.look(), two.look()]);
    for (const end of ["complete", "cancelled", "complete"] as const) {
      clock.nowMs += DAY;
      await looks();
      await looks();
      await endRuns(one.journal, end);
      await looks();
      await looks();
    }
    const [third, second, first] = await one.journal.runs();
    expect(nights.map(({ run, before }) => [run.id, before?.id])).toEqual([
      [first?.id, undefined],
      [second?.id, first?.id],
      [third?.id, first?.id],
    ]);
    const events = await one.journal.events(third?.id ?? "", 9);
    expect(events.filter(({ kind }) => kind === "scheduled-run-over").map(({ data }) => data)).toEqual([
      { schedule: "nightly", due: "2026-11-25T01:00:00.000Z", state: "complete", before: first?.id },
    ]);
  });

  test("a file that was imported between two nights is not the night before", async () => {
    const { clock, open } = processesOver(redis, "2026-11-22T12:00Z");
    const nights: EndedNight[] = [];
    const { journal, look, schedules } = await open({ afterNight: async (night) => void nights.push(night) });
    await schedules.add(nightly());
    for (let night = 0; night < 2; night += 1) {
      clock.nowMs += DAY;
      await look();
      await endRuns(journal);
      await look();
      const [last] = await journal.runs();
      if (last === undefined) continue;
      const { job, tenant, tenantId } = last;
      const scope = { kind: "imported", as: "erp", file: "old.csv", takenAt: "2026-01-01T00:00:00.000Z" };
      const file = { id: `file${night}`, job, tenant, tenantId, params: {}, scope, naiveCallsPerTarget: 0 };
      await journal.createRun({ ...file, imported: true });
      await journal.sealManifest(file.id);
      await journal.moveRun(file.id, ["importing"], "complete");
    }
    const [first, second] = nights;
    expect([first?.before, second?.before?.id]).toEqual([undefined, first?.run.id]);
  });

  test("what follows is tried again when it failed, and keeps no night from starting", async () => {
    const { clock, open } = processesOver(redis, "2026-11-22T12:00Z");
    let tries = 0;
    const afterNight = async (): Promise<void> => {
      tries += 1;
      if (tries === 1) throw new Error("The mail server hangs");
    };
    const { journal, look, schedules, telemetry } = await open({ afterNight });
    const warnings: string[] = [];
    telemetry.on("warning", ({ text }) => warnings.push(text));
    await schedules.add(nightly());
    clock.nowMs += DAY;
    await look();
    await endRuns(journal);
    clock.nowMs += DAY;
    await look();
    expect(await story(journal)).toEqual([
      "2026-11-24T01:00 started caught up 11 h 0 min late",
      expect.stringMatching(/^2026-11-23T01:00 started/),
    ]);
    expect(warnings.join()).not.toContain("mail server");
    await look();
    expect(tries).toBe(2);
    expect(await story(journal)).toEqual([
      expect.anything(),
      expect.stringMatching(/^2026-11-23T01:00 ended/),
    ]);
  });

  test("what follows may hang without keeping any night from starting, and is told to stop at the end", async () => {
    const { clock, open } = processesOver(redis, "2026-11-22T12:00Z");
    const hanging = Promise.withResolvers<void>();
    const stopped = Promise.withResolvers<void>();
    const afterNight = (_: EndedNight, signal: AbortSignal): Promise<void> => {
      signal.addEventListener("abort", () => stopped.resolve());
      return hanging.promise;
    };
    const { journal, scheduler, schedules } = await open({ afterNight });
    await schedules.add(nightly());
    for (let night = 1; night <= 3; night += 1) {
      clock.nowMs += DAY;
      await scheduler.look();
      await expect.poll(() => story(journal)).toHaveLength(night);
      await expect.poll(async () => (await story(journal))[0]).toMatch(/started/);
      await endRuns(journal);
    }
    const stopping = scheduler.stop(1_000);
    await stopped.promise;
    hanging.resolve();
    await stopping;
  });
});

describe("by hand", () => {
  test("a run starts at once, also while its schedule is paused, and moves none of its times", async () => {
    const { clock, open } = processesOver(redis, "2026-11-22T12:00Z");
    const { journal, look, schedules } = await open();
    await schedules.add(nightly());
    await schedules.pause("nightly");
    const run = await schedules.runNow("nightly", new AbortController().signal);
    expect(await story(journal)).toEqual(["2026-11-22T12:00 started"]);
    await schedules.resume("nightly");
    clock.nowMs += MINUTE;
    const again = schedules.runNow("nightly", new AbortController().signal);
    await expect(again).rejects.toMatchObject({ code: "run-open", message: expect.stringContaining(run.id) });
    await endRuns(journal);
    clock.nowMs = Date.parse("2026-11-23T01:00Z");
    await look();
    expect((await story(journal)).map((line) => line.slice(0, 24).trim())).toEqual([
      "2026-11-23T01:00 started",
      "2026-11-22T12:01 skipped",
      "2026-11-22T12:00 ended",
    ]);
  });
});

test("a schedule that was removed starts nothing, and what it started goes on", async () => {
  const { clock, open } = processesOver(redis, "2026-11-22T12:00Z");
  const { journal, look, schedules } = await open();
  await schedules.add(nightly());
  clock.nowMs += DAY;
  await look();
  await schedules.remove("nightly");
  clock.nowMs += DAY;
  await look();
  expect(await journal.runs()).toMatchObject([{ state: "planned" }]);
  await endRuns(journal);
  await look();
  expect(await story(journal)).toEqual([expect.stringMatching(/ended/)]);
  await expect(schedules.pause("nightly")).rejects.toMatchObject({ code: "unknown" });
});

test.for([
  ["2027-03-26T12:00Z", "2027-03-27T01:30 2027-03-28T01:00 2027-03-29T00:30"],
  ["2026-10-23T12:00Z", "2026-10-24T00:30 2026-10-25T00:30 2026-10-26T01:30"],
] as const)(
  "from %s on, clocks are set, and each night at 02:30 in Berlin has one run",
  async ([from, nights]) => {
    const { clock, open } = processesOver(redis, from);
    const { journal, look, schedules } = await open();
    await schedules.add(nightly({ cron: "30 2 * * *", zone: "Europe/Berlin" }));
    for (let step = 0; step < 3 * 24 * 4; step += 1) {
      clock.nowMs += 15 * MINUTE;
      await look();
      await endRuns(journal);
    }
    const due = (await story(journal)).map((line) => line.slice(0, 16));
    expect(due.toReversed().join(" ")).toBe(nights);
    expect(await journal.runs()).toHaveLength(3);
  },
);

test.for(Array.from({ length: 12 }, (_, seed) => seed))(
  "whoever looks, dies and sleeps, each night has at most one run and is decided once (seed %i)",
  async (seed) => {
    const random = randomOf(seed);
    const { clock, open } = processesOver(redis, "2026-11-22T12:00Z");
    const first = await open();
    const all = [first, await open(), await open()];
    const { journal, schedules } = first;
    await schedules.add(nightly({ cron: "0 */6 * * *", missed: random() < 0.5 ? "skip" : "catch-up" }));
    for (let step = 0; step < 25; step += 1) {
      clock.nowMs += Math.floor(random() * (random() < 0.2 ? 2 * DAY : 2 * HOUR));
      // One that claims the next time and dies over it.
      if (random() < 0.2) {
        const [{ nextMs = 0 } = {}] = await schedules.list();
        const claim = { schedule: "nightly", dueMs: nextMs, byHand: false, run: `rdead${step}` };
        await journal.claimTick({ ...claim, owner: `dead${step}`, leaseMs: CLAIM_MS });
      }
      await Promise.all(all.filter(() => random() < 0.7).map(({ look }) => look()));
      if (random() < 0.6) await endRuns(journal);
    }
    clock.nowMs += CLAIM_MS;
    await first.look();
    await first.look();
    const ticks = await journal.ticks("nightly", 1_000);
    expect(ticks.filter(({ state, dueMs }) => state === "claimed" && dueMs <= clock.nowMs)).toEqual([]);
    const ran = ticks.filter(({ state }) => state === "started" || state === "ended").map(({ run }) => run);
    const runs = await journal.runs();
    expect(ticks.length).toBeGreaterThan(3);
    expect(ran.toSorted()).toEqual(runs.map(({ id }) => id).toSorted());
    for (const { createdAtMs, id } of runs)
      expect(createdAtMs).toBeGreaterThanOrEqual(ticks.find(({ run }) => run === id)?.dueMs ?? Infinity);
  },
);

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe("Redis", () => {
  const ALARMS = "exosweep:{schedules}:repeat";

  test("has an alarm for every schedule that is not paused, again after it was emptied", async () => {
    const { open } = processesOver(redis, "2026-11-22T12:00Z");
    const { look, schedules } = await open();
    const afterLooks = async (): Promise<string[]> => {
      await look();
      return redis.patient.zrange(ALARMS, "0", "-1");
    };
    await schedules.add(nightly());
    await schedules.add(nightly({ name: "held" }));
    await schedules.pause("held");
    await expect.poll(afterLooks).toEqual(["nightly"]);
    await redis.patient.flushdb();
    await expect.poll(afterLooks).toEqual(["nightly"]);
    await schedules.remove("nightly");
    await expect.poll(afterLooks).toEqual([]);
  });

  test("may be away: what is due is started by a look into the journal", async () => {
    await using server = await startOwnRedis();
    const handle = await connectRedis({ url: server.url, dataDir: "unused" }, new Telemetry());
    onTestFinished(() => handle.close());
    const { clock, open } = processesOver(handle, "2026-11-22T12:00Z");
    const { journal, look, scheduler, schedules } = await open();
    await schedules.add(nightly());
    await server.kill();
    scheduler.start();
    clock.nowMs += DAY;
    await look();
    expect(await journal.runs()).toHaveLength(1);
    await scheduler.stop(100);
  });
});

test("after a clock that was a year ahead, pausing and resuming brings a schedule back to its times", async () => {
  const { clock, open } = processesOver(redis, "2026-11-22T12:00Z");
  const { journal, look, schedules } = await open();
  await schedules.add(nightly());
  clock.nowMs += 365 * DAY;
  await look();
  await endRuns(journal);
  clock.nowMs -= 365 * DAY;
  await schedules.pause("nightly");
  await schedules.resume("nightly");
  clock.nowMs += DAY;
  await look();
  expect((await story(journal)).map((line) => line.split(" ", 2).join(" "))).toEqual([
    "2027-11-22T01:00 ended",
    "2026-11-23T01:00 started",
  ]);
});
