/** Runs paused, cancelled, redriven, refused and stopped, with real processes: what was said holds, and nothing is lost by it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { accountsOf } from "../support/blows.ts";
import { type EmulatedService, latencyOf, SOUND, startEmulatedService } from "../support/emulated-service.ts";
import { difference, factOfRow, factOfTruth, NO_DIFFERENCE, readCsv } from "../support/facts.ts";
import { isAlive, until } from "../support/processes.ts";
import { openSite, type Site } from "../support/site.ts";
import { expectWhole } from "../support/whole-run.ts";

/** A pause must hold after this. */
const HOLDS_AFTER_MS = 2_000;

function slowService(mailboxes: number, tenants = 1): Promise<EmulatedService> {
  return startEmulatedService({ mailboxes, tenants, seed: 40, profile: { ...SOUND, ...latencyOf(200) } });
}

/** What had to be slow is over: the rest need not take time. */
function hurry(emulator: EmulatedService): Promise<void> {
  return emulator.setProfile(latencyOf(10));
}

/** Nothing is sent from two seconds after `saidAtMs` on, for as long as we care to look. */
async function expectSilence(emulator: EmulatedService, saidAtMs: number): Promise<void> {
  await sleep(saidAtMs + HOLDS_AFTER_MS + 1_500 - Date.now());
  const late = (await emulator.ledger()).filter(({ arrivedAtMs }) => arrivedAtMs > saidAtMs + HOLDS_AFTER_MS);
  expect(late).toEqual([]);
  expect((await emulator.inFlight()).calls).toBe(0);
}

/** Rows are the truth of the mailboxes that were read to their end. */
async function expectTruthOf(
  site: Site,
  emulator: EmulatedService,
  run: string,
  mailboxes: readonly string[],
) {
  const wanted = new Set(mailboxes);
  const { tenantId } = await site.app.runs.get(run);
  const truth = (await emulator.truth(tenantId)).filter(({ mailboxGuid }) => wanted.has(mailboxGuid));
  const rows = await readCsv(await site.exported(run));
  expect(difference(truth.map(factOfTruth), rows.map(factOfRow))).toEqual(NO_DIFFERENCE);
}

/** What tells the members of groups that hold rights. */
const OF_GROUPS = new Set(["Get-DistributionGroupMember", "Get-Group", "Get-RoleGroupMember"]);

test("a paused run sends nothing, and goes on where it was", { timeout: 90_000 }, async () => {
  const emulator = await slowService(400);
  const site = await openSite(emulator);
  await site.startWorkers(2);
  const { id } = await site.start();
  await site.settledPart(id, 0.2);
  const paused = await site.app.runs.pause(id, "the boss is looking");
  const saidAtMs = Date.now();
  expect(paused).toMatchObject({ state: "paused", reason: "operator: the boss is looking" });
  await expectSilence(emulator, saidAtMs);
  expect((await site.app.runs.get(id)).state).toBe("paused");

  await hurry(emulator);
  await site.app.runs.resume(id);
  await site.over(id, 60_000);
  const { rereads } = accountsOf([], await emulator.ledger(), await site.targets(id));
  expect(rereads).toBe(0);
  await expectWhole(site, emulator, id);
});

test("a cancelled run sends nothing more, and every target has an outcome", { timeout: 90_000 }, async () => {
  const emulator = await slowService(400);
  const site = await openSite(emulator);
  await site.startWorkers(2);
  const { id } = await site.start();
  await site.settledPart(id, 0.2);
  const cancelled = await site.app.runs.cancel(id, "wrong tenant");
  const saidAtMs = Date.now();
  await expectSilence(emulator, saidAtMs);

  const targets = await site.targets(id);
  const outcomes = Object.groupBy(targets, ({ outcome }) => outcome ?? "none");
  expect(Object.keys(outcomes).sort()).toEqual(["cancelled", "ok"]);
  expect(cancelled.state).toBe("cancelled");
  expect(cancelled.outcomes).toEqual({
    ok: outcomes["ok"]?.length,
    cancelled: outcomes["cancelled"]?.length,
  });
  expect((await site.app.runs.verify(id)).problems).toEqual([]);
  await expect(site.app.runs.resume(id)).rejects.toThrow(/it is cancelled/);
});

test("the kill switch ends the runs of every tenant", { timeout: 90_000 }, async () => {
  const emulator = await slowService(200, 2);
  const site = await openSite(emulator);
  await site.startWorkers(1);
  const runs = await Promise.all(site.tenants.map((tenant) => site.start(tenant)));
  await Promise.all(runs.map(({ id }) => site.settledPart(id, 0.1)));
  const cancelled = await site.app.runs.cancelAll("stop everything");
  const saidAtMs = Date.now();
  expect(cancelled.map(({ id }) => id).sort()).toEqual(runs.map(({ id }) => id).sort());
  await expectSilence(emulator, saidAtMs);
  for (const { id } of runs)
    expect(await site.app.runs.get(id)).toMatchObject({ state: "cancelled", reason: "stop everything" });
});

test("failed targets are tried again, and only they", { timeout: 90_000 }, async () => {
  const emulator = await startEmulatedService({ mailboxes: 200, seed: 41, profile: SOUND });
  const [tenant] = emulator.tenants;
  const broken = (await emulator.targets(tenant?.tenantId ?? "")).slice(50, 55);
  await emulator.addFaults(
    broken.map((subject) => ({
      match: { cmdlet: "Get-MailboxPermission", subject },
      fault: { kind: "transient" },
    })),
  );
  const site = await openSite(emulator, { settings: { requests: { maxRetries: 2, retryDelayMs: 50 } } });
  await site.startWorkers(1);
  const { id } = await site.start();
  const first = await site.over(id, 60_000);
  expect(first).toMatchObject({ state: "complete_with_failures", outcomes: { failed: 5 } });
  const failed = (await site.targets(id)).filter(({ outcome }) => outcome === "failed");
  expect(failed.map((target) => target.id).sort()).toEqual([...broken].sort());
  expect(failed.map(({ requestId }) => requestId)).not.toContain(undefined);

  await emulator.clearFaults();
  const before = (await emulator.ledger()).length;
  const redriven = await site.app.runs.redrive(await site.app.runs.select(id, { outcome: ["failed"] }));
  expect(redriven.targets).toBe(5);
  await site.over(id, 60_000);
  const subjects = (await emulator.ledger(before)).map(({ subject }) => subject ?? "");
  expect(subjects.sort()).toEqual([...broken].sort());
  await expectWhole(site, emulator, id);
});

test("a second run of a job on one tenant is refused with the id of the first", async () => {
  const site = await openSite(await startEmulatedService({ mailboxes: 10, tenants: 2 }));
  const { id } = await site.start("t0");
  await expect(site.start("t0")).rejects.toMatchObject({
    code: "run-open",
    message: expect.stringContaining(id),
    advice: expect.stringContaining(`runs show ${id}`),
  });
  await expect(site.start("t1")).resolves.toMatchObject({ state: "planned" });
});

test("a tenant that is throttled hard does not hold up another", { timeout: 120_000 }, async () => {
  const emulator = await slowService(200, 2);
  const [throttled] = emulator.tenants;
  const site = await openSite(emulator);
  await site.startWorkers(2);
  const tookMs = ({ startedAtMs = 0, endedAtMs = 0 }): number => endedAtMs - startedAtMs;

  const alone = await site.over((await site.start("t1")).id, 60_000);
  const tenantId = throttled?.tenantId ?? "";
  await emulator.addFaults([{ match: { tenantId }, fault: { kind: "throttled", retryAfter: "3" } }]);
  const { id } = await site.start("t0");
  await until("the other tenant is refused", 10_000, async () =>
    (await emulator.ledger()).some(({ status }) => status === 429) ? true : undefined,
  );
  const beside = await site.over((await site.start("t1")).id, 60_000);
  expect(tookMs(beside)).toBeLessThan(tookMs(alone) * 2);
  expect((await site.app.runs.get(id)).state).toBe("enumerating");

  await emulator.clearFaults();
  await hurry(emulator);
  await site.over(id, 60_000);
  await expectWhole(site, emulator, id);
  await expectWhole(site, emulator, beside.id);
});

test(
  "a sample and a list are read mailbox by mailbox, and are the truth of these",
  { timeout: 60_000 },
  async () => {
    const emulator = await startEmulatedService({ mailboxes: 300, seed: 42 });
    const [tenant] = emulator.tenants;
    const all = [...(await emulator.targets(tenant?.tenantId ?? ""))].sort();
    const site = await openSite(emulator);
    await site.startWorkers(1);

    const sample = await site.start("t0", {
      kind: "sample",
      count: 10,
      types: ["user", "shared", "room", "equipment"],
    });
    expect(await site.over(sample.id, 40_000)).toMatchObject({ state: "complete", outcomes: { ok: 11 } });
    const sampled = (await site.targets(sample.id)).filter(({ kind }) => kind === "mailbox");
    expect(sampled.map(({ id }) => id).sort()).toEqual(all.slice(0, 10));
    await expectTruthOf(site, emulator, sample.id, all.slice(0, 10));

    const before = (await emulator.ledger()).length;
    const five = sampled.slice(0, 5);
    const identities = five.map(({ id, objectId, label }, at) => [label, objectId, id][at % 3] ?? "");
    const list = await site.start("t0", {
      kind: "list",
      identities: [...identities, "nobody@nowhere.example"],
    });
    const listed = await site.over(list.id, 40_000);
    expect(listed).toMatchObject({ state: "complete", outcomes: { ok: 6, gone: 1 } });
    expect((await site.app.runs.verify(list.id)).problems).toEqual([]);
    await expectTruthOf(
      site,
      emulator,
      list.id,
      five.map(({ id }) => id),
    );
    const unscoped = (await emulator.ledger(before)).filter(
      ({ cmdlet, subject, batch }) =>
        cmdlet !== "Get-Recipient" && subject === null && batch === 0 && !OF_GROUPS.has(cmdlet),
    );
    // The planner's trial of what a job reads tenant by tenant; the unknown name, looked for among mailboxes and lists, has no subject either.
    expect(unscoped.length).toBeLessThanOrEqual(5);
  },
);

test(
  "a worker that is told to stop finishes what it has sent, and leaves the rest",
  { timeout: 90_000 },
  async () => {
    const emulator = await slowService(400);
    const site = await openSite(emulator);
    const [worker] = await site.startWorkers(1);
    const { id } = await site.start();
    await site.settledPart(id, 0.2);
    const redisPid = await site.withRedis(async (_redis, pid) => pid);
    const saidAtMs = Date.now();
    expect(await worker?.end("SIGTERM")).toBe(143);
    expect(Date.now() - saidAtMs).toBeLessThan(25_000);

    const reads = (await emulator.ledger()).filter(({ cmdlet }) => cmdlet === "Get-MailboxPermission");
    const settled = new Map((await site.targets(id)).map((target) => [target.id, target.settledAtMs]));
    const drained = reads.filter(
      ({ arrivedAtMs, deliveredAtMs }) => arrivedAtMs <= saidAtMs && (deliveredAtMs ?? saidAtMs) > saidAtMs,
    );
    expect(drained.length, "reads in flight when it was told").toBeGreaterThan(0);
    expect(reads.filter(({ deliveredAtMs }) => deliveredAtMs === null)).toEqual([]);
    expect(reads.slice(1).filter(({ subject }) => settled.get(subject ?? "") === undefined)).toEqual([]);
    expect((await site.app.runs.get(id)).state).toBe("running");
    expect(isAlive(redisPid), "Redis ends with its last user").toBe(false);
    expect(readFileSync(join(site.dataDir, "redis", "redis.log"), "utf8")).toContain("bye bye");

    await hurry(emulator);
    site.startWorker();
    await site.over(id, 60_000);
    expect(accountsOf([], await emulator.ledger(), await site.targets(id)).rereads).toBe(0);
    await expectWhole(site, emulator, id);
  },
);

test(
  "a missing role pauses the run before any mailbox is read, and granting it lets the run go on",
  { timeout: 60_000 },
  async () => {
    const emulator = await startEmulatedService({
      mailboxes: 200,
      profile: SOUND,
      directoryRoles: ["global-reader"],
    });
    const [tenant] = emulator.tenants;
    const site = await openSite(emulator);
    await site.startWorkers(1);
    const { id } = await site.start();
    const { reason } = await site.reached(id, "paused", 30_000);
    expect(reason).toContain("Get-RecipientPermission");
    expect(reason).toContain("Recipient Management");
    const reads = (await emulator.ledger()).filter(({ cmdlet }) => cmdlet === "Get-MailboxPermission");
    expect(reads.length, "the planner's trial").toBeLessThanOrEqual(1);

    await emulator.grant(tenant?.tenantId ?? "", ["exchange-administrator"]);
    await site.app.runs.resume(id);
    await site.over(id, 40_000);
    await expectWhole(site, emulator, id);
  },
);

test("a wrong secret pauses the run, naming tenant and remedy", { timeout: 60_000 }, async () => {
  const emulator = await startEmulatedService({ mailboxes: 50 });
  const site = await openSite(emulator, { secrets: { t0: "guessed" } });
  await site.startWorkers(1);
  const { id } = await site.start();
  const { reason } = await site.reached(id, "paused", 30_000);
  expect(reason).toMatch(/^auth: .*t0.*secret/);
  expect(reason).not.toContain("guessed");
  expect(await emulator.ledger()).toEqual([]);
});

test(
  "an Exchange that goes away pauses the run; when it is back, nothing was lost",
  { timeout: 90_000 },
  async () => {
    const emulator = await slowService(400);
    const site = await openSite(emulator, { settings: { requests: { maxRetries: 2, retryDelayMs: 50 } } });
    await site.startWorkers(2);
    const { id } = await site.start();
    await site.settledPart(id, 0.2);
    await emulator.crash();
    const { reason, outcomes } = await site.reached(id, "paused", 30_000);
    expect(reason).toMatch(
      /^service: Cannot run Get-\w+: cannot reach 127\.0\.0\.1:\d+: the connection was refused/,
    );
    expect(Object.keys(outcomes)).toEqual(["ok"]);

    await emulator.comeBack();
    await hurry(emulator);
    await site.app.runs.resume(id);
    await site.over(id, 60_000);
    await expectWhole(site, emulator, id);
  },
);

test(
  "an Exchange that is back before patience ends is only a pause for breath",
  { timeout: 90_000 },
  async () => {
    const emulator = await slowService(400);
    const site = await openSite(emulator);
    await site.startWorkers(2);
    const { id } = await site.start();
    await site.settledPart(id, 0.2);
    await emulator.crash();
    await emulator.comeBack();
    await hurry(emulator);
    const { calls } = await site.over(id, 60_000);
    expect(calls.retries).toBeGreaterThan(0);
    await expectWhole(site, emulator, id);
  },
);

test(
  "a token that ends in mid-run, or is no longer good, is renewed, and nobody notices",
  { timeout: 60_000 },
  async () => {
    const emulator = await startEmulatedService({
      mailboxes: 400,
      seed: 43,
      profile: { ...SOUND, ...latencyOf(200), quirks: { ...SOUND.quirks, tokenLifetimeSeconds: 4 } },
    });
    await emulator.addFaults([
      { match: { cmdlet: "Get-MailboxPermission", nth: 50 }, fault: { kind: "claims" } },
      { match: { cmdlet: "Get-MailboxPermission", nth: 150 }, fault: { kind: "unauthorized" } },
    ]);
    const site = await openSite(emulator);
    await site.startWorkers(2);
    const { id } = await site.start();
    const { startedAtMs = 0, endedAtMs = 0, outcomes } = await site.over(id, 50_000);
    expect(endedAtMs - startedAtMs).toBeGreaterThan(4_000);
    expect((await emulator.ledgerSummary()).byStatus["401"]).toBeGreaterThanOrEqual(2);
    expect(Object.keys(outcomes)).toEqual(["ok"]);
    await expectWhole(site, emulator, id);
  },
);
