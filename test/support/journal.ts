/** A journal in a directory of its own, closed and removed with the test. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import {
  type Journal,
  type NewRun,
  openPostgresJournal,
  openSqliteJournal,
} from "../../src/journal/index.ts";
import type { TestPostgres } from "./postgres.ts";
import { quickDirectory } from "./quick-directory.ts";

export async function freshJournal(): Promise<Journal> {
  const dir = quickDirectory("exosweep-journal-");
  const journal = await openSqliteJournal({ path: join(dir, "journal.db") });
  onTestFinished(async () => {
    await journal.close();
    rmSync(dir, { recursive: true });
  });
  return journal;
}

/** The same, in a schema of its own. */
export async function freshJournalIn(postgres: TestPostgres): Promise<Journal> {
  const { environment, trustedHosts } = postgres;
  const journal = await openPostgresJournal({ url: postgres.freshUrl(), environment, trustedHosts });
  onTestFinished(() => journal.close());
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
