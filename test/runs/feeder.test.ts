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

test("feed holds back what is to be read last until everything else has its outcome, also when that had to be fed again", async () => {
  const journal = await freshJournal();
  await journal.createRun(newRun());
  await journal.moveRun("run-1", ["planned"], "enumerating");
  await journal.addTargets("run-1", [
    bulkTarget("last", "Get-Thing", { last: true }),
    bulkTarget("one", "Get-Thing"),
    bulkTarget("two", "Get-Thing"),
  ]);
  await journal.sealManifest("run-1");
  await journal.moveRun("run-1", ["enumerating"], "running");
  const fed: number[] = [];
  const settled: number[] = [];
  const queues: Pick<TaskQueues, "add" | "size"> = {
    add: async (_tenant: string, tasks: readonly Task[]) => {
      for (const { line } of tasks) {
        fed.push(line);
        // The second is lost when it is fed first.
        if (line === 3 && fed.filter((one) => one === 3).length === 1) continue;
        if (!settled.includes(line)) settled.push(line);
        const outcome = { attempt: line, worker: "w1", outcome: "ok", rows: [], atMs: 1 } as const;
        await journal.settle({ run: "run-1", line, ...outcome });
      }
    },
    size: () => Promise.resolve(0),
  };
  const parts = {
    journal,
    queues,
    run: "run-1",
    tenantId: "t",
    window: 1_000,
    bulk: ["one"],
    last: ["last"],
  };
  await feed({ ...parts, signal: AbortSignal.timeout(10_000) });
  expect(settled).toEqual([2, 3, 1]);
  expect(fed.filter((line) => line === 1)).toHaveLength(1);
}, 12_000);
