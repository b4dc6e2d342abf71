/** The night against its jobs, each run alone on the same organisation: the same rows, exports and answers, though a process died over the night. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { catalogue } from "../../jobs/index.ts";
import { nightly } from "../../jobs/nightly.ts";
import type { Job, ReadingJob } from "../../src/job/index.ts";
import {
  type Journal,
  openThreadedJournal,
  type RunRecord,
  type StoredRow,
} from "../../src/journal/index.ts";
import {
  comparable,
  compareRuns,
  EXPORT_FORMATS,
  type ExportFormat,
  exportRun,
  PartedJournal,
  whatCanAccess,
  whoCanAccess,
} from "../../src/reports/index.ts";
import { RunDirectory } from "../../src/runs/index.ts";
import { organisation } from "../support/emulated-run.ts";
import { quickDirectory } from "../support/quick-directory.ts";
import { rowsAlone, settledRun } from "../support/settled-run.ts";

const MANY = 5_000;
const MAILBOXES = 120;
const NIGHT = "rnight";
const parts = (nightly.parts ?? []).map(({ job }) => job);
const alone = ({ name }: Job): string => `r-${name}`;
/** Parameters of parts, and of the jobs when they run alone. */
const GIVEN: Readonly<Record<string, object>> = {
  "permission-audit": { expand: "rows", hubMailboxes: 5 },
  // Without the listing that other parts read.
  "forwarding-sweep": { places: ["rules", "tenant"] },
  "quota-sweep": { warnPercent: 20 },
};

let directory = "";
let journal: Journal;
let reports: PartedJournal;

beforeAll(async () => {
  directory = quickDirectory("exosweep-night-");
  journal = await openThreadedJournal({ path: join(directory, "journal.db") });
  reports = new PartedJournal(journal, catalogue);
  const emulated = organisation(MAILBOXES);
  const jobs = parts.map(({ name }) => name);
  await settledRun(journal, nightly, emulated, { id: NIGHT, params: { jobs, ...GIVEN }, dies: true });
  for (const job of parts)
    await settledRun(journal, job, emulated, { id: alone(job), params: GIVEN[job.name] ?? {} });
}, 60_000);

afterAll(async () => {
  await journal.close();
  await rm(directory, { recursive: true });
});

test(
  "of 5,000 mailboxes each part brings the rows its job brings, in calls that are made once",
  { timeout: 120_000 },
  async () => {
    const emulated = organisation(MANY);
    const how = { id: "rmany", dies: true, seals: false };
    const { calls } = await settledRun(journal, nightly, emulated, how);
    const usual = (nightly.parts ?? []).filter((part) => part.wanted(nightly.params.parse({})));
    expect(usual.length).toBeGreaterThan(7);
    const apart = new Map<string, number>();
    const add = (cmdlet: string, made: number): Map<string, number> =>
      apart.set(cmdlet, (apart.get(cmdlet) ?? 0) + made);
    for (const { job } of usual) {
      const own = await rowsAlone(journal, job, emulated, "rmany");
      expect(own.rows.length).toBeGreaterThan(0);
      const rows: StoredRow[] = [];
      for await (const chunk of reports.rows(`rmany:${job.name}`)) rows.push(...chunk);
      // One of them: a difference of thousands is of no use to anybody.
      expect(rows.length).toBe(own.rows.length);
      const other = rows.findIndex((row, n) => !isDeepStrictEqual(row, own.rows[n]));
      expect(rows[other]).toEqual(own.rows[other]);
      for (const [cmdlet, made] of own.calls) add(cmdlet, made);
      // Whoever looks for rules that hide reads all that who looks for rules that forward reads.
      if (job.name === "forwarding-sweep") add("Get-InboxRule", -(own.calls.get("Get-InboxRule") ?? 0));
    }
    // A listing that three parts share, and one that two do.
    // And the listing that the dead process had begun was read again.
    add("Get-Mailbox", 1 - 2);
    add("Get-CASMailbox", -1);
    // Two passes over the mailboxes, and everybody who can hold a right: once for all.
    for (const cmdlet of ["Get-Mailbox", "Get-Mailbox", "Get-User", "Get-Group", "Get-Recipient"])
      add(cmdlet, 1);
    expect(Object.fromEntries(calls)).toEqual(Object.fromEntries(apart));
  },
);

async function recordOf(id: string): Promise<RunRecord> {
  const run = await reports.run(id);
  if (run === undefined) throw new Error(`There is no run ${id}`);
  return run;
}

/** Rows with the one id in them that a run of its own cannot share. */
async function rowsOf(id: string): Promise<readonly StoredRow[]> {
  const rows: StoredRow[] = [];
  for await (const chunk of reports.rows(id)) rows.push(...chunk.map(withoutRun));
  return rows;
}

function withoutRun(stored: StoredRow): StoredRow {
  return { ...stored, row: { ...stored.row, RunId: "r" } };
}

test("a part is counted as its own run is", async () => {
  for (const job of parts) {
    const [part, own] = [await recordOf(`${NIGHT}:${job.name}`), await recordOf(alone(job))];
    const counted = ({ state, outcomes, rows, noise, manifest, summary, params }: RunRecord) => ({
      state,
      outcomes,
      rows,
      noise,
      summary,
      params,
      targets: manifest?.count,
    });
    expect(counted(part)).toEqual(counted(own));
    for (let line = MAILBOXES; line <= (own.manifest?.count ?? 0); line += 1) {
      const status = await reports.target(part.id, line);
      expect(status).toMatchObject({ line, id: (await journal.target(own.id, line))?.id, outcome: "ok" });
    }
  }
});

describe("the export of a part is that of its own run, but for ids and times", () => {
  async function exported(job: ReadingJob, run: RunRecord, format: ExportFormat): Promise<readonly Buffer[]> {
    const own = await recordOf(alone(job));
    const manifest = run.manifest && { ...run.manifest, sha256: own.manifest?.sha256 ?? "" };
    const { partOf: _, ...record } = { partOf: undefined, ...run };
    const { id, chain, createdAtMs, startedAtMs, endedAtMs, workers } = own;
    const renamed = { ...record, manifest, id, chain, createdAtMs, startedAtMs, endedAtMs, workers };
    const source = {
      target: (_run: string, line: number) => reports.target(run.id, line),
      lookUp: (_run: string, keys: readonly string[]) => reports.lookUp(run.id, keys),
      async *rows() {
        for await (const chunk of reports.rows(run.id)) yield chunk.map(withoutRun);
      },
    };
    const folder = await mkdtemp(join(directory, "export-"));
    const out = join(folder, `rows.${format}`);
    await exportRun({ journal: source, run: renamed, job, format, out, includeNoise: true });
    return Promise.all([readFile(out), readFile(`${out}.manifest.json`)]);
  }

  test.each(parts.map((job) => [job.name, job] as const))("%s as CSV", async (name, job) => {
    const part = await exported(job, await recordOf(`${NIGHT}:${name}`), "csv");
    expect(part).toEqual(await exported(job, await recordOf(alone(job)), "csv"));
    expect(part[0]?.length).toBeGreaterThan(MAILBOXES);
  });

  test.each(EXPORT_FORMATS)("forwarding-sweep as %s", async (format) => {
    const job = parts.find(({ name }) => name === "forwarding-sweep");
    if (job === undefined) throw new Error("It is no part of the night");
    const part = await exported(job, await recordOf(`${NIGHT}:${job.name}`), format);
    expect(part).toEqual(await exported(job, await recordOf(alone(job)), format));
  });
});

test("a part compares with its own run, mailbox by mailbox, and nothing has changed", async () => {
  for (const job of parts) {
    const runs = comparable(await recordOf(alone(job)), await recordOf(`${NIGHT}:${job.name}`), job);
    if ("fact" in runs) throw new Error(runs.fact);
    const { counts, gaps } = await compareRuns({ journal: reports, runs, includeNoise: true });
    const params = job.params.parse(GIVEN[job.name] ?? {});
    const silent = job.cmdlets.filter((need) => need.wanted?.(params) === false);
    const notAsked = [alone(job), `${NIGHT}:${job.name}`].flatMap((run) =>
      silent.map(({ cmdlet }) => `run ${run} was not asked for ${cmdlet}`),
    );
    expect({ job: job.name, gaps, mailboxes: counts.mailboxes }).toEqual({
      job: job.name,
      gaps: notAsked,
      mailboxes: { all: MAILBOXES, added: 0, gone: 0, unknown: 0, changed: 0 },
    });
    expect(Object.values(counts.changes).every((rows) => rows === 0)).toBe(true);
  }
});

test("who can access what is answered from the night as from the runs of its jobs", async () => {
  const only = (ids: (run: string) => boolean) => ({
    journal: Object.assign(Object.create(journal) as Journal, {
      runs: async () => (await journal.runs()).filter(({ id }) => ids(id)),
    }),
    catalogue,
    tenant: "contoso",
    findIn: (run: string) => new RunDirectory(run, journal, undefined),
    includeNoise: true,
  });
  const [night, others] = [only((id) => id === NIGHT), only((id) => id.startsWith("r-"))];
  const holders = new Set<string>();
  const mailboxes = new Set<string>();
  for (const { row } of (await rowsOf("r-permission-audit")).slice(0, 1_000)) {
    if (typeof row["TrusteeId"] === "string" && row["TrusteeId"] !== "unknown") holders.add(row["TrusteeId"]);
    mailboxes.add(String(row["MailboxId"]));
  }
  const told = ({ accesses, complete }: Awaited<ReturnType<typeof whoCanAccess>>) => ({
    complete,
    accesses: accesses.map(({ source, ...access }) => ({
      ...access,
      source: { ...source, ...(source.readAt && { readAt: "t" }) },
      run: "r",
      since: "s",
    })),
  });
  let answered = 0;
  for (const [ask, names] of [
    [whoCanAccess, mailboxes],
    [whatCanAccess, holders],
  ] as const)
    for (const name of [...names].slice(0, 15)) {
      const answer = told(await ask(night, name));
      expect(answer).toEqual(told(await ask(others, name)));
      answered += answer.accesses.length;
    }
  expect(answered).toBeGreaterThan(30);
});
