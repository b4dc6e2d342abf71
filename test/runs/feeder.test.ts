import { expect, test } from "vitest";
import type { Task, TaskQueues } from "../../src/queue/index.ts";
import { feed } from "../../src/runs/feeder.ts";
import { bulkTarget } from "../../src/runs/targets.ts";
import { freshJournal, newRun } from "../support/journal.ts";

test("feed finds a lost task also when another run's tasks hide it in the count of the tenant's queue", async () => {
  const journal = await freshJournal();
  await journal.createRun(newRun());
  await journal.moveRun("run-1", ["planned"], "enumerating");
  await journal.addTargets("run-1", [bulkTarget("one", "Get-Thing")]);
  await journal.sealManifest("run-1");
  await journal.moveRun("run-1", ["enumerating"], "running");
  let adds = 0;
  const settle = () =>
    journal.settle({ run: "run-1", line: 1, attempt: 1, worker: "w1", outcome: "ok", rows: [], atMs: 1 });
  const queues: Pick<TaskQueues, "add" | "size"> = {
    // The first delivery is lost: the task's worker did not know the run as working yet.
    add: async (_tenant: string, tasks: readonly Task[]) => {
      if (tasks.length > 0 && ++adds > 1) await settle();
    },
    size: () => Promise.resolve(100),
  };
  const parts = { journal, queues, run: "run-1", tenantId: "t", window: 1_000, bulk: [] };
  await feed({ ...parts, signal: AbortSignal.timeout(10_000) });
  expect(adds).toBe(2);
  expect(await journal.countPending("run-1")).toBe(0);
}, 12_000);
