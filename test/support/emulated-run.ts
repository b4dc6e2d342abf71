/** A whole run of a job on an organisation of the emulator: enumerated and performed, one target after another, without queue and wire. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Organisation, OrganisationOptions } from "../../src/emulator/cmdlet.ts";
import { createOrganisation } from "../../src/emulator/organisation/index.ts";
import type { FoundRow, Job } from "../../src/job.ts";
import { openSqliteJournal } from "../../src/journal/index.ts";
import { JobContexts } from "../../src/runs/contexts.ts";
import { enumerate } from "../../src/runs/enumerate.ts";
import type { Scope } from "../../src/runs/scope.ts";
import { subjectOf } from "../../src/runs/targets.ts";
import { judgeOf } from "./findings.ts";
import { emulatedExchange } from "./emulated-exchange.ts";

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
}

/** @param smallScope runs with at most this many mailboxes read everything per mailbox */
export async function runEmulated(
  job: Job,
  emulated: Organisation,
  { params = {}, smallScope = 0 }: { readonly params?: object; readonly smallScope?: number } = {},
): Promise<EmulatedRun> {
  const directory = await mkdtemp(join(tmpdir(), "exosweep-emulated-"));
  const journal = await openSqliteJournal({ path: join(directory, "journal.db") });
  onTestFinished(async () => {
    await journal.close();
    await rm(directory, { recursive: true });
  });
  const exo = emulatedExchange(emulated);
  const { signal } = new AbortController();
  const run = { id: "r1", job, params: job.params.parse(params), tenant: "t", tenantId: TENANT };
  const scope: Scope = { kind: "all", types: ["user", "shared", "room", "equipment"] };
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
  const confirm = (): Promise<void> => Promise.resolve();
  await enumerate({ journal, exo, job, run: id, params: run.params, scope, smallScope, signal, confirm });

  const contexts = new JobContexts(journal, async () => exo);
  const counts = new Map<string, number>();
  const found: FoundRow[] = [];
  for await (const chunk of journal.targets(run.id)) {
    for (let from = 0; from < chunk.length; from += AT_ONCE)
      await Promise.all(
        chunk.slice(from, from + AT_ONCE).map(async (target) => {
          const subject = subjectOf(target);
          const task = { run: run.id, line: target.line, tenantId: TENANT };
          const attempt = { task, run, signal, counts, alone: undefined };
          if (subject.kind === "mailbox" && !job.writes)
            found.push(...(await job.perform(await contexts.task(attempt, subject.mailbox, subject.small))));
          const bulk = job.bulk.find(({ name }) => subject.kind === "bulk" && subject.name === name);
          if (bulk === undefined) return;
          const small = subject.kind === "bulk" && subject.small;
          for await (const step of bulk.perform(await contexts.bulk(attempt, small)))
            if (!("restarted" in step)) found.push(...step);
        }),
      );
  }
  const judge = judgeOf(job, run.params);
  const byMailbox = [...Map.groupBy(found, ({ about }) => about).values()];
  for (const rows of byMailbox) judge.observe(rows);
  return { rows: byMailbox.flatMap((rows) => judge.report(rows)), calls: exo.calls, counts };
}
