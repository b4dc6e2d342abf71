/**
 * A whole run of a job on an organisation of the emulator, put on record: enumerated, performed, settled, sealed; without queue and wire. Its
 * times are those of the emulator, so that two runs bring the same bytes.
 */
import type { Organisation } from "../../src/emulator/cmdlet.ts";
import type { BulkContext, FoundRow, Groups, Job, ReadingJob } from "../../src/job/index.ts";
import type { Journal, NewRow, RunRecord, StoredRow, TargetStatus } from "../../src/journal/index.ts";
import { indexAccess, summarise } from "../../src/reports/index.ts";
import { JobContexts } from "../../src/runs/contexts.ts";
import { enumerate } from "../../src/runs/enumerate.ts";
import type { Scope } from "../../src/runs/scope.ts";
import { subjectOf } from "../../src/runs/targets.ts";
import { emulatedExchange } from "./emulated-exchange.ts";

const TENANT = "11111111-1111-4111-8111-111111111111";
const SCOPE = { kind: "all", types: ["user", "shared", "room", "equipment"] } satisfies Scope;
/** Targets in hand at once. */
const AT_ONCE = 500;

export interface SettledRunOptions {
  readonly id: string;
  readonly params?: object;
  /** Dies when half of the mailboxes are settled, with rows of a bulk read staged; another process goes on. */
  readonly dies?: boolean;
  /** Instead of what the job does, for a target that fails. */
  readonly fails?: (target: TargetStatus) => boolean;
  readonly smallScope?: number;
  /** False for who only wants its rows: it stays open. */
  readonly seals?: boolean;
}

export interface SettledRun {
  readonly run: RunRecord;
  /** Calls by cmdlet, pages apart, those of the dead process included. */
  readonly calls: ReadonlyMap<string, number>;
}

export async function settledRun(
  journal: Journal,
  job: Job,
  emulated: Organisation,
  { id, params = {}, dies = false, fails = () => false, smallScope = 0, seals = true }: SettledRunOptions,
): Promise<SettledRun> {
  const exo = emulatedExchange(emulated);
  const { signal } = new AbortController();
  const { naiveCallsPerTarget } = job;
  const about = { tenant: "contoso", tenantId: TENANT, scope: SCOPE, naiveCallsPerTarget };
  await journal.createRun({ id, job: job.name, params: JSON.parse(JSON.stringify(params)), ...about });
  await journal.moveRun(id, ["planned"], "enumerating");
  const loaded = { id, job, params: job.params.parse(params), tenant: about.tenant, tenantId: TENANT };
  const scope = SCOPE;
  await enumerate({ journal, exo, job, run: id, params: loaded.params, scope, smallScope, signal });
  await journal.moveRun(id, ["enumerating"], "running");

  /** One process, until it has done so many targets. */
  const work = async (attempt: number, most: number): Promise<void> => {
    const contexts = new JobContexts(journal, async () => exo);
    const perform = async (line: number): Promise<void> => {
      const target = await journal.target(id, line);
      if (target === undefined) throw new Error(`There is no line ${line}`);
      const subject = subjectOf(target);
      const facts = {
        task: { run: id, line, tenantId: TENANT },
        run: loaded,
        signal,
        counts: new Map(),
        suspect: undefined,
        redrive: 0,
      };
      const end = { run: id, line, attempt, worker: `w${attempt}`, atMs: 0 };
      if (fails(target)) {
        await journal.settle({ ...end, outcome: "failed", rows: [] });
      } else if (subject.kind === "mailbox" && !job.writes) {
        const rows = await job.perform(await contexts.task(facts, subject.mailbox, subject.small));
        await journal.settle({ ...end, outcome: "ok", rows: rows.map(newRow) });
      } else if (subject.kind === "bulk") {
        const bulk = job.bulk.find(({ name }) => name === subject.name);
        if (bulk === undefined) throw new Error(`There is no bulk read ${subject.name}`);
        for await (const step of bulk.perform(await contexts.bulk(facts, subject.small))) {
          if ("restarted" in step) await journal.dropStaged(id, line, attempt);
          else await journal.stageRows(id, line, attempt, step.map(newRow));
          if (most !== Infinity) return;
        }
        await journal.settle({ ...end, outcome: "ok", rows: [] });
      }
    };
    const held = await Promise.all(
      job.bulk.filter(({ last }) => last).map(({ name }) => journal.targetById(id, name)),
    );
    const last = held.flatMap((target) => (target === undefined ? [] : [target.line]));
    const pending = (await journal.pending(id, 0, 1_000_000)).filter((line) => !last.includes(line));
    // Who is to die begins with the bulk reads, and leaves them half done.
    const bulk = most === Infinity ? [] : pending.slice(-1);
    const lines = [...bulk, ...pending.slice(0, most)];
    for (let from = 0; from < lines.length; from += AT_ONCE)
      await Promise.all(lines.slice(from, from + AT_ONCE).map(perform));
    if (most === Infinity) for (const line of last) await perform(line);
  };
  if (dies) await work(1, Math.floor((await journal.countPending(id)) / 2));
  await work(2, Infinity);
  return { run: await (seals ? sealed(journal, job, id) : known(journal, id)), calls: exo.calls };
}

/** What the other run has on record is not known here. */
const NO_GROUPS: Groups = {
  members: async () => undefined,
  people: async () => [],
  keep: async () => undefined,
  keepReach: async () => undefined,
};

/**
 * What a run of a job alone would bring, over the list that another run has: rows as a journal gives them, without making one.
 * @param of the run with the list
 */
export async function rowsAlone(
  journal: Journal,
  job: ReadingJob,
  emulated: Organisation,
  of: string,
): Promise<{ readonly rows: readonly StoredRow[]; readonly calls: ReadonlyMap<string, number> }> {
  const exo = emulatedExchange(emulated);
  const { signal } = new AbortController();
  const contexts = new JobContexts(journal, async () => exo);
  const run = { id: of, job, params: job.params.parse({}), tenant: "contoso", tenantId: TENANT };
  const facts = (line: number) => ({
    run,
    signal,
    counts: new Map<string, number>(),
    suspect: undefined,
    redrive: 0,
    task: { run: of, line, tenantId: TENANT },
  });
  const rows: StoredRow[] = [];
  let mailboxes = 0;
  for await (const chunk of journal.targets(of))
    for (const target of chunk) {
      const subject = subjectOf(target);
      if (subject.kind !== "mailbox") continue;
      mailboxes += 1;
      const found = await job.perform(
        await contexts.task(facts(target.line), subject.mailbox, subject.small),
      );
      rows.push(...found.map((row) => ({ ...newRow(row), line: target.line })));
    }
  for (const [n, bulk] of job.bulk.entries()) {
    const line = mailboxes + n + 1;
    const soFar = [...rows];
    const context: BulkContext<unknown> = {
      ...(await contexts.bulk(facts(line))),
      async *rows() {
        yield soFar;
      },
      groups: NO_GROUPS,
    };
    for await (const step of bulk.perform(context))
      if (!("restarted" in step)) rows.push(...step.map((row) => ({ ...newRow(row), line })));
  }
  return { rows: rows.toSorted((one, other) => one.about - other.about), calls: exo.calls };
}

/** As the planner does it. */
export async function sealed(journal: Journal, job: Job, id: string): Promise<RunRecord> {
  await indexAccess({ journal, run: id, job });
  const run = await known(journal, id);
  await journal.setSummary(id, await summarise({ journal, run, job }));
  const failed = (run.outcomes.failed ?? 0) > 0;
  await journal.moveRun(id, ["running"], failed ? "complete_with_failures" : "complete");
  return known(journal, id);
}

async function known(journal: Journal, id: string): Promise<RunRecord> {
  const run = await journal.run(id);
  if (run === undefined) throw new Error(`The journal has lost run ${id}`);
  return run;
}

function newRow({ about, noise, row }: FoundRow): NewRow {
  return { about, noise, row };
}
