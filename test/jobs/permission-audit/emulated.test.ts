import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { permissionAudit } from "../../../jobs/permission-audit.ts";
import type { Organisation } from "../../../src/emulator/cmdlet.ts";
import { createOrganisation } from "../../../src/emulator/organisation/index.ts";
import type { FoundRow, Job, Row } from "../../../src/job.ts";
import { openSqliteJournal } from "../../../src/journal/index.ts";
import { JobContexts } from "../../../src/runs/contexts.ts";
import { enumerate } from "../../../src/runs/enumerate.ts";
import type { Scope } from "../../../src/runs/scope.ts";
import { subjectOf } from "../../../src/runs/targets.ts";
import { emulatedExchange } from "../../support/emulated-exchange.ts";

const JOB: Job = permissionAudit;
const TENANT = "11111111-1111-4111-8111-111111111111";

function organisation(mailboxes: number, legacy = false): Organisation {
  return createOrganisation({
    tenantId: TENANT,
    domain: "contoso.onmicrosoft.com",
    mailboxes,
    seed: 7,
    legacy,
  });
}

/** Enumerates and audits an organisation, one target after another, without queue and wire. */
async function audit(emulated: Organisation, smallScope: number) {
  const directory = await mkdtemp(join(tmpdir(), "exosweep-audit-"));
  const journal = await openSqliteJournal({ path: join(directory, "journal.db") });
  onTestFinished(async () => {
    await journal.close();
    await rm(directory, { recursive: true });
  });
  const exo = emulatedExchange(emulated);
  const { signal } = new AbortController();
  const run = { id: "r1", job: JOB, params: JOB.params.parse({}), tenant: "t", tenantId: TENANT };
  const scope: Scope = { kind: "all", types: ["user", "shared", "room", "equipment"] };
  const { id, params, tenant } = run;
  await journal.createRun({
    id,
    job: JOB.name,
    tenant,
    tenantId: TENANT,
    params: {},
    scope,
    naiveCallsPerTarget: JOB.naiveCallsPerTarget,
  });
  const confirm = (): Promise<void> => Promise.resolve();
  await enumerate({ journal, exo, job: JOB, run: id, params, scope, smallScope, signal, confirm });

  const contexts = new JobContexts(journal, async () => exo);
  const counts = new Map<string, number>();
  const found: FoundRow[] = [];
  for await (const chunk of journal.targets(run.id)) {
    for (const target of chunk) {
      const subject = subjectOf(target);
      const task = { run: id, line: target.line, tenantId: TENANT };
      const attempt = { task, run, signal, counts, alone: undefined };
      if (subject.kind === "mailbox" && !JOB.writes)
        found.push(...(await JOB.perform(await contexts.task(attempt, subject.mailbox, subject.small))));
      const bulk = JOB.bulk.find(({ name }) => subject.kind === "bulk" && subject.name === name);
      if (bulk === undefined) continue;
      for await (const step of bulk.perform(await contexts.bulk(attempt)))
        if (!("restarted" in step)) found.push(...step);
    }
  }
  const judge = JOB.judge(run.params);
  const byMailbox = [...Map.groupBy(found, ({ about }) => about).values()];
  for (const rows of byMailbox) judge.observe(rows);
  return { rows: byMailbox.flatMap((rows) => judge.report(rows)), calls: exo.calls, counts };
}

/** A fact as both sides can state it; a trustee without a known SID is nobody. */
function factsOf(rows: readonly FoundRow[]): string[] {
  return rows.map(({ noise, row }) =>
    fact(row["MailboxId"], row["Right"], row["Allow"], row["Inherited"], sidOf(row), noise ?? ""),
  );
}

function truthOf(emulated: Organisation): string[] {
  return [...emulated.truth()].map((known) =>
    fact(known.mailboxGuid, known.right, known.allow, known.inherited, known.trusteeSid, known.noise),
  );
}

function fact(...parts: readonly unknown[]): string {
  return parts.join(" | ").toLowerCase();
}

function sidOf(row: Row): unknown {
  return row["TrusteeSid"] === "unknown" ? "" : (row["TrusteeSid"] ?? "");
}

test.each([
  ["bulk reads", 600, 0, false],
  ["bulk reads of an old tenant", 120, 0, true],
  ["reads per mailbox", 80, 100, false],
])("%s find exactly the emulator's truth, noise told apart", async (_how, mailboxes, smallScope, legacy) => {
  const emulated = organisation(mailboxes, legacy);
  const { rows } = await audit(emulated, smallScope);
  const [found, truth] = [new Set(factsOf(rows)), new Set(truthOf(emulated))];
  expect([...found].filter((known) => !truth.has(known))).toEqual([]);
  expect([...truth].filter((known) => !found.has(known))).toEqual([]);
  expect(rows).toHaveLength(truth.size);
});

test("a whole tenant's SendAs costs a call for each doubtful name, not one a mailbox", async () => {
  const { calls } = await audit(organisation(600), 0);
  expect(calls.get("Get-MailboxPermission")).toBe(600);
  expect(calls.get("Get-RecipientPermission")).toBeLessThan(60);
});
