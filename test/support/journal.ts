/** A journal in a directory of its own, closed and removed with the test. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Journal, type NewRun, openSqliteJournal } from "../../src/journal/index.ts";

export async function freshJournal(): Promise<Journal> {
  const dir = mkdtempSync(join(tmpdir(), "exosweep-journal-"));
  const journal = await openSqliteJournal({ path: join(dir, "journal.db") });
  onTestFinished(async () => {
    await journal.close();
    rmSync(dir, { recursive: true });
  });
  return journal;
}

/** A run as `createRun` wants it. */
export function newRun(over: Partial<NewRun> = {}): NewRun {
  return {
    id: "run-1",
    job: "permission-audit",
    tenant: "contoso",
    tenantId: "0b1e0c7c-6f0e-4a6b-9c8e-1f2d3a4b5c6d",
    params: {},
    scope: { kind: "all", types: ["user"] },
    naiveCallsPerTarget: 3,
    ...over,
  };
}
