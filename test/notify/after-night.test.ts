/** What follows a night: what came and went since people were told last, told once, whoever dies over it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { compose } from "../../jobs/common/compose.ts";
import { defaultSettings, type SinkSettings } from "../../src/config.ts";
import type { Job } from "../../src/job/index.ts";
import type { Journal, RunRecord } from "../../src/journal/index.ts";
import { createAfterNight } from "../../src/notify/after-night.ts";
import type { Message } from "../../src/notify/message.ts";
import { viewsIn } from "../../src/notify/views.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { freshJournal } from "../support/journal.ts";
import { type Box, groupNightJob, night, type NightGroups, nightJob } from "../support/nights.ts";

const NEVER = new AbortController().signal;

function sinks(...over: readonly object[]): readonly SinkSettings[] {
  const webhook = { url: "https://hooks.example/", secret: { env: "HOOK" } };
  const all = (over.length === 0 ? [{}] : over).map((more, place) => ({
    name: `s${place}`,
    webhook,
    ...more,
  }));
  return defaultSettings({ notify: { sinks: all } }).notify.sinks;
}

async function schedule(options: { sinks?: readonly SinkSettings[]; job?: Job; rulesFile?: string } = {}) {
  const journal = await freshJournal();
  const job = options.job ?? nightJob;
  const catalogue = [job, ...(job.parts ?? []).map((part) => part.job)];
  let nowMs = Date.UTC(2026, 10, 23, 4);
  let nights = 0;
  const afterNight = createAfterNight({
    journal,
    viewsOf: viewsIn(journal, catalogue),
    catalogue,
    rulesFile: options.rulesFile,
    sinks: options.sinks ?? sinks(),
    telemetry: new Telemetry(),
    now: () => nowMs,
    wake: () => undefined,
  });
  const follow = (run: RunRecord, before?: RunRecord): Promise<void> =>
    afterNight({ schedule: "nightly", dueMs: nowMs - 3_600_000, run, before }, NEVER);
  return {
    journal,
    follow,
    /** The next night, and what follows it. */
    async night(boxes: Readonly<Record<string, Box>>, groups?: NightGroups | "failed"): Promise<RunRecord> {
      nights += 1;
      nowMs += 86_400_000;
      const run = await night(journal, `night-${nights}`, boxes, job, groups);
      await follow(run);
      return run;
    },
  };
}

/** Titles of all messages, oldest first, without what is the same in all of them. */
async function told(journal: Journal, sink?: string): Promise<readonly string[]> {
  const found = await journal.deliveries({ sink }, 99);
  return found
    .toReversed()
    .map(({ message }) => (message as Message).title.replace("nightly on contoso", ""));
}

async function last(journal: Journal): Promise<Message> {
  const [delivery] = await journal.deliveries({}, 1);
  return delivery?.message as Message;
}

test("the first night tells of all there is, the next ones of what came and went, and of nothing when nothing did", async () => {
  const { journal, night: next } = await schedule({ sinks: sinks({ details: "examples" }) });
  await next({ sales: ["anna FullAccess"], info: ["bob SendAs"] });
  await next({ sales: ["anna FullAccess"], info: ["bob SendAs"] });
  const third = await next({ sales: ["anna FullAccess", "eve FullAccess"], info: [] });
  expect(await told(journal)).toEqual([
    " (first night): 1 high, 1 medium findings new",
    ": 1 high finding new; 1 medium finding gone",
  ]);
  expect(await last(journal)).toMatchObject({
    type: "night.over",
    run: third.id,
    comparedWith: "night-2",
    state: "complete",
    trouble: null,
    findings: { new: { high: 1 }, gone: { medium: 1 } },
    rules: [
      { job: "rights", rule: "full", severity: "high", words: "opens everything", new: 1, gone: 0 },
      { rule: "send", new: 0, gone: 1 },
    ],
    examples: { new: ["eve holds FullAccess on sales@x"], gone: ["bob holds SendAs on info@x"] },
    changes: { added: 1, removed: 1 },
  });
});

test("of a night of several jobs each part is judged and compared by itself", async () => {
  const gates = { ...nightJob, name: "gates" };
  const job = compose("several", "Runs both", [nightJob, gates]);
  const { journal, night: next } = await schedule({ job });
  await next({ sales: ["anna FullAccess rights", "anna FullAccess gates"], info: [] });
  await next({ sales: ["anna FullAccess rights", "anna FullAccess gates"], info: [] });
  await next({ sales: ["anna FullAccess rights"], info: ["anna FullAccess gates", "eve SendAs rights"] });
  expect(await told(journal)).toEqual([
    " (first night): 2 high findings new",
    ": 1 high, 1 medium findings new; 1 high finding gone",
  ]);
  expect(await last(journal)).toMatchObject({
    rules: [
      { job: "gates", rule: "full", new: 1, gone: 1 },
      { job: "rights", rule: "send", new: 1, gone: 0 },
    ],
    changes: { added: 2, removed: 1 },
  });
});

test("the night that is compared with is the last that was told of, not a run that somebody made by day", async () => {
  const { journal, night: next, follow } = await schedule();
  const first = await next({ sales: [] });
  const byDay = await night(journal, "by-day", { sales: ["eve FullAccess"] });
  const second = await night(journal, "night-2", { sales: ["eve FullAccess"] });
  await follow(second, byDay);
  expect(await told(journal)).toEqual([": 1 high finding new"]);
  expect(await last(journal)).toMatchObject({ comparedWith: first.id });
});

test("before anybody was told, it is the last complete run there is", async () => {
  const { journal, follow } = await schedule();
  const byDay = await night(journal, "by-day", { sales: ["anna FullAccess"] });
  await follow(await night(journal, "r2", { sales: ["anna FullAccess", "eve FullAccess"] }), byDay);
  expect(await told(journal)).toEqual([": 1 high finding new"]);
});

test("done again after a death, nothing is written twice, nor compared with itself", async () => {
  const { journal, night: next, follow } = await schedule({ sinks: sinks({}, {}) });
  await next({ sales: [] });
  const run = await next({ sales: ["eve FullAccess"] });
  await follow(run);
  await journal.putNote("schedule nightly", "told", { nonsense: true });
  await follow(run);
  const written = await journal.deliveries({}, 9);
  expect(written.map(({ sink }) => sink).toSorted()).toEqual(["s0", "s1"]);
  expect(new Set(written.map(({ id }) => id)).size).toBe(2);
});

test("a mailbox that could not be read for a night brings no finding that is gone, nor one that is new afterwards", async () => {
  const { journal, night: next } = await schedule();
  await next({ sales: ["anna FullAccess"], info: ["bob SendAs"], hr: [] });
  await next({ sales: "failed", info: ["bob SendAs"], hr: [] });
  await next({ sales: "failed", info: ["bob SendAs"], hr: [] });
  await next({ sales: ["anna FullAccess"], info: ["bob SendAs"], hr: ["eve FullAccess"] });
  await next({ sales: ["anna FullAccess"], info: ["bob SendAs"], hr: ["eve FullAccess"] });
  expect(await told(journal)).toEqual([
    " (first night): 1 high, 1 medium findings new",
    ": complete with failures, not all was read",
    ": 1 high finding new; complete again",
  ]);
});

test("a finding that is there when its mailbox is read at last, and was never told of, is new", async () => {
  const { journal, night: next } = await schedule();
  await next({ sales: "denied", info: [] });
  await next({ sales: ["eve FullAccess"], info: [] });
  expect(await told(journal)).toEqual([
    " (first night): complete with failures, not all was read",
    ": 1 high finding new; complete again",
  ]);
  expect((await journal.deliveries({}, 9)).at(-1)?.message).toMatchObject({
    trouble: expect.stringContaining("1 of 2 targets without an answer: denied 1"),
  });
});

test("a mailbox that came or went brings and takes its findings", async () => {
  const { journal, night: next } = await schedule();
  await next({ sales: ["anna FullAccess"] });
  await next({ info: ["bob SendAs"] });
  expect((await told(journal)).at(-1)).toBe(": 1 medium finding new; 1 high finding gone");
});

test("a run that was cancelled is told of once, and compared with by nobody", async () => {
  const { journal, night: next, follow } = await schedule();
  await next({ sales: ["anna FullAccess"] });
  for (const id of ["c1", "c2"]) {
    await journal.createRun({
      id,
      job: "rights",
      tenant: "contoso",
      params: {},
      scope: {},
      naiveCallsPerTarget: 1,
      tenantId: "0b1e0c7c-6f0e-4a6b-9c8e-1f2d3a4b5c6d",
    });
    await journal.moveRun(id, ["planned"], "cancelled", "by hand");
    await follow((await journal.run(id)) ?? failNow());
  }
  await next({ sales: [] });
  expect(await told(journal)).toEqual([
    " (first night): 1 high finding new",
    ": cancelled, not all was read",
    ": 1 high finding gone; complete again",
  ]);
  expect(await last(journal)).toMatchObject({ comparedWith: "night-1" });
});

test("whoever heard that a run is paused hears how it ended", async () => {
  const { journal, night: next } = await schedule();
  await next({ sales: [] });
  const message = { schemaVersion: 1, type: "night.paused", title: "nightly on contoso: the run is paused" };
  const paused = { id: "p", sink: "s0", schedule: "nightly", run: "night-2", createdAtMs: 1 };
  await journal.addDeliveries([{ ...paused, message }]);
  await next({ sales: [] });
  await next({ sales: [] });
  expect(await told(journal)).toEqual([": the run is paused", ": complete again"]);
});

test("each sink hears what it asked for", async () => {
  const { journal, night: next } = await schedule({
    sinks: sinks(
      {},
      { severity: "high" },
      { tell: ["changes"] },
      { schedules: ["weekly"] },
      { tell: ["trouble"] },
    ),
  });
  await next({ sales: [] });
  await next({ sales: ["bob SendAs"] });
  await next({ sales: ["bob SendAs", "bob ReadOnly"] });
  expect(await told(journal, "s0")).toEqual([": 1 medium finding new"]);
  expect(await told(journal, "s1")).toEqual([]);
  expect(await told(journal, "s2")).toEqual([": 1 medium finding new; 1 rows changed", ": 1 rows changed"]);
  expect(await told(journal, "s3")).toEqual([]);
  expect(await told(journal, "s4")).toEqual([]);
});

/** Group F holds FullAccess on three mailboxes, group S SendAs on one; N is in F. */
const BOXES = { a: ["F FullAccess"], b: ["F FullAccess"], c: ["F FullAccess", "S SendAs"] };
const inGroups = (
  F: readonly string[],
  S: readonly string[] = ["bob"],
  N: readonly string[] = [],
): NightGroups => ({
  F: { members: ["N", ...F] },
  S: { members: S },
  N: { members: N, holdsNothing: true },
});

test("who came into groups that hold rights, or left them, is news by itself, and nobody else is", async () => {
  const { journal, night: next } = await schedule({
    job: groupNightJob,
    sinks: sinks({ details: "examples" }, { tell: ["new", "gone", "trouble"] }, { tell: ["changes"] }),
  });
  await next(BOXES, inGroups(["anna"]));
  await next(BOXES, inGroups(["anna"]));
  const third = await next(BOXES, inGroups(["anna"], ["eve", "mal@guest"], ["eve"]));
  await next(BOXES, inGroups(["anna"], ["eve", "mal@guest"], ["eve"]));
  const title = ": 3 came into groups with rights, 1 left";
  expect(await told(journal, "s0")).toEqual([" (first night): 3 high, 1 medium findings new", title]);
  expect(await told(journal, "s1")).toHaveLength(1);
  expect(await told(journal, "s2")).toEqual([title]);
  const [delivery] = await journal.deliveries({ sink: "s0" }, 1);
  expect(delivery?.message).toMatchObject({
    run: third.id,
    findings: { new: {}, gone: {} },
    members: {
      groups: 2,
      cameIn: 3,
      left: 1,
      unknown: 0,
      widest: 3,
      examples: {
        cameIn: [
          "eve@x came into Group N, which is in Group F (FullAccess on 3)",
          "guest mal@guest@x, eve@x came into Group S (SendAs on 1)",
        ],
        left: ["bob@x left Group S (SendAs on 1)"],
      },
    },
    next: ["exosweep findings night-3", "exosweep diff night-2 night-3"],
  });
  const [plain] = await journal.deliveries({ sink: "s2" }, 1);
  expect(JSON.stringify(plain?.message)).not.toContain("eve");
  expect((await journal.events(third.id, 9)).at(-1)?.data).toMatchObject({ new: 0, cameIn: 3, left: 1 });
});

test("of many who came into a group a few are named, those from outside first, and of many groups those that hold most", async () => {
  const { journal, night: next } = await schedule({
    job: groupNightJob,
    sinks: sinks({ details: "examples" }),
  });
  const groups = Array.from({ length: 12 }, (_, n) => `G${n}`);
  // G0 holds rights on one mailbox, G1 on two, and so on.
  const boxes = Object.fromEntries(
    groups.map((_, n) => [`box${n}`, groups.slice(n).map((group) => `${group} ReadOnly`)]),
  );
  const all = (members: readonly string[]): NightGroups =>
    Object.fromEntries(groups.map((group) => [group, { members }]));
  await next(boxes, all([]));
  await next(boxes, all([...Array.from({ length: 1_500 }, (_, n) => `user${n}`), "zoe@guest"]));
  const { members } = await last(journal);
  expect(members).toMatchObject({ groups: 12, cameIn: 18_012, left: 0, widest: 12 });
  expect(members?.examples.cameIn).toHaveLength(10);
  expect(members?.examples.cameIn[0]).toBe(
    "1,501 (guest zoe@guest@x, user0@x, user1@x and others) came into Group G11 (ReadOnly on 12)",
  );
});

test("who came in while groups could not be read is told when they are, and once", async () => {
  const { journal, night: next } = await schedule({ job: groupNightJob });
  const broken = (...S: readonly string[]) => ({ members: S, gap: "the list broke off" });
  await next(BOXES, inGroups(["anna"]));
  await next(BOXES, "failed");
  await next({ ...BOXES, a: "failed" }, inGroups(["anna"], ["bob", "fred"]));
  await next(BOXES, { ...inGroups(["anna"]), S: broken("bob", "fred", "eve") }); // Eve is seen, and told of.
  await next(BOXES, { ...inGroups(["carl"]), S: broken("bob", "fred") });
  await next(BOXES, inGroups(["carl"], ["fred", "eve"]));
  await next(BOXES, inGroups(["carl"], ["fred", "eve"]));
  expect((await told(journal)).slice(1)).toEqual([
    ": complete with failures, not all was read",
    ": 1 came into groups with rights",
    ": 1 came into groups with rights; complete again",
    ": 1 came into groups with rights, 1 left",
    ": 1 left groups with rights",
  ]);
});

test("the members of groups are told by one part of a night, with what the groups hold in all of them", async () => {
  const folders = { ...groupNightJob, name: "folders", bulk: [] };
  const job = compose("several", "Runs both", [groupNightJob, folders]);
  const { journal, night: next } = await schedule({ job, sinks: sinks({ details: "examples" }) });
  const boxes = { a: ["F FullAccess group-rights", "F Reviewer folders"], b: ["F Reviewer folders"] };
  await next(boxes, { F: { members: ["anna"] } });
  await next(boxes, { F: { members: ["anna", "eve"] } });
  expect((await told(journal)).at(-1)).toBe(": 1 came into groups with rights");
  expect((await last(journal)).members?.examples.cameIn).toEqual([
    "eve@x came into Group F (Reviewer on 2, FullAccess on 1)",
  ]);
});

test("the user's rules decide, and a suppression that ends makes its finding new", async () => {
  const directory = mkdtempSync(join(tmpdir(), "exosweep-rules-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const rulesFile = join(directory, "rules.yaml");
  writeFileSync(
    rulesFile,
    `jobs: { rights: { rules: { send: "off" } } }
suppressions:
  - { job: rights, rule: full, trustee: anna, owner: it, reason: agreed, expires: 2026-11-25 }
`,
  );
  const { journal, night: next } = await schedule({ rulesFile });
  const boxes = { sales: ["anna FullAccess", "bob SendAs"] };
  await next({ ...boxes, hr: ["eve FullAccess"] }); // the 24th
  await next(boxes); // the 25th: its last day
  await next(boxes); // the 26th
  await next(boxes);
  expect(await told(journal)).toEqual([
    " (first night): 1 high finding new",
    ": 1 high finding gone",
    ": 1 high finding new",
  ]);
});

test("a rules file that cannot be used keeps nobody from being told", async () => {
  const { journal, night: next } = await schedule({ rulesFile: "/nowhere/rules.yaml" });
  await next({ sales: ["anna FullAccess"] });
  expect(await last(journal)).toMatchObject({
    findings: { new: { high: 1 } },
    trouble: "the rules file cannot be read, so the jobs' own rules were used",
  });
});

test("rules that throw are told of, and hold up nothing", async () => {
  const broken: Job = {
    ...nightJob,
    judge: () => ({
      observe: () => undefined,
      report: () => {
        throw new Error("anna@x");
      },
    }),
  };
  const { journal, night: next } = await schedule({ job: broken });
  await next({ sales: ["anna FullAccess"] });
  await next({ sales: ["anna FullAccess"] });
  expect(await told(journal)).toHaveLength(1);
  expect(await last(journal)).toMatchObject({ trouble: "the rows of rights could not be judged" });
});

test("a run has on record what was found out, sinks or none", async () => {
  const { journal, night: next } = await schedule({ sinks: [] });
  await next({ sales: [] });
  const { id } = await next({ sales: ["eve FullAccess"] });
  const events = await journal.events(id, 9);
  expect(events).toMatchObject([
    {
      kind: "night-told",
      data: { schedule: "nightly", comparedWith: "night-1", new: 1, gone: 0, messages: 0 },
    },
  ]);
});

function failNow(): never {
  throw new Error("Cannot go on: the journal has lost the run");
}
