import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { defaultSettings } from "../../src/config.ts";
import { ExoError, type Exchange } from "../../src/exo/index.ts";
import { type AccessReading, defineJob, type Page } from "../../src/job/index.ts";
import { type Journal, JournalError } from "../../src/journal/index.ts";
import type { Task, TaskQueues } from "../../src/queue/index.ts";
import { OpenRuns } from "../../src/runs/open-runs.ts";
import { Planner } from "../../src/runs/planner.ts";
import { RunCache } from "../../src/runs/run-cache.ts";
import { bulkTarget } from "../../src/runs/targets.ts";
import type { Summarise } from "../../src/runs/sum-up.ts";
import { TenantClosed } from "../../src/runs/tenant-closed.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { freshJournal, newRun } from "../support/journal.ts";

const RUN = "run-1";

interface Wishes {
  /** Wraps the journal, to do something right before one of its methods. */
  readonly journal?: (real: Journal) => Partial<Journal>;
  readonly queues?: Partial<TaskQueues>;
  /** What `Get-Mailbox` finds when a name of the list is asked for. */
  readonly invoke?: (journal: Journal) => Promise<void>;
  /** Called when a cmdlet is tried before tasks are queued. */
  readonly tried?: (journal: Journal) => Promise<void>;
  readonly params?: z.ZodType;
  readonly summarise?: Summarise;
  readonly access?: AccessReading;
}

/** A planner of a run over one named mailbox, its queue a list in memory. */
async function setup(wishes: Wishes = {}) {
  const real = await freshJournal();
  const changed = wishes.journal?.(real) ?? {};
  const journal = new Proxy(real, {
    get(target, name) {
      const method: unknown = Reflect.get(changed, name) ?? Reflect.get(target, name);
      return typeof method === "function" ? method.bind(target) : method;
    },
  });
  const job = defineJob({
    name: "test-job",
    summary: "Tests the planner",
    writes: false,
    params: wishes.params ?? z.strictObject({}),
    columns: ["Text"],
    cmdlets: [{ cmdlet: "Get-Thing", role: "View-Only Organization Management", per: "target" }],
    naiveCallsPerTarget: 1,
    bulk: [],
    perform: () => Promise.resolve([]),
    judge: () => ({ observe: () => undefined, report: (rows) => rows }),
    ...(wishes.access === undefined ? {} : { access: wishes.access }),
  });
  await real.createRun(newRun({ id: RUN, job: "test-job", scope: { kind: "list", identities: ["ann"] } }));
  const exchange: Exchange = {
    invoke: async () => {
      await wishes.invoke?.(real);
      const rows = [
        { ExchangeGuid: "aaaaaaaa-0000-4000-8000-000000000001", PrimarySmtpAddress: "ann@contoso.com" },
      ];
      return { rows, warnings: [], errors: [], requestId: undefined, sentAtMs: 0, answeredAtMs: 0 };
    },
    async *pages(): AsyncGenerator<Page> {
      await wishes.tried?.(real);
      yield* [];
    },
    cmdlets: () => Promise.resolve([]),
    load: { waiting: 0, inFlight: 0 },
    close: () => Promise.resolve(),
  };
  const queued: Task[] = [];
  const queues: TaskQueues = {
    add: (_tenant, tasks) => Promise.resolve(void queued.push(...tasks)),
    size: () => Promise.resolve(0),
    wake: () => Promise.resolve(),
    consume: () => Promise.reject(new Error("Not asked for")),
    close: () => Promise.resolve(),
    ...wishes.queues,
  };
  const telemetry = new Telemetry();
  const failed: string[] = [];
  telemetry.on("journal:failed", ({ text }) => failed.push(text));
  const open = new OpenRuns(journal, telemetry, 10);
  await open.start();
  onTestFinished(() => open.stop());
  const planner = new Planner({
    owner: "w1",
    journal,
    queues,
    telemetry,
    open,
    cache: new RunCache(journal, [job]),
    claimMs: 30_000,
    window: 1_000,
    smallScope: 20,
    limits: defaultSettings().limits,
    discovery: true,
    settleMs: 1_000,
    closed: new TenantClosed(() => Promise.resolve(0)),
    exchange: () => Promise.resolve(exchange),
    summarise: wishes.summarise ?? (() => Promise.resolve(null)),
  });
  onTestFinished(() => planner.stop(0));
  const state = async () => (await real.run(RUN))?.state;
  return { journal: real, planner, open, telemetry, queued, failed, state };
}

test("Planner leaves a run paused that was paused while its cmdlets were tried", async () => {
  const { planner, open, state, queued } = await setup({
    tried: async (journal) => {
      // Said by another process: this one has not looked yet.
      await journal.moveRun(RUN, ["enumerating"], "paused", "operator: lunch");
    },
  });
  planner.start();
  await expect.poll(state).toBe("paused");
  await open.look();
  await planner.stop(5_000);
  expect(await state()).toBe("paused");
  expect(queued).toEqual([]);
});

test("Planner neither adds to a manifest nor seals it when another process has begun it anew meanwhile", async () => {
  let entered = false;
  const { journal, planner, failed } = await setup({
    invoke: async (real) => {
      if (entered) return;
      entered = true;
      // This machine slept: its claim is over, and another process begins the manifest anew.
      await real.releaseRun(RUN, "w1");
      await real.claimRun(RUN, "w2", 60_000);
      await real.clearTargets(RUN);
    },
  });
  planner.start();
  await expect
    .poll(() => failed)
    .toContainEqual(expect.stringContaining("another process has begun it anew"));
  await planner.stop(5_000);
  expect(await journal.countPending(RUN)).toBe(0);
  expect((await journal.run(RUN))?.manifest).toBeUndefined();
});

test("Planner says that the journal failed when a run cannot be claimed, and goes on when it can", async () => {
  let full = true;
  const { planner, state, failed } = await setup({
    journal: (real) => ({
      claimRun: (id, owner, leaseMs) =>
        full
          ? Promise.reject(new JournalError("Cannot write the journal: the disk is full", "Free space"))
          : real.claimRun(id, owner, leaseMs),
    }),
  });
  planner.start();
  await expect.poll(() => failed).toContain("Cannot write the journal: the disk is full");
  full = false;
  await expect.poll(state).toBe("running");
});

test("Planner survives that a pause cannot be written, and writes it later", async () => {
  let full = true;
  const { planner, state, failed } = await setup({
    tried: () =>
      Promise.reject(
        new ExoError("Cannot run Get-Thing", { cmdlet: "Get-Thing", kind: "forbidden", remedy: "pause-run" }),
      ),
    journal: (real) => ({
      moveRun: (id, from, to, reason) =>
        full && to === "paused"
          ? Promise.reject(new JournalError("Cannot write the journal: the disk is full", "Free space"))
          : real.moveRun(id, from, to, reason),
    }),
  });
  planner.start();
  await expect.poll(() => failed).toContain("Cannot write the journal: the disk is full");
  full = false;
  await expect.poll(state).toBe("paused");
});

test("Planner stops in time while Redis answers nothing", async () => {
  const { planner, state } = await setup({ queues: { size: () => new Promise(() => {}) } });
  planner.start();
  await expect.poll(state).toBe("running");
  const late = sleep(2_000, "late", { ref: false });
  expect(await Promise.race([planner.stop(50).then(() => "stopped"), late])).toBe("stopped");
});

test("Planner pauses a run whose parameters this build's job does not take", async () => {
  const { journal, planner, state } = await setup({ params: z.strictObject({ needed: z.string() }) });
  planner.start();
  await expect.poll(state).toBe("paused");
  expect((await journal.run(RUN))?.reason).toMatch(/^service: Cannot work on run run-1: this build's job/);
});

test("Planner finishes a cancellation whose process was killed between its two steps", async () => {
  const { journal, planner, state, failed } = await setup();
  await journal.addTargets(RUN, [bulkTarget("all-things", "Get-Thing")]);
  await journal.moveRun(RUN, ["planned"], "cancelled", "enough");
  planner.start();
  await expect.poll(() => journal.target(RUN, 1)).toMatchObject({ outcome: "cancelled", reason: "enough" });
  await planner.stop(5_000);
  expect([await state(), failed]).toEqual(["cancelled", []]);
});

/** Does what the queue's workers would do: every target is read, and one brought a row. */
async function settleAll(journal: Journal): Promise<void> {
  for (const line of await journal.pending(RUN, 0, 10))
    await journal.settle({
      run: RUN,
      line,
      attempt: 1,
      worker: "w1",
      outcome: "ok",
      rows: [{ about: line, noise: undefined, row: { Text: "found" } }],
      atMs: 1,
    });
}

test("Planner completes a run whose findings cannot be judged, with its rows and with a summary that says so", async () => {
  const tried: (string | undefined)[] = [];
  const { journal, planner, state } = await setup({
    summarise: (_run, unjudged) => {
      tried.push(unjudged);
      return unjudged === undefined
        ? Promise.reject(new TypeError("anna@x is not a function"))
        : Promise.resolve({ unjudged });
    },
  });
  planner.start();
  await expect.poll(state).toBe("running");
  await settleAll(journal);
  await expect.poll(state, { timeout: 10_000 }).toBe("complete");
  expect(await journal.run(RUN)).toMatchObject({
    rows: 1,
    summary: { unjudged: "the report threw TypeError" },
  });
  expect(tried).toEqual([undefined, undefined, undefined, "the report threw TypeError"]);
});

test("Planner keeps a run open while the journal cannot be read for its summary", async () => {
  let readable = false;
  const { journal, planner, state } = await setup({
    summarise: () =>
      readable
        ? Promise.resolve("all")
        : Promise.reject(new JournalError("Cannot read the journal: the disk failed", "Mend it")),
  });
  planner.start();
  await expect.poll(state).toBe("running");
  await settleAll(journal);
  await expect.poll(state, { timeout: 10_000 }).toBe("draining");
  readable = true;
  await expect.poll(state, { timeout: 10_000 }).toBe("complete");
  expect((await journal.run(RUN))?.summary).toBe("all");
});

/** Whose row it is: its text. */
const reading: AccessReading = {
  of: (row) => ({
    holder: { id: String(row["Text"]), sid: "", text: "", displayName: "", address: "", type: "user" },
    right: "Everything",
    allow: true,
    inherited: false,
    source: { kind: "direct", path: [] },
    readAt: "",
  }),
  seeks: () => true,
};

async function rowsUnder(journal: Journal, key: string): Promise<number> {
  let rows = 0;
  for await (const some of journal.rowsUnder(RUN, [key])) rows += some.length;
  return rows;
}

test("Planner has the rows of a run indexed when it says that it is complete, also where another died over it", async () => {
  const { journal, planner, state } = await setup({
    access: reading,
    journal: (real) => {
      let deaths = 2;
      return {
        indexAccess: (run, stretch, leads) => {
          deaths -= 1;
          return deaths < 0
            ? real.indexAccess(run, stretch, leads)
            : Promise.reject(new JournalError("Cannot write the journal: the disk is full", "Make room"));
        },
      };
    },
  });
  planner.start();
  await expect.poll(state).toBe("running");
  await settleAll(journal);
  await expect.poll(state, { timeout: 15_000 }).toBe("complete");
  expect(await rowsUnder(journal, "id:found")).toBe(1);
  expect(await journal.unindexed(RUN)).toBeUndefined();
});

test("Planner completes a run of a job that cannot say who has access, and warns without a name of the tenant", async () => {
  const { journal, planner, state, telemetry } = await setup({
    access: {
      ...reading,
      of: () => {
        throw new TypeError("anna@contoso.com is not a function");
      },
    },
  });
  const warnings: string[] = [];
  telemetry.on("warning", ({ text }) => warnings.push(text));
  planner.start();
  await expect.poll(state).toBe("running");
  await settleAll(journal);
  await expect.poll(state, { timeout: 10_000 }).toBe("complete");
  expect(warnings).toEqual([
    'Run run-1 cannot be looked up: Cannot tell who has access: the job "test-job" threw TypeError over a row',
  ]);
});
