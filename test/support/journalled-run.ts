/** A run in a real journal in a directory of its own, for tests of what reads runs. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Job } from "../../src/job/index.ts";
import { type Journal, type NewRow, openSqliteJournal, type RunRecord } from "../../src/journal/index.ts";

export interface JournalledTarget {
  readonly label: string;
  readonly outcome?: "ok" | "gone" | "failed";
  readonly rows?: readonly Omit<NewRow, "about">[];
}

export interface JournalledRun {
  readonly journal: Journal;
  readonly run: RunRecord;
  /** For files of the test; removed with the journal. */
  readonly directory: string;
}

/** Targets get the lines 1, 2, 3…; their rows are about themselves. */
export async function journalledRun(
  job: Job,
  targets: readonly JournalledTarget[],
  facts: { readonly params?: { readonly [name: string]: string }; readonly bulk?: readonly string[] } = {},
): Promise<JournalledRun> {
  const directory = await mkdtemp(join(tmpdir(), "exosweep-reports-"));
  const journal = await openSqliteJournal({ path: join(directory, "journal", "journal.db") });
  onTestFinished(async () => {
    await journal.close();
    await rm(directory, { recursive: true });
  });
  const id = "rtest";
  await journal.createRun({
    id,
    job: job.name,
    tenant: "contoso",
    tenantId: "11111111-1111-4111-8111-111111111111",
    params: facts.params ?? {},
    scope: { kind: "all" },
    naiveCallsPerTarget: job.naiveCallsPerTarget,
  });
  const bulk = facts.bulk ?? [];
  await journal.addTargets(id, [
    ...targets.map(({ label }, n) => ({
      kind: "mailbox" as const,
      id: `box-${n + 1}`,
      objectId: "",
      label,
      data: null,
    })),
    ...bulk.map((name) => ({ kind: "bulk" as const, id: name, objectId: "", label: name, data: null })),
  ]);
  await journal.sealManifest(id);
  const ends: readonly JournalledTarget[] = [...targets, ...bulk.map((label) => ({ label }))];
  await Promise.all(
    ends.map(({ outcome = "ok", rows = [] }, n) =>
      journal.settle({
        run: id,
        line: n + 1,
        attempt: 1,
        worker: "w1",
        outcome,
        rows: rows.map((row) => ({ ...row, about: n + 1 })),
        atMs: Date.UTC(2026, 4, 4, 3, 2, 1),
      }),
    ),
  );
  const run = await journal.run(id);
  if (run === undefined) throw new Error("Cannot set up: the journal has lost the run");
  return { journal, run, directory };
}
