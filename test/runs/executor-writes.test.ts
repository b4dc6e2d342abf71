import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { applyChanges } from "../../jobs/apply-changes.ts";
import { MachineClock } from "../../src/changes/index.ts";
import { defaultSettings } from "../../src/config.ts";
import { ExoError, type Exchange, type SendOptions } from "../../src/exo/index.ts";
import { type CmdletReply, defineJob, type Job, type Mailbox, type Parameters } from "../../src/job/index.ts";
import { type Delivery, RedisError } from "../../src/queue/index.ts";
import { Executor } from "../../src/runs/executor.ts";
import { OpenRuns } from "../../src/runs/open-runs.ts";
import { RunCache } from "../../src/runs/run-cache.ts";
import { changeTarget } from "../../src/runs/targets.ts";
import { TenantClosed } from "../../src/runs/tenant-closed.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { SignInError } from "../../src/tenants/index.ts";
import { freshJournal, newRun } from "../support/journal.ts";

/** Answers a cmdlet; `beforeSend` is the executor's own, asked as the client asks it. */
type Answer = (cmdlet: string, parameters: Parameters) => CmdletReply | Error;

const REPLY: CmdletReply = {
  rows: [],
  warnings: [],
  errors: [],
  requestId: undefined,
  sentAtMs: 0,
  answeredAtMs: 0,
};

function failure(facts: Partial<ConstructorParameters<typeof ExoError>[1]>): ExoError {
  return new ExoError("Cannot run it", { cmdlet: "Set-Mailbox", kind: "other", remedy: "give-up", ...facts });
}

function mailbox(n: number): Mailbox {
  const id = `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
  const name = `m${n}`;
  const smtp = `${name}@x.example`;
  return {
    id,
    objectId: id,
    type: "user",
    primarySmtp: smtp,
    displayName: name,
    userPrincipalName: smtp,
    name,
    alias: name,
    identity: name,
    distinguishedName: `CN=${name}`,
    guid: id,
  };
}

interface Wishes {
  readonly answer: Answer;
  readonly job?: Job;
  readonly targets?: number;
  readonly snoozes?: number;
  readonly deaths?: number;
}

/** A run of one or more changes, a real journal, and a tenant that answers as told. Marks are set to all mailboxes alike. */
async function setup({ answer, job = applyChanges, targets = 1, snoozes = 1, deaths = 0 }: Wishes) {
  const journal = await freshJournal();
  await journal.createRun(newRun({ job: job.name }));
  await journal.moveRun("run-1", ["planned"], "enumerating");
  const change = { cmdlet: "Set-Mailbox", parameters: { CustomAttribute1: "new" } };
  await journal.addTargets(
    "run-1",
    Array.from({ length: targets }, (_, place) => changeTarget(mailbox(place + 1), change)),
  );
  await journal.sealManifest("run-1");
  await journal.moveRun("run-1", ["enumerating"], "running");
  const telemetry = new Telemetry();
  const open = new OpenRuns(journal, telemetry, 60_000);
  await open.start();
  onTestFinished(() => open.stop());
  const sent: Parameters[] = [];
  const exchange: Exchange = {
    async invoke(cmdlet, parameters, options: SendOptions = {}) {
      if (options.beforeSend !== undefined) {
        await options.beforeSend();
        sent.push(parameters);
      }
      const said = answer(cmdlet, parameters);
      if (said instanceof Error) throw said;
      return said;
    },
    pages: () => {
      throw new Error("Not asked for");
    },
    cmdlets: () => Promise.resolve([]),
    load: { waiting: 0, inFlight: 0 },
    close: () => Promise.resolve(),
  };
  const settings = defaultSettings({ writes: { settleMs: 0, lookGapMs: 0 } });
  const executor = new Executor({
    worker: "w1",
    journal,
    telemetry,
    open,
    marks: {
      mark: () => Promise.resolve(1),
      unmark: () => Promise.resolve(),
      clear: () => Promise.resolve(),
      count: () => Promise.resolve(deaths),
    },
    snoozes: { add: () => Promise.resolve(snoozes) },
    closed: new TenantClosed(() => Promise.resolve(0)),
    cache: new RunCache(journal, [job]),
    limits: settings.limits,
    writes: { times: settings.writes, clock: new MachineClock() },
    exchange: () => Promise.resolve(exchange),
  });
  const deliver = (line: number, over: Partial<Delivery> = {}) =>
    executor.execute({ run: "run-1", line, deaths: 0, signal: new AbortController().signal, ...over });
  return { journal, open, deliver, sent };
}

const looking = (value: string, write: CmdletReply | Error): Answer => {
  return (cmdlet) => (cmdlet === "Get-Mailbox" ? { ...REPLY, rows: [{ CustomAttribute1: value }] } : write);
};

test("Executor settles a write with its intent, and one that was not needed without any", async () => {
  const done = await setup({ answer: looking("old", REPLY) });
  await done.deliver(1);
  expect(await done.journal.target("run-1", 1)).toMatchObject({ outcome: "ok", rows: 1 });
  expect(await done.journal.intents("run-1", 1)).toMatchObject([{ n: 1, end: "sent", effect: "absolute" }]);

  const same = await setup({ answer: looking("new", REPLY) });
  await same.deliver(1);
  expect(await same.journal.target("run-1", 1)).toMatchObject({ outcome: "ok_no_change", rows: 1 });
  expect([same.sent, await same.journal.intents("run-1", 1)]).toEqual([[], []]);
});

test("Executor never loses a write over what its job makes of it", async () => {
  const job = defineJob({
    ...applyChanges,
    writes: true,
    params: z.strictObject({}),
    perform: async ({ write }) => {
      await write();
      throw new TypeError("a fault of the job");
    },
  });
  const { journal, deliver } = await setup({ answer: looking("old", REPLY), job });
  await deliver(1);
  expect(await journal.target("run-1", 1)).toMatchObject({ outcome: "ok", rows: 0 });
});

test("Executor ends the announcement of a write that was refused, whether its target is settled or put off", async () => {
  const refused = await setup({ answer: looking("old", failure({ remedy: "denied" })) });
  await refused.deliver(1);
  expect(await refused.journal.target("run-1", 1)).toMatchObject({ outcome: "denied" });
  expect(await refused.journal.intents("run-1", 1)).toMatchObject([{ end: "refused" }]);

  const busy = await setup({ answer: looking("old", failure({ remedy: "wait", retryAfterMs: 70 })) });
  expect(await busy.deliver(1)).toEqual({ kind: "snoozed", forMs: 70 });
  expect(await busy.journal.intents("run-1", 1)).toMatchObject([{ end: "refused" }]);
  expect(await busy.journal.countPending("run-1")).toBe(1);
});

test("Executor puts a write in doubt off until it can be looked at, and sends it again only after two looks", async () => {
  let lost = true;
  const { journal, deliver, sent } = await setup({
    answer: (cmdlet) => {
      if (cmdlet === "Get-Mailbox") return { ...REPLY, rows: [{ CustomAttribute1: "old" }] };
      return lost ? failure({ kind: "timeout", ambiguous: true }) : REPLY;
    },
  });
  expect(await deliver(1)).toMatchObject({ kind: "snoozed" });
  expect(await journal.target("run-1", 1)).toMatchObject({ outcome: undefined });
  expect(await deliver(1)).toMatchObject({ kind: "snoozed" });
  expect(sent.length).toBe(1);
  expect((await journal.intents("run-1", 1))[0]?.looks).toMatchObject([{ lost: true }, { wanted: false }]);
  lost = false;
  expect(await deliver(1)).toEqual({ kind: "done" });
  expect(sent.length).toBe(2);
  expect(await journal.intents("run-1", 1)).toMatchObject([{ end: "absent" }, { end: "sent" }]);
  expect(await journal.target("run-1", 1)).toMatchObject({ outcome: "ok" });
});

test.each([
  ["too busy to be looked at, for good", { snoozes: 21 }, {}, failure({ remedy: "wait" })],
  ["deleted meanwhile", {}, {}, failure({ remedy: "gone", kind: "not-found" })],
  ["deadly to its workers", { deaths: 2 }, { deaths: 2 }, REPLY],
] as const)(
  "Executor calls a write unresolved whose answer was lost and whose mailbox is %s",
  async (_, wishes, over, look) => {
    let said: CmdletReply | Error = { ...REPLY, rows: [{ CustomAttribute1: "old" }] };
    const { journal, deliver } = await setup({
      ...wishes,
      answer: (cmdlet) => (cmdlet === "Get-Mailbox" ? said : failure({ kind: "network", ambiguous: true })),
    });
    await deliver(1);
    said = look;
    expect(await deliver(1, over)).toEqual({ kind: "done" });
    expect(await journal.target("run-1", 1)).toMatchObject({ outcome: "unresolved" });
    expect(await journal.intents("run-1", 1)).toMatchObject([{ end: "doubtful" }]);
  },
);

test("Executor pauses a run whose targets fail for one cause, one after another", async () => {
  const { journal, deliver } = await setup({ answer: looking("old", failure({})), targets: 4 });
  await journal.setLimits(
    "run-1",
    { failures: null, percent: 100, streak: 3, canary: 0, confirmAbove: 0 },
    undefined,
  );
  await deliver(1);
  await deliver(2);
  expect((await journal.run("run-1"))?.state).toBe("running");
  await deliver(3);
  expect(await journal.run("run-1")).toMatchObject({
    state: "paused",
    reason: "threshold: 3 targets in a row failed for one cause: Set-Mailbox/other",
  });
  expect(await deliver(4)).toEqual({ kind: "done" });
  expect(await journal.countPending("run-1")).toBe(1);
});

test("Executor takes a fault of our own after the announcement for no answer: the write is looked for, not sent again", async () => {
  let fault: CmdletReply | Error = new RedisError("Cannot mark a target", "Look at Redis");
  const { journal, deliver, sent } = await setup({
    answer: (cmdlet) =>
      cmdlet === "Get-Mailbox"
        ? { ...REPLY, rows: [{ CustomAttribute1: sent.length > 0 ? "new" : "old" }] }
        : fault,
  });
  await expect(deliver(1)).rejects.toThrow("Cannot mark");
  expect(await journal.intents("run-1", 1)).toMatchObject([{ end: undefined }]);
  fault = REPLY;
  for (let look = 0; look < 2; look += 1) await deliver(1);
  expect(await journal.target("run-1", 1)).toMatchObject({ outcome: "ok" });
  expect([sent.length, (await journal.intents("run-1", 1)).map(({ end }) => end)]).toEqual([1, ["sent"]]);
});

test("Executor looks for a write whose answer reports errors beside its success", async () => {
  const { journal, deliver, sent } = await setup({
    answer: looking("old", { ...REPLY, errors: ["The operation couldn't be completed for all"] }),
  });
  expect(await deliver(1)).toMatchObject({ kind: "snoozed" });
  expect(await journal.intents("run-1", 1)).toMatchObject([{ end: undefined }]);
  expect(sent.length).toBe(1);
});

test("Executor settles no write as done that its job did not carry out", async () => {
  const job = defineJob({ ...applyChanges, writes: true, perform: () => Promise.resolve([]) });
  const { journal, deliver } = await setup({ answer: looking("old", REPLY), job });
  await deliver(1);
  expect(await journal.target("run-1", 1)).toMatchObject({ outcome: "failed" });
});

test("Executor stops a run at its limit itself, also while nobody plans it", async () => {
  const { journal, deliver } = await setup({ answer: looking("old", failure({})), targets: 4 });
  await journal.setLimits(
    "run-1",
    { failures: 2, percent: 100, streak: 99, canary: 0, confirmAbove: 0 },
    undefined,
  );
  await deliver(1);
  await deliver(2);
  expect(await journal.run("run-1")).toMatchObject({
    state: "paused",
    reason: "threshold: 2 targets failed; the limit is 2",
  });
});

test("Executor tells a write that came late as done, with a reason, and the run still proves itself", async () => {
  // The first look, the two after the answer was lost; then what was sent arrives after all.
  const seen = ["old", "old", "old", "new"];
  const { journal, deliver, sent } = await setup({
    answer: (cmdlet) =>
      cmdlet === "Get-Mailbox"
        ? { ...REPLY, rows: [{ CustomAttribute1: seen.shift() ?? "new" }] }
        : failure({ kind: "timeout", ambiguous: true }),
  });
  for (let times = 0; times < 3; times += 1) await deliver(1);
  expect([sent.length, (await journal.intents("run-1", 1)).map(({ end }) => end)]).toEqual([1, ["absent"]]);
  expect(await journal.target("run-1", 1)).toMatchObject({
    outcome: "ok",
    reason: expect.stringContaining("carried out late"),
  });
  expect((await journal.verify("run-1")).problems).toEqual([]);
});

test("Executor waits for no write that was refused for its token: it was not executed", async () => {
  const noToken = new SignInError("contoso", "the secret has expired", "Make a new one.");
  let said: CmdletReply | Error = noToken;
  const { journal, open, deliver, sent } = await setup({
    answer: (cmdlet) => (cmdlet === "Get-Mailbox" ? { ...REPLY, rows: [{ CustomAttribute1: "old" }] } : said),
  });
  await deliver(1);
  expect(await journal.run("run-1")).toMatchObject({
    state: "paused",
    reason: expect.stringMatching(/^auth: /),
  });
  expect(await journal.intents("run-1", 1)).toMatchObject([{ end: "refused" }]);
  said = REPLY;
  await journal.moveRun("run-1", ["paused"], "running");
  await open.look();
  expect(await deliver(1)).toEqual({ kind: "done" });
  expect([sent.length, (await journal.target("run-1", 1))?.outcome]).toEqual([2, "ok"]);
});
