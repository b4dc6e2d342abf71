/** Parts of a run as runs of their own, where not all went well. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compose } from "../../../jobs/common/compose.ts";
import { catalogue } from "../../../jobs/index.ts";
import type { Job, ReadingJob } from "../../../src/job/index.ts";
import type { Journal, RunRecord, TargetStatus } from "../../../src/journal/index.ts";
import {
  comparable,
  compareRuns,
  completenessOf,
  GroupBook,
  isPart,
  PartedJournal,
  renderSummary,
  summarise,
  summariseUnjudged,
} from "../../../src/reports/index.ts";
import { organisation } from "../../support/emulated-run.ts";
import { freshJournal, freshJournalIn } from "../../support/journal.ts";
import { findPostgres } from "../../support/postgres.ts";
import { sealed, settledRun } from "../../support/settled-run.ts";

const NAMES = ["permission-audit", "quota-sweep", "audit-bypass-sweep", "smtp-auth-sweep"];
const parts = catalogue.filter((job): job is ReadingJob => !job.writes && NAMES.includes(job.name));
const night = compose("night", "Runs several jobs over one list of mailboxes", parts);
const jobs: readonly Job[] = [...parts, night];
const emulated = organisation(60);
const SHARED = "all-get-mailbox";

const postgres = await findPostgres();
afterAll(() => postgres?.[Symbol.asyncDispose]());

/** Where there is no Postgres, it has been said. */
const JOURNALS: readonly (readonly [string, () => Promise<Journal>])[] = [
  ["SQLite", freshJournal],
  ...(postgres === undefined ? [] : ([["Postgres", () => freshJournalIn(postgres)]] as const)),
];

let fresh: () => Promise<Journal>;

async function nightOf(fails: (target: TargetStatus) => boolean = () => false) {
  const journal = await fresh();
  const { run } = await settledRun(journal, night, emulated, { id: "r1", fails });
  const reports = new PartedJournal(journal, jobs);
  return { journal, run, reports, parts: await reports.runsOf(run) };
}

function states(runs: readonly RunRecord[]): Readonly<Record<string, string>> {
  return Object.fromEntries(runs.map((run) => [run.job, completenessOf(run).words]));
}

const YES = Object.fromEntries(NAMES.map((name) => [name, "complete: yes"]));

describe.each(JOURNALS)("in %s", (_where, journalOf) => {
  beforeAll(() => {
    fresh = journalOf;
  });

  test("a bulk read that failed leaves its own part incomplete, and no other", async () => {
    const { run, parts: shown, reports } = await nightOf(({ id }) => id === "permission-audit-send-as");
    expect(run.state).toBe("complete_with_failures");
    const without = expect.stringMatching(/^complete: no \(1 of 63 targets without an answer: failed 1\)$/);
    expect(states(shown)).toEqual({ ...YES, "permission-audit": without });
    expect(shown.map(({ state }) => state).toSorted()).toEqual([
      "complete",
      "complete",
      "complete",
      "complete_with_failures",
    ]);
    expect(await reports.targetById("r1:permission-audit", "send-as")).toMatchObject({ outcome: "failed" });
    expect(await reports.targetById("r1:quota-sweep", "send-as")).toBeUndefined();
    expect(await reports.targetById("r1:quota-sweep", "permission-audit-send-as")).toBeUndefined();
    expect(await reports.targetById("r1:permission-audit", "permission-audit-send-as")).toBeUndefined();
  });

  test("a listing that several parts share is a gap in each of them when it failed", async () => {
    const { parts: shown, reports, journal } = await nightOf(({ id }) => id === SHARED);
    const no = expect.stringContaining("complete: no");
    expect(states(shown)).toEqual({ ...YES, "quota-sweep": no, "audit-bypass-sweep": no });
    const quota = parts.find(({ name }) => name === "quota-sweep");
    if (quota === undefined) throw new Error("It is no part");
    const { run: alone } = await settledRun(journal, quota, emulated, { id: "r2" });
    const after = shown.find(({ job }) => job === quota.name);
    const runs = after && comparable(alone, after, quota);
    if (runs === undefined || "fact" in runs) throw new Error("They cannot be compared");
    const delta = await compareRuns({ journal: reports, runs });
    expect(delta.gaps).toEqual(["limits: not read by run r1:quota-sweep: failed"]);
    expect(delta.counts.changes).toMatchObject({ added: 0, removed: 0 });
  });

  test("who came into a group between two nights is told by one part", async () => {
    const journal = await fresh();
    const both = catalogue.filter(
      (job): job is ReadingJob => !job.writes && /^(folder-)?permission-audit$/.test(job.name),
    );
    const pair = compose("pair", "Runs the two that read groups", both);
    const nights = [
      (await settledRun(journal, pair, emulated, { id: "r1" })).run,
      (await settledRun(journal, pair, emulated, { id: "r2" })).run,
    ];
    const book = new GroupBook(journal, "r2");
    for (const id of (await book.reaches()).keys()) {
      const group = await book.members(id);
      if (group !== undefined && group.members.length > 0)
        await book.keep({ ...group, members: group.members.slice(1) });
    }
    const reports = new PartedJournal(journal, [...both, pair]);
    const [before = [], after = []] = await Promise.all(nights.map((night) => reports.runsOf(night)));
    const left: Record<string, number> = {};
    for (const job of both) {
      const [one, two] = [before, after].map((runs) => runs.find((run) => run.job === job.name));
      const runs = one && two && comparable(one, two, job);
      if (runs === undefined || "fact" in runs) throw new Error("They cannot be compared");
      left[job.name] = (await compareRuns({ journal: reports, runs })).counts.members.removed;
    }
    expect(left).toEqual({ "permission-audit": expect.any(Number), "folder-permission-audit": 0 });
    expect(left["permission-audit"]).toBeGreaterThan(0);
  });

  test("a mailbox that failed is without an answer in every part", async () => {
    const { parts: shown } = await nightOf(({ line }) => line === 7);
    expect(Object.values(states(shown)).every((words) => words.includes("failed 1"))).toBe(true);
  });

  test("before it is sealed, and while it is opened again, a part is counted from its lines", async () => {
    const { journal, run, reports, parts: kept } = await nightOf(({ line }) => line === 7);
    expect(await journal.redrive(run.id, { outcome: ["failed"] })).toBe(1);
    await journal.moveRun(run.id, ["complete_with_failures"], "running");
    const open = await reports.run("r1:quota-sweep");
    const before = kept.find(({ job }) => job === "quota-sweep");
    expect(open).toMatchObject({
      state: "running",
      rows: before?.rows,
      manifest: before?.manifest,
      outcomes: { ok: before?.outcomes.ok ?? 0 },
    });
    expect(completenessOf(open ?? run).words).toContain("not yet 1");
    await journal.settle({ run: run.id, line: 7, attempt: 9, worker: "w", outcome: "ok", rows: [], atMs: 0 });
    await sealed(journal, night, run.id);
    expect((await reports.run("r1:quota-sweep"))?.state).toBe("complete");
  });

  test("its lines have no gaps, and its targets are the mailboxes and its own bulk reads", async () => {
    const { reports, parts: shown } = await nightOf();
    const bulk = {
      "permission-audit": ["send-as", "send-on-behalf", "group-members"],
      "quota-sweep": ["limits"],
    };
    for (const [job, names] of Object.entries(bulk)) {
      const run = shown.find((part) => part.job === job);
      const targets: TargetStatus[] = [];
      for await (const chunk of reports.targets(`r1:${job}`)) targets.push(...chunk);
      expect(targets.map(({ line }) => line)).toEqual(targets.map((_, n) => n + 1));
      expect(targets.length).toBe(run?.manifest?.count);
      expect(targets.slice(60).map(({ id }) => id)).toEqual(names);
      expect(await reports.target(`r1:${job}`, targets.length + 1)).toBeUndefined();
    }
  });

  test("what ran stays what ran, whatever runs today when nobody says which", async () => {
    const { journal, run } = await nightOf();
    const today = compose("night", night.summary, parts, ["quota-sweep"]);
    const names = async (job: Job, record: RunRecord): Promise<readonly string[]> =>
      (await new PartedJournal(journal, [...parts, job]).runsOf(record)).map((part) => part.job);
    expect(await names(today, run)).toEqual(await names(night, run));
    expect((await names(today, run)).length).toBe(NAMES.length);
  });

  test("a judge that throws leaves its own part unjudged, and the summary says so", async () => {
    const { journal, run } = await nightOf();
    const broken = parts.map((job) =>
      job.name === "quota-sweep"
        ? {
            ...job,
            judge: () => ({
              observe: () => {},
              report: () => {
                throw new TypeError("a name");
              },
            }),
          }
        : job,
    );
    const job = compose("night", night.summary, broken);
    await expect(summarise({ journal, run, job })).rejects.toThrow("threw TypeError");
    const summary = await summariseUnjudged({ journal, run, job }, "it throws");
    expect(summary.unjudged).toContain('the rules of the job "quota-sweep" threw TypeError');
    const [quota, ...others] = (summary.parts ?? []).toSorted((one) => (one.job === "quota-sweep" ? -1 : 1));
    expect(quota?.summary).toMatchObject({ unjudged: summary.unjudged, rows: { shown: quota?.rows } });
    expect(others.every((part) => part.summary.unjudged === undefined)).toBe(true);
    expect(others.some((part) => part.summary.findings.groups.length > 0)).toBe(true);
    expect(renderSummary(run, summary)).toContain("could not be judged");
  });

  test("a run without parts, and a name that is none's, are what they are", async () => {
    const { journal, reports } = await nightOf();
    const quota = parts.find(({ name }) => name === "quota-sweep");
    if (quota === undefined) throw new Error("It is no part");
    const { run } = await settledRun(journal, quota, emulated, { id: "r2" });
    expect(await reports.runsOf(run)).toEqual([run]);
    expect(isPart(run)).toBe(false);
    expect(await reports.run("r2")).toEqual(run);
    expect(await reports.run("r1:nobody")).toBeUndefined();
    expect(await reports.run("r3:quota-sweep")).toBeUndefined();
    await expect(rowsIn(reports, "r1:nobody")).rejects.toThrow("There is no part r1:nobody");
  });
});

async function rowsIn(journal: Pick<Journal, "rows">, run: string): Promise<number> {
  let rows = 0;
  for await (const chunk of journal.rows(run)) rows += chunk.length;
  return rows;
}
