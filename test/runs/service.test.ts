import { expect, test } from "vitest";
import { applyChanges } from "../../jobs/apply-changes.ts";
import { permissionAudit } from "../../jobs/permission-audit.ts";
import { defaultSettings } from "../../src/config.ts";
import { createRunService } from "../../src/runs/index.ts";
import { bulkTarget, mailboxTarget } from "../../src/runs/targets.ts";
import type { Journal } from "../../src/journal/index.ts";
import type { Job } from "../../src/job/index.ts";
import { freshJournal, newRun } from "../support/journal.ts";

const MAILBOX = {
  id: "aaaaaaaa-0000-4000-8000-000000000001",
  objectId: "",
  type: "user",
  primarySmtp: "ann@contoso.com",
  displayName: "Ann",
  userPrincipalName: "",
  name: "",
  alias: "",
  identity: "",
  distinguishedName: "",
  guid: "",
} as const;

function serviceOf(journal: Journal, catalogue: readonly Job[] = []) {
  return createRunService({
    journal,
    catalogue,
    tenants: [],
    smallScope: 20,
    limits: defaultSettings().limits,
    writes: { settleMs: 1_000 },
    exchange: () => Promise.reject(new Error("Not asked for")),
  });
}

/** A run over one mailbox that failed. */
async function finished(journal: Journal, id: string): Promise<void> {
  await journal.createRun(newRun({ id }));
  await journal.moveRun(id, ["planned"], "enumerating");
  await journal.addTargets(id, [mailboxTarget(MAILBOX, true)]);
  await journal.sealManifest(id);
  await journal.moveRun(id, ["enumerating"], "running");
  await journal.settle({ run: id, line: 1, attempt: 1, worker: "w1", outcome: "failed", rows: [], atMs: 1 });
  await journal.moveRun(id, ["running"], "complete_with_failures");
}

test("redrive opens no target while another run of the job is open: a finished run keeps its outcomes", async () => {
  const journal = await freshJournal();
  await finished(journal, "run-1");
  await journal.createRun(newRun({ id: "run-2" }));
  const service = serviceOf(journal);
  const redriving = service.redrive(await service.select("run-1", { outcome: ["failed"] }));
  await expect(redriving).rejects.toMatchObject({ name: "RunError", code: "run-open" });
  expect(await journal.countPending("run-1")).toBe(0);
});

test("redrive moves a finished run back to running with the targets it opened", async () => {
  const journal = await freshJournal();
  await finished(journal, "run-1");
  const service = serviceOf(journal);
  const { run, targets } = await service.redrive(await service.select("run-1", { outcome: ["failed"] }));
  expect([run.state, targets]).toEqual(["running", 1]);
});

test("cancelAll cancels every run to its last target when one of them ends by itself meanwhile", async () => {
  const real = await freshJournal();
  await finished(real, "run-1");
  await real.createRun(newRun({ id: "run-2", job: "other-job" }));
  await real.moveRun("run-2", ["planned"], "enumerating");
  await real.addTargets("run-2", [mailboxTarget(MAILBOX, true)]);
  const open = await real.openRuns();
  const stale = [
    { id: "run-1", tenant: "contoso", job: "permission-audit", state: "draining" as const },
    ...open,
  ];
  const journal = new Proxy(real, {
    get(target, name) {
      if (name === "openRuns") return () => Promise.resolve(stale);
      const method: unknown = Reflect.get(target, name);
      return typeof method === "function" ? method.bind(target) : method;
    },
  });
  const runs = await serviceOf(journal).cancelAll("enough");
  expect(runs.map(({ id, state }) => [id, state])).toEqual([
    ["run-1", "complete_with_failures"],
    ["run-2", "cancelled"],
  ]);
  expect(await real.countPending("run-2")).toBe(0);
});

test("cancelAll finishes a cancellation that was killed between its two steps", async () => {
  const journal = await freshJournal();
  await journal.createRun(newRun({ id: "run-1" }));
  await journal.addTargets("run-1", [mailboxTarget(MAILBOX, true)]);
  await journal.moveRun("run-1", ["planned"], "cancelled", "enough");
  const runs = await serviceOf(journal).cancelAll("all of it");
  expect(runs.map(({ id, outcomes }) => [id, outcomes])).toEqual([["run-1", { cancelled: 1 }]]);
});

test("a run that writes and was paused before anybody approved its plan goes back to wait for that word", async () => {
  const journal = await freshJournal();
  const service = serviceOf(journal, [applyChanges]);
  await journal.createRun(newRun({ id: "run-1", job: "apply-changes" }));
  await journal.moveRun("run-1", ["planned"], "enumerating");
  await journal.addTargets("run-1", [mailboxTarget(MAILBOX, true)]);
  await journal.sealManifest("run-1");
  await service.pause("run-1", "just after the seal");
  expect((await service.resume("run-1")).state).toBe("planned");
  await journal.moveRun("run-1", ["planned"], "enumerating");
  await journal.moveRun("run-1", ["enumerating"], "awaiting_approval");
  expect((await service.approve("run-1", "anna")).state).toBe("running");
  await service.pause("run-1", "later");
  expect((await service.resume("run-1")).state).toBe("running");
});

/** A finished run that writes, over one target with this outcome. */
async function doubted(journal: Journal, outcome: "unresolved" | "conflict" | "failed"): Promise<void> {
  await journal.createRun(newRun({ id: "run-1", job: "apply-changes" }));
  await journal.moveRun("run-1", ["planned"], "enumerating");
  await journal.addTargets("run-1", [mailboxTarget(MAILBOX, true)]);
  await journal.sealManifest("run-1");
  await journal.moveRun("run-1", ["enumerating"], "running");
  await journal.settle({ run: "run-1", line: 1, attempt: 1, worker: "w1", outcome, rows: [], atMs: 1 });
  await journal.moveRun("run-1", ["running"], "complete_with_failures");
}

test("what was abandoned by a decision is not tried again by any redrive", async () => {
  const journal = await freshJournal();
  await doubted(journal, "conflict");
  const service = serviceOf(journal, [applyChanges]);
  await expect(service.select("run-1", { outcome: ["conflict"] })).rejects.toThrow("nobody knows");
  await service.decide("run-1", 1, "abandon", "anna", "not wanted any more");
  expect((await journal.target("run-1", 1))?.outcome).toBe("skipped");
  expect((await service.select("run-1", {})).lines.size).toBe(0);
  expect((await service.select("run-1", { outcome: ["skipped"] })).lines.size).toBe(0);
});

test("a write is not sent again by a decision in a cancelled run, or beside another run, and then nothing is decided", async () => {
  const journal = await freshJournal();
  await doubted(journal, "unresolved");
  await journal.createRun(newRun({ id: "run-2", job: "apply-changes" }));
  const service = serviceOf(journal, [applyChanges]);
  const again = () => service.decide("run-1", 1, "not-applied", "anna", "I looked");
  await expect(again()).rejects.toMatchObject({ code: "run-open" });
  expect((await journal.target("run-1", 1))?.outcome).toBe("unresolved");
  await journal.moveRun("run-2", ["planned"], "cancelled");
  expect((await again()).state).toBe("running");
});

test("the read of members may be made anew although it was made well, when it is named by its line, and nothing else", async () => {
  const journal = await freshJournal();
  const members = permissionAudit.bulk.find(({ last }) => last)?.name ?? "";
  await journal.createRun(newRun({ id: "run-1", job: "permission-audit" }));
  await journal.moveRun("run-1", ["planned"], "enumerating");
  await journal.addTargets("run-1", [
    mailboxTarget(MAILBOX, true),
    ...["send-as", members].map((name) => bulkTarget(name, "Get-Thing")),
  ]);
  await journal.sealManifest("run-1");
  await journal.moveRun("run-1", ["enumerating"], "running");
  const settle = (line: number, attempt: number): Promise<unknown> =>
    journal.settle({ run: "run-1", line, attempt, worker: "w1", outcome: "ok", rows: [], atMs: 1 });
  for (const line of [1, 2, 3]) await settle(line, 1);
  await journal.moveRun("run-1", ["running"], "complete");
  const service = serviceOf(journal, [permissionAudit]);
  const line = (await journal.targetById("run-1", members))?.line ?? 0;
  expect((await service.select("run-1", { outcome: ["ok"] })).lines.size).toBe(0);
  expect((await service.select("run-1", {})).lines.size).toBe(0);
  const selection = await service.select("run-1", { lines: new Set([1, 2, 3]) });
  expect([...selection.lines]).toEqual([line]);
  const { run, targets } = await service.redrive(selection);
  expect([run.state, run.outcomes, targets]).toEqual(["running", { ok: 2 }, 1]);
  expect(await journal.pending("run-1", 0, 9)).toEqual([line]);
  await settle(line, 2);
  await journal.moveRun("run-1", ["running"], "complete");
  expect((await journal.history("run-1", line)).map(({ outcome }) => outcome)).toEqual(["ok"]);
  await expect(service.redrive(selection)).rejects.toMatchObject({ code: "stale-plan" });
  expect(await journal.verify("run-1")).toMatchObject({ problems: [] });
});

test("a selection is only carried out while its targets are what they were", async () => {
  const journal = await freshJournal();
  await doubted(journal, "failed");
  const service = serviceOf(journal, [applyChanges]);
  const one = await service.select("run-1", { outcome: ["failed"] });
  const other = await service.select("run-1", { outcome: ["failed"] });
  await service.redrive(one);
  await journal.settle({ run: "run-1", line: 1, attempt: 2, worker: "w1", outcome: "ok", rows: [], atMs: 2 });
  await journal.moveRun("run-1", ["running"], "complete");
  await expect(service.redrive(other)).rejects.toMatchObject({ code: "stale-plan" });
  expect((await journal.target("run-1", 1))?.outcome).toBe("ok");
});

test("a finished run with a target that was opened by somebody who died goes on when it is resumed", async () => {
  const journal = await freshJournal();
  await doubted(journal, "unresolved");
  await journal.decide({ run: "run-1", line: 1, reason: "not applied", by: "anna", atMs: 1 });
  expect((await serviceOf(journal, [applyChanges]).resume("run-1")).state).toBe("running");
});
