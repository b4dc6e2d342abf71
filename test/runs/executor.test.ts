import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { MachineClock } from "../../src/changes/index.ts";
import { defaultSettings } from "../../src/config.ts";
import {
  ExoError,
  type Exchange,
  type FailureKind,
  type Remedy,
  type SendOptions,
} from "../../src/exo/index.ts";
import {
  type BulkContext,
  defineJob,
  type FoundRow,
  type ReadingJob,
  type Mailbox,
  type Restarted,
} from "../../src/job/index.ts";
import type { DeathMarks, Delivery, Snoozes, Task } from "../../src/queue/index.ts";
import { RunError } from "../../src/runs/errors.ts";
import { Executor } from "../../src/runs/executor.ts";
import { OpenRuns } from "../../src/runs/open-runs.ts";
import { RunCache } from "../../src/runs/run-cache.ts";
import { bulkTarget, mailboxTarget, nobodyTarget } from "../../src/runs/targets.ts";
import { TenantClosed } from "../../src/runs/tenant-closed.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { JournalError } from "../../src/journal/index.ts";
import { freshJournal, newRun } from "../support/journal.ts";

const MAILBOX: Mailbox = {
  id: "aaaaaaaa-0000-4000-8000-000000000001",
  objectId: "bbbbbbbb-0000-4000-8000-000000000001",
  type: "user",
  primarySmtp: "ann@contoso.com",
  displayName: "Ann",
  userPrincipalName: "ann@contoso.com",
  name: "ann",
  alias: "ann",
  identity: "ann",
  distinguishedName: "",
  guid: "",
};

type Perform = ReadingJob["perform"];
type Bulk = (context: BulkContext<unknown>) => AsyncIterable<readonly FoundRow[] | Restarted>;

interface Wishes {
  readonly perform?: Perform;
  readonly bulk?: Bulk;
  readonly invoke?: Exchange["invoke"];
  readonly pages?: Exchange["pages"];
  readonly closedForMs?: number;
  readonly exchange?: () => Promise<Exchange>;
  readonly snoozes?: Snoozes;
}

/** Shared by processes, as Redis is. */
class CountedSnoozes implements Snoozes {
  readonly #counts = new Map<string, number>();
  add({ run, line }: Task, redrive: number): Promise<number> {
    const key = `${run}/${line}/${redrive}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return Promise.resolve(count);
  }
}

class Marks implements DeathMarks {
  readonly counts = new Map<string, number>();
  mark(task: Task): Promise<number> {
    const count = (this.counts.get(`${task.run}/${task.line}`) ?? 0) + 1;
    this.counts.set(`${task.run}/${task.line}`, count);
    return Promise.resolve(count);
  }
  unmark(task: Task): Promise<void> {
    const key = `${task.run}/${task.line}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) - 1);
    return Promise.resolve();
  }
  clear(task: Task): Promise<void> {
    this.counts.delete(`${task.run}/${task.line}`);
    return Promise.resolve();
  }
  count(task: Task): Promise<number> {
    return Promise.resolve(this.counts.get(`${task.run}/${task.line}`) ?? 0);
  }
}

/** A run with three lines: a mailbox, a name nobody has, a bulk read. */
async function setup(wishes: Wishes = {}) {
  const job = defineJob({
    name: "test-job",
    summary: "Tests the executor",
    writes: false,
    params: z.strictObject({}),
    columns: ["Text"],
    cmdlets: [{ cmdlet: "Get-Thing", role: "View-Only Organization Management", per: "target" }],
    naiveCallsPerTarget: 1,
    bulk: [{ name: "all-things", cmdlet: "Get-Thing", perform: wishes.bulk ?? async function* () {} }],
    perform: wishes.perform ?? (({ line }) => Promise.resolve([{ about: line, row: { Text: "found" } }])),
    judge: () => ({ observe: () => undefined, report: (rows) => rows }),
  });
  const journal = await freshJournal();
  await journal.createRun(newRun({ job: "test-job" }));
  await journal.moveRun("run-1", ["planned"], "enumerating");
  await journal.addTargets("run-1", [
    mailboxTarget(MAILBOX, false),
    nobodyTarget("ghost"),
    bulkTarget("all-things", "Get-Thing"),
  ]);
  await journal.sealManifest("run-1");
  await journal.moveRun("run-1", ["enumerating"], "running");
  const telemetry = new Telemetry();
  const open = new OpenRuns(journal, telemetry, 60_000);
  await open.start();
  onTestFinished(() => open.stop());
  const marks = new Marks();
  const exchange: Exchange = {
    invoke: wishes.invoke ?? (() => Promise.reject(new Error("Not asked for"))),
    pages:
      wishes.pages ??
      (() => {
        throw new Error("Not asked for");
      }),
    cmdlets: () => Promise.resolve([]),
    load: { waiting: 0, inFlight: 0 },
    close: () => Promise.resolve(),
  };
  const settings = defaultSettings();
  const executor = new Executor({
    worker: "w1",
    journal,
    telemetry,
    open,
    marks,
    snoozes: wishes.snoozes ?? new CountedSnoozes(),
    closed: new TenantClosed(() => Promise.resolve(wishes.closedForMs ?? 0)),
    cache: new RunCache(journal, [job]),
    limits: settings.limits,
    writes: { times: settings.writes, clock: new MachineClock() },
    exchange: wishes.exchange ?? (() => Promise.resolve(exchange)),
  });
  const ended: number[] = [];
  telemetry.on("task:ended", ({ line }) => ended.push(line));
  const deliver = (line: number, over: Partial<Delivery> = {}) =>
    executor.execute({ run: "run-1", line, deaths: 0, signal: new AbortController().signal, ...over });
  const rows = async () => {
    const all = [];
    for await (const group of journal.rows("run-1")) all.push(...group.map((row) => row.row["Text"]));
    return all;
  };
  return { journal, open, marks, deliver, rows, ended };
}

function failing(remedy: Remedy, retryAfterMs?: number, kind: FailureKind = "other"): Perform {
  return () =>
    Promise.reject(
      new ExoError("Cannot run Get-Thing", {
        cmdlet: "Get-Thing",
        kind,
        remedy,
        requestId: "q7",
        retryAfterMs,
      }),
    );
}

test("Executor records rows and outcome of a mailbox before its task is done", async () => {
  const { journal, deliver, rows } = await setup();
  expect(await deliver(1)).toEqual({ kind: "done" });
  expect(await journal.target("run-1", 1)).toMatchObject({ outcome: "ok", rows: 1 });
  expect(await rows()).toEqual(["found"]);
});

test("Executor does not read a target again that has its outcome", async () => {
  let reads = 0;
  const { deliver } = await setup({
    perform: () => {
      reads += 1;
      return Promise.resolve([]);
    },
  });
  await deliver(1);
  expect(await deliver(1)).toEqual({ kind: "done" });
  expect(reads).toBe(1);
});

test("Executor reads once when the same task is delivered twice at the same time", async () => {
  let reads = 0;
  const { deliver } = await setup({
    perform: async () => {
      reads += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return [];
    },
  });
  await Promise.all([deliver(1), deliver(1), deliver(1)]);
  expect(reads).toBe(1);
});

test("Executor settles a name nobody has as gone, without a call", async () => {
  const { journal, deliver } = await setup();
  await deliver(2);
  expect(await journal.target("run-1", 2)).toMatchObject({
    outcome: "gone",
    reason: "No mailbox has this identity, or several have",
  });
});

test("Executor keeps the request id and a fingerprint of a failure", async () => {
  const { journal, deliver } = await setup({ perform: failing("give-up") });
  await deliver(1);
  expect(await journal.target("run-1", 1)).toMatchObject({
    outcome: "failed",
    requestId: "q7",
    fingerprint: "Get-Thing/other",
  });
});

test("Executor snoozes a mailbox with its own trouble, and gives it up after twenty times", async () => {
  const { journal, deliver } = await setup({ perform: failing("wait", 5_000) });
  for (let time = 1; time <= 20; time += 1)
    expect(await deliver(1)).toEqual({ kind: "snoozed", forMs: 5_000 });
  expect(await deliver(1)).toEqual({ kind: "done" });
  expect(await journal.target("run-1", 1)).toMatchObject({ outcome: "failed" });
});

test("Executor gives up a mailbox after twenty snoozes in whatever process, and counts anew when it is redriven", async () => {
  const snoozes = new CountedSnoozes();
  for (let time = 1; time <= 20; time += 1) await snoozes.add({ run: "run-1", line: 1 }, 0);
  const { journal, open, deliver } = await setup({ perform: failing("wait", 5_000), snoozes });
  expect(await deliver(1)).toEqual({ kind: "done" });
  expect(await journal.target("run-1", 1)).toMatchObject({ outcome: "failed" });
  await journal.redrive("run-1", { outcome: ["failed"] });
  await open.look();
  expect(await deliver(1)).toEqual({ kind: "snoozed", forMs: 5_000 });
});

test("Executor pauses the run when a role is missing, and settles nothing", async () => {
  const { journal, deliver } = await setup({ perform: failing("pause-run", undefined, "forbidden") });
  await deliver(1);
  expect(await journal.run("run-1")).toMatchObject({ state: "paused", reason: "auth: Cannot run Get-Thing" });
  expect(await journal.countPending("run-1")).toBe(3);
});

test("Executor lets go of a task whose run is paused, and settles nothing", async () => {
  const { journal, open, deliver } = await setup();
  await journal.moveRun("run-1", ["running"], "paused");
  await open.look();
  expect(await deliver(1)).toEqual({ kind: "done" });
  expect(await journal.countPending("run-1")).toBe(3);
});

test("Executor returns a task untouched when it is told to stop", async () => {
  const { journal, deliver } = await setup({ perform: failing("stopped") });
  expect(await deliver(1, { signal: AbortSignal.abort() })).toEqual({ kind: "snoozed", forMs: 0 });
  expect(await journal.countPending("run-1")).toBe(3);
});

test("Executor drops what a bulk read staged before its listing began again", async () => {
  const row = (text: string): FoundRow => ({ about: 1, row: { Text: text } });
  const { journal, deliver, rows } = await setup({
    bulk: async function* () {
      yield [row("lost"), row("lost")];
      yield { restarted: true, reason: "cursor expired" };
      yield [row("first")];
      yield [row("second")];
    },
  });
  await deliver(3);
  expect(await journal.target("run-1", 3)).toMatchObject({ outcome: "ok", rows: 2 });
  expect(await rows()).toEqual(["first", "second"]);
});

test("Executor refuses a write of a job that only reads, before it is sent", async () => {
  const { journal, deliver } = await setup({
    perform: async ({ exo }) =>
      (await exo.invoke("Set-Mailbox", { Identity: "x" })).rows.map(() => ({ about: 1, row: {} })),
  });
  await deliver(1);
  expect(await journal.target("run-1", 1)).toMatchObject({
    outcome: "failed",
    reason: "Cannot send Set-Mailbox: this job only reads",
  });
});

test.for([
  { marked: 0, company: true, where: "in company" },
  { marked: 1, company: false, where: "in a request of its own when one died while it read its reply" },
])(
  "Executor marks a target that was in hand when a worker died, sends it $where, and leaves no mark when it ends",
  async ({ marked, company }) => {
    const seen: (SendOptions | undefined)[] = [];
    const whileRead: number[] = [];
    const { marks, deliver } = await setup({
      perform: async ({ read }) => {
        await read("Get-Thing", {});
        return [];
      },
      invoke: async (_cmdlet, _parameters, options) => {
        seen.push(options);
        await options?.alone?.beforeReply?.();
        whileRead.push(...marks.counts.values());
        return { rows: [], warnings: [], errors: [], requestId: undefined, sentAtMs: 0, answeredAtMs: 0 };
      },
    });
    if (marked > 0) await marks.mark({ run: "run-1", line: 1 });
    await deliver(1, { deaths: 7 });
    expect(seen[0]?.alone).toMatchObject({ company });
    expect(whileRead).toEqual([marked + 1]);
    expect(marks.counts.size).toBe(0);
  },
);

test("Executor marks a suspect bulk read once, and lets its calls travel in company", async () => {
  const seen: SendOptions["alone"][] = [];
  const { marks, deliver } = await setup({
    bulk: async function* ({ exo }) {
      await Promise.all(
        ["a", "b", "c"].map(async (Identity) => {
          await exo.invoke("Get-Thing", { Identity });
        }),
      );
      expect([...marks.counts.values()]).toEqual([1]);
      yield [];
    },
    invoke: async (_cmdlet, _parameters, options) => {
      seen.push(options?.alone);
      await options?.alone?.beforeReply?.();
      return { rows: [], warnings: [], errors: [], requestId: undefined, sentAtMs: 0, answeredAtMs: 0 };
    },
  });
  await deliver(3, { deaths: 1 });
  expect(seen.map((alone) => alone?.company)).toEqual([true, true, true]);
  expect(marks.counts.size).toBe(0);
});

test("Executor holds against a suspect bulk read who dies while a reply is read or recorded, not while the next is waited for", async () => {
  const waits = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
  const counts: number[] = [];
  const count = () => [...marks.counts.values()][0] ?? 0;
  const { marks, deliver, rows } = await setup({
    bulk: async function* ({ exo }) {
      for await (const page of exo.pages("Get-Thing", {})) {
        counts.push(count());
        if ("rows" in page) yield [{ about: 1, row: { Text: "page" } }];
      }
    },
    pages: async function* (_cmdlet, _parameters, options) {
      for (const { promise } of waits) {
        await promise;
        await options?.alone?.beforeReply?.();
        counts.push(count());
        yield { rows: [], warnings: [], errors: [], requestId: undefined, sentAtMs: 0, answeredAtMs: 0 };
      }
    },
  });
  await marks.mark({ run: "run-1", line: 3 });
  const done = deliver(3, { deaths: 1 });
  for (const wait of waits) {
    await expect.poll(count).toBe(1);
    wait.resolve();
    await expect.poll(() => counts.length).toBe(2 * (waits.indexOf(wait) + 1));
  }
  await done;
  expect(counts).toEqual([2, 2, 2, 2, 2, 2]);
  expect(await rows()).toEqual(["page", "page", "page"]);
  expect(marks.counts.size).toBe(0);
});

test("Executor quarantines a target after a worker died reading its reply in a batch and two reading it alone, and only then", async () => {
  const { journal, marks, deliver } = await setup();
  await marks.mark({ run: "run-1", line: 1 });
  await marks.mark({ run: "run-1", line: 1 });
  await deliver(1, { deaths: 1 });
  expect(await journal.target("run-1", 1)).toMatchObject({ outcome: "ok" });

  const other = await setup();
  await other.marks.mark({ run: "run-1", line: 1 });
  await other.marks.mark({ run: "run-1", line: 1 });
  await other.marks.mark({ run: "run-1", line: 1 });
  await other.deliver(1, { deaths: 1 });
  expect(await other.journal.target("run-1", 1)).toMatchObject({
    outcome: "quarantined",
    fingerprint: "poison",
  });
});

test("Executor quarantines a bulk read after ten workers died while they read its replies, and only then", async () => {
  for (const [deaths, outcome] of [
    [9, "ok"],
    [10, "quarantined"],
  ] as const) {
    const { journal, marks, deliver } = await setup();
    for (let time = 1; time <= deaths; time += 1) await marks.mark({ run: "run-1", line: 3 });
    await deliver(3, { deaths: 1 });
    expect(await journal.target("run-1", 3)).toMatchObject({ outcome });
  }
});

test("Executor gives a task back with its whole queue when the tenant is closed for more than a minute, and lets it wait at the gate for less", async () => {
  const long = await setup({ closedForMs: 90_000 });
  expect(await long.deliver(1)).toEqual({ kind: "tenant-closed", forMs: 90_000 });
  expect(await long.journal.countPending("run-1")).toBe(3);
  const short = await setup({ closedForMs: 30_000 });
  expect(await short.deliver(1)).toEqual({ kind: "done" });
});

test("Executor blames no target when its process does not know the tenant: the run is paused and says why", async () => {
  const { journal, deliver } = await setup({
    exchange: () => Promise.reject(new RunError("unknown-tenant", 'Cannot find tenant "contoso"', "Add it")),
  });
  expect(await deliver(1)).toEqual({ kind: "done" });
  expect(await journal.target("run-1", 1)).toMatchObject({ outcome: undefined });
  expect(await journal.run("run-1")).toMatchObject({
    state: "paused",
    reason: 'service: Cannot find tenant "contoso"; Add it',
  });
});

test("Executor blames no target when Redis refuses to mark it", async () => {
  const { journal, marks, deliver } = await setup({
    perform: async ({ read }) => {
      await read("Get-Thing", {});
      return [];
    },
    invoke: async (_cmdlet, _parameters, options) => {
      await options?.alone?.beforeReply?.();
      return { rows: [], warnings: [], errors: [], requestId: undefined, sentAtMs: 0, answeredAtMs: 0 };
    },
  });
  marks.mark = () => Promise.reject(new Error("OOM command not allowed when used memory > 'maxmemory'"));
  await expect(deliver(1, { deaths: 1 })).rejects.toThrow("Cannot mark a target");
  expect(await journal.target("run-1", 1)).toMatchObject({ outcome: undefined });
});

test("Executor blames no bulk read when Redis refuses to take its mark back", async () => {
  const { journal, marks, deliver } = await setup({
    bulk: async function* ({ exo }) {
      for await (const page of exo.pages("Get-Thing", {})) if ("rows" in page) yield [];
    },
    pages: async function* (_cmdlet, _parameters, options) {
      await options?.alone?.beforeReply?.();
      yield { rows: [], warnings: [], errors: [], requestId: undefined, sentAtMs: 0, answeredAtMs: 0 };
    },
  });
  marks.unmark = () => Promise.reject(new Error("OOM command not allowed when used memory > 'maxmemory'"));
  await expect(deliver(3, { deaths: 1 })).rejects.toThrow("Cannot take back the mark of a target");
  expect(await journal.target("run-1", 3)).toMatchObject({ outcome: undefined });
});

test("Executor tells of no end that was not recorded, because a cancel came first", async () => {
  const { journal, deliver, ended } = await setup({
    perform: async () => {
      await journal.moveRun("run-1", ["running"], "cancelled", "enough");
      return [];
    },
  });
  await deliver(1);
  expect(ended).toEqual([]);
  expect(await journal.target("run-1", 1)).toMatchObject({ outcome: undefined });
});

test("Executor holds the tenant's whole queue when an outcome cannot be recorded, so that nothing is read in vain", async () => {
  const { journal, deliver } = await setup({
    perform: () =>
      Promise.reject(new JournalError("Cannot write the journal: the disk is full", "Free some space")),
  });
  expect(await deliver(1)).toEqual({ kind: "tenant-closed", forMs: 10_000 });
  expect(await journal.countPending("run-1")).toBe(3);
});
