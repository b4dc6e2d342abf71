/** Plans of writes carried out by real processes against a service that loses requests and answers: nothing is sent blindly twice, and nothing is guessed. */
import { expect, test } from "vitest";
import type { LedgerEntry } from "../../src/emulator/index.ts";
import type { RunRecord } from "../../src/journal/index.ts";
import type { Scope } from "../../src/runs/index.ts";
import { type EmulatedService, latencyOf, SOUND, startEmulatedService } from "../support/emulated-service.ts";
import { until } from "../support/processes.ts";
import { openSite, type Site } from "../support/site.ts";

type Changes = Extract<Scope, { kind: "changes" }>["changes"];

/** Times of the write protocol, a hundred times shorter than in earnest; no run stops by itself unless a test says so. */
const HURRIED = {
  requests: { timeoutMs: 1_500, retryDelayMs: 50 },
  writes: { settleMs: 3_000, lookGapMs: 300, sendByMs: 5_000 },
  limits: { writes: { failures: null, percent: 100, streak: 100_000, canary: 0 } },
} as const;

/** Model seconds pass as fast as real ones: a lag of so long would only make tests slow. */
const QUIET = { ...SOUND.quirks, writeLagSeconds: 0, dirSyncedRefusals: false };

function service(
  mailboxes: number,
  quirks: Readonly<Record<string, unknown>> = {},
): Promise<EmulatedService> {
  const profile = { ...SOUND, ...latencyOf(20), quirks: { ...QUIET, ...quirks } };
  return startEmulatedService({ mailboxes, seed: 41, profile });
}

async function planned(site: Site, changes: Changes): Promise<RunRecord> {
  const { id } = await site.app.runs.start({
    job: "apply-changes",
    tenant: "t0",
    params: {},
    scope: { kind: "changes", changes },
  });
  return site.reached(id, "awaiting_approval", 30_000);
}

async function carriedOut(site: Site, changes: Changes, withinMs = 60_000): Promise<RunRecord> {
  const { id } = await planned(site, changes);
  await site.app.runs.approve(id, "the test");
  return site.over(id, withinMs);
}

async function mailboxesOf(emulator: EmulatedService): Promise<readonly string[]> {
  return emulator.targets(emulator.tenants[0]?.tenantId ?? "");
}

function stamps(mailboxes: readonly string[], word: string): Changes {
  return mailboxes.map((identity, place) => ({
    identity,
    cmdlet: "Set-Mailbox",
    parameters: { CustomAttribute3: `${word}-${place}` },
  }));
}

/** Writes that reached the service, by what they were. */
async function writesOf(emulator: EmulatedService): Promise<readonly (readonly LedgerEntry[])[]> {
  const writes = (await emulator.ledger()).filter(({ write }) => write !== undefined);
  return [
    ...Map.groupBy(
      writes,
      ({ cmdlet, subject, write }) => `${cmdlet} ${subject} ${write?.parameters}`,
    ).values(),
  ];
}

function executions(sends: readonly LedgerEntry[]): number {
  return sends.filter(({ executedAtMs }) => executedAtMs !== null).length;
}

test(
  "a plan waits for somebody's word, is then carried out once, and finds nothing to do the second time",
  { timeout: 90_000 },
  async () => {
    const emulator = await service(60);
    const site = await openSite(emulator, { settings: HURRIED });
    await site.startWorkers(2);
    const changes = stamps(await mailboxesOf(emulator), "wave 1");
    const plan = await planned(site, changes);
    expect(plan.manifest?.count).toBe(changes.length);
    expect(await writesOf(emulator)).toEqual([]);
    await expect(site.app.runs.approve(plan.id, "the test", "0000")).rejects.toThrow("its plan is");
    await site.app.runs.approve(plan.id, "the test", plan.manifest?.sha256);
    expect(await site.over(plan.id, 60_000)).toMatchObject({
      state: "complete",
      outcomes: { ok: changes.length },
    });
    const writes = await writesOf(emulator);
    expect([writes.length, ...new Set(writes.map((sends) => sends.length))]).toEqual([changes.length, 1]);
    expect((await site.app.runs.verify(plan.id)).problems).toEqual([]);

    const again = await carriedOut(site, changes);
    expect(again).toMatchObject({ state: "complete", outcomes: { ok_no_change: changes.length } });
    expect((await writesOf(emulator)).flat()).toHaveLength(changes.length);
  },
);

test(
  "writes whose answers are lost are looked for, and sent again only where they were not executed",
  { timeout: 120_000 },
  async () => {
    const emulator = await service(60, { lostWriteReply: 0.3, lostWriteRequest: 0.3 });
    const site = await openSite(emulator, { settings: HURRIED });
    await site.startWorkers(2);
    const mailboxes = await mailboxesOf(emulator);
    const trustee = mailboxes[0] ?? "";
    const changes = [
      ...stamps(mailboxes, "lost"),
      ...mailboxes.slice(1).map((identity) => ({
        identity,
        cmdlet: "Add-MailboxPermission",
        parameters: { User: trustee, AccessRights: ["FullAccess"] },
      })),
    ];
    const run = await carriedOut(site, changes, 100_000);
    const writes = await writesOf(emulator);
    const lost = writes.flat().filter(({ deliveredAtMs }) => deliveredAtMs === null);
    expect(lost.length).toBeGreaterThan(20);
    // Sent again after it was executed: never. Executed at all: whatever ended well.
    expect(writes.filter((sends) => executions(sends) > 1)).toEqual([]);
    expect(writes.filter((sends) => executions(sends) === 1).length).toBe(
      (run.outcomes.ok ?? 0) + (run.outcomes.unresolved ?? 0),
    );
    // Three lost requests in a row are given up; that is rare.
    expect((run.outcomes.ok ?? 0) / changes.length).toBeGreaterThan(0.9);
    expect((await site.app.runs.verify(run.id)).problems).toEqual([]);
  },
);

test(
  "a write that may happen once only is never sent again: a person decides, and their word is kept",
  { timeout: 90_000 },
  async () => {
    const emulator = await service(60, { lostWriteReply: 0.5, lostWriteRequest: 0.5 });
    const site = await openSite(emulator, { settings: HURRIED });
    await site.startWorkers(1);
    const mailboxes = (await mailboxesOf(emulator)).slice(0, 6);
    const run = await carriedOut(
      site,
      mailboxes.map((identity) => ({ identity, cmdlet: "Start-ManagedFolderAssistant", parameters: {} })),
    );
    expect(run).toMatchObject({ state: "complete_with_failures", outcomes: { unresolved: 6 } });
    const sent = (await writesOf(emulator)).flat();
    expect([sent.length, Math.max(...sent.map(({ write }) => write?.nth ?? 0))]).toEqual([6, 1]);

    await expect(site.app.runs.select(run.id, { outcome: ["unresolved"] })).rejects.toThrow("nobody knows");
    await emulator.setProfile({ quirks: { lostWriteReply: 0, lostWriteRequest: 0 } });
    await site.app.runs.decide(run.id, 1, "applied", "anna", "I looked");
    await site.app.runs.decide(run.id, 2, "abandon", "anna", "no longer wanted");
    await site.app.runs.decide(run.id, 3, "not-applied", "anna", "I looked");
    await expect(site.app.runs.decide(run.id, 1, "abandon", "ben", "I differ")).rejects.toThrow(
      "not in doubt",
    );
    const after = await site.over(run.id, 30_000);
    expect(after.outcomes).toEqual({ ok: 2, skipped: 1, unresolved: 3 });
    expect((await writesOf(emulator)).flat()).toHaveLength(7);
    expect((await site.app.runs.doubt(run.id, 1)).history).toMatchObject([{ outcome: "unresolved" }]);
    const words = (await site.app.runs.events(run.id, 100)).filter(({ kind }) => kind === "decided");
    expect(words.map(({ data }) => data)).toMatchObject([{ by: "anna" }, { by: "anna" }, { by: "anna" }]);
    expect((await site.app.runs.verify(run.id)).problems).toEqual([]);
  },
);

test(
  "a large plan begins with a few writes and waits for a word; one failure among them stops it",
  { timeout: 90_000 },
  async () => {
    const emulator = await service(80);
    const writes = { ...HURRIED.limits.writes, canary: 10, confirmAbove: 50 };
    const site = await openSite(emulator, { settings: { ...HURRIED, limits: { writes } } });
    await site.startWorkers(2);
    const mailboxes = await mailboxesOf(emulator);
    const plan = await planned(site, stamps(mailboxes, "canary"));
    await site.app.runs.approve(plan.id, "the test");
    const first = await site.reached(plan.id, "paused", 30_000);
    expect(first.reason).toMatch(
      /^threshold: the first 10 of \d+ targets are done \(10 ok\): look at them, then resume$/,
    );
    expect((await writesOf(emulator)).length).toBe(10);
    await site.app.runs.resume(plan.id);
    expect((await site.over(plan.id, 30_000)).outcomes).toEqual({ ok: mailboxes.length });

    const bad = await planned(
      site,
      mailboxes.map((identity) => ({
        identity,
        cmdlet: "Set-Mailbox",
        parameters: { NoSuchParameter: "x" },
      })),
    );
    await site.app.runs.approve(bad.id, "the test");
    const stopped = await site.reached(bad.id, "paused", 30_000);
    expect(stopped.reason).toMatch(/^threshold: \d+ of the first 10 targets failed$/);
    expect(Object.values(stopped.outcomes).reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(10);
  },
);

test(
  "a cancelled run sends nothing more, and says of every write on its way what became of it",
  { timeout: 90_000 },
  async () => {
    const emulator = await service(200);
    await emulator.setProfile(latencyOf(400));
    const site = await openSite(emulator, {
      settings: {
        ...HURRIED,
        requests: { timeoutMs: 3_000 },
        writes: { ...HURRIED.writes, settleMs: 6_000 },
      },
    });
    await site.startWorkers(2);
    const plan = await planned(site, stamps(await mailboxesOf(emulator), "cancelled"));
    await site.app.runs.approve(plan.id, "the test");
    await site.settledPart(plan.id, 0.2);
    await site.app.runs.cancel(plan.id, "changed my mind");
    const run = await until("every target has its outcome", 30_000, async () => {
      const now = await site.app.runs.get(plan.id);
      const settled = Object.values(now.outcomes).reduce((sum, count) => sum + count, 0);
      return settled === now.manifest?.count ? now : undefined;
    });
    const writes = await writesOf(emulator);
    const done = new Set(writes.filter((sends) => executions(sends) > 0).map(([one]) => one?.subject));
    const unsent = (await site.targets(plan.id)).filter(({ outcome }) => outcome === "cancelled");
    expect(unsent.length).toBeGreaterThan(0);
    expect(
      unsent.filter(
        ({ objectId, data }) => done.has(objectId) || done.has(Reflect.get(Object(data), "mailboxId")),
      ),
    ).toEqual([]);
    expect(done.size).toBe((run.outcomes.ok ?? 0) + (run.outcomes.unresolved ?? 0));
    expect((await site.app.runs.verify(plan.id)).problems).toEqual([]);
  },
);
