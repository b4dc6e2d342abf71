/** A whole run of a job on an organisation of the emulator: enumerated and performed, one target after another, without queue and wire. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Organisation, OrganisationOptions } from "../../src/emulator/cmdlet.ts";
import { createOrganisation } from "../../src/emulator/organisation/index.ts";
import type { FoundRow, Job, TargetType } from "../../src/job/index.ts";
import { type Journal, openSqliteJournal, type Target } from "../../src/journal/index.ts";
import { GroupBook } from "../../src/reports/index.ts";
import { JobContexts } from "../../src/runs/contexts.ts";
import { enumerate } from "../../src/runs/enumerate.ts";
import { DEFAULT_TYPES, type Scope } from "../../src/runs/scope.ts";
import { subjectOf } from "../../src/runs/targets.ts";
import { judgeOf } from "./findings.ts";
import { emulatedExchange } from "./emulated-exchange.ts";
import { quickDirectory } from "./quick-directory.ts";

const TENANT = "11111111-1111-4111-8111-111111111111";
/** Targets in hand at once. */
const AT_ONCE = 50;

export function organisation(mailboxes: number, more: Partial<OrganisationOptions> = {}): Organisation {
  return createOrganisation({
    tenantId: TENANT,
    domain: "contoso.onmicrosoft.com",
    mailboxes,
    seed: 7,
    ...more,
  });
}

export interface EmulatedRun {
  /** As people see them, hidden ones included. */
  readonly rows: readonly FoundRow[];
  /** Calls by cmdlet, pages apart. */
  readonly calls: ReadonlyMap<string, number>;
  readonly counts: ReadonlyMap<string, number>;
  /** Where it is on record, when that was asked for; closed with the test. */
  readonly journal: Journal;
}

/** @param smallScope runs with at most this many mailboxes read everything per mailbox */
export async function runEmulated(
  job: Job,
  emulated: Organisation,
  {
    params = {},
    smallScope = 0,
    record = false,
    types = DEFAULT_TYPES,
  }: {
    readonly params?: object;
    readonly smallScope?: number;
    /** Settles each target, as an executor does. */
    readonly record?: boolean;
    /** What the run is about. */
    readonly types?: readonly TargetType[];
  } = {},
): Promise<EmulatedRun> {
  const directory = quickDirectory("exosweep-emulated-");
  const journal = await openSqliteJournal({ path: join(directory, "journal.db") });
  onTestFinished(async () => {
    await journal.close();
    await rm(directory, { recursive: true });
  });
  const exo = emulatedExchange(emulated);
  const { signal } = new AbortController();
  const run = { id: "r1", job, params: job.params.parse(params), tenant: "t", tenantId: TENANT };
  const scope: Scope = { kind: "all", types: [...types] };
  const { id, tenant } = run;
  const { naiveCallsPerTarget } = job;
  await journal.createRun({
    id,
    job: job.name,
    tenant,
    tenantId: TENANT,
    params: {},
    scope,
    naiveCallsPerTarget,
  });
  await enumerate({ journal, exo, job, run: id, params: run.params, scope, smallScope, signal });

  const contexts = new JobContexts(journal, async () => exo);
  const counts = new Map<string, number>();
  const found: FoundRow[] = [];
  if (record) await journal.moveRun(id, ["planned"], "running");
  const settle = async (line: number, rows: readonly FoundRow[]): Promise<void> => {
    found.push(...rows);
    const stored = rows.map(({ about, noise, row }) => ({ about, noise, row }));
    if (record)
      await journal.settle({
        run: id,
        line,
        attempt: line,
        worker: "w1",
        outcome: "ok",
        rows: stored,
        atMs: 0,
      });
  };
  const readBulk = async (target: Target, last: boolean): Promise<void> => {
    const subject = subjectOf(target);
    const bulk = job.bulk.find(({ name }) => subject.kind === "bulk" && subject.name === name);
    if (bulk === undefined || (bulk.last ?? false) !== last) return;
    const attempt = { task: taskOf(target), run, signal, redrive: 0, counts, suspect: undefined };
    const context = await contexts.bulk(attempt, subject.kind === "bulk" && subject.small);
    const own: FoundRow[] = [];
    const soFar = [...found];
    const rows = async function* (): AsyncGenerator<readonly FoundRow[]> {
      yield soFar;
    };
    for await (const step of bulk.perform({ ...context, rows }))
      if (!("restarted" in step)) own.push(...step);
    await settle(target.line, own);
  };
  const taskOf = ({ line }: Target) => ({ run: run.id, line, tenantId: TENANT });
  for await (const chunk of journal.targets(run.id)) {
    for (let from = 0; from < chunk.length; from += AT_ONCE)
      await Promise.all(
        chunk.slice(from, from + AT_ONCE).map(async (target) => {
          const subject = subjectOf(target);
          const attempt = { task: taskOf(target), run, signal, redrive: 0, counts, suspect: undefined };
          if (subject.kind === "mailbox" && !job.writes)
            await settle(
              target.line,
              await job.perform(await contexts.task(attempt, subject.mailbox, subject.small)),
            );
          await readBulk(target, false);
        }),
      );
  }
  for await (const chunk of journal.targets(run.id)) for (const target of chunk) await readBulk(target, true);
  if (record) await journal.moveRun(id, ["running"], "complete");
  const reaches = await new GroupBook(journal, id).reaches();
  const judge = judgeOf(job, run.params, undefined, reaches);
  const byMailbox = [...Map.groupBy(found, ({ about }) => about).values()];
  for (const rows of byMailbox) judge.observe(rows);
  return { rows: byMailbox.flatMap((rows) => judge.report(rows)), calls: exo.calls, counts, journal };
}
