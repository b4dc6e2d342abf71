import { expect, test } from "vitest";
import { applyChanges } from "../../jobs/apply-changes.ts";
import { defaultSettings } from "../../src/config.ts";
import { createRunService } from "../../src/runs/index.ts";
import { mailboxTarget } from "../../src/runs/targets.ts";
import type { Journal } from "../../src/journal/index.ts";
import type { Job } from "../../src/job.ts";
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
