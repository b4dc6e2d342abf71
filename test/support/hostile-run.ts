/** A run in which everything that can be text is hostile, for tests of what shows runs. */
import { z } from "zod";
import { defineJob, type Row } from "../../src/job/index.ts";
import { HOSTILE_STRINGS } from "./hostile-strings.ts";
import { journalledRun, type JournalledRun } from "./journalled-run.ts";

export const hostileJob = defineJob({
  name: "hostile",
  summary: "Lists what tenants can be called",
  writes: false,
  params: z.strictObject({}),
  columns: ["Name", "Count", "Share", "Flag", "SeenAtUtc", "Finding", "Severity"],
  columnTypes: { Count: "integer", Share: "number", Flag: "boolean" },
  cmdlets: [],
  naiveCallsPerTarget: 1,
  bulk: [],
  perform: async () => [],
  judge: () => ({ observe: () => undefined, report: (rows) => rows }),
  headline: (row) => `${String(row["Name"])} holds FullAccess`,
});

/** A row of each string: the string in every column, those with types included. */
export const HOSTILE_ROWS: readonly Row[] = HOSTILE_STRINGS.map((text) => ({
  Name: text,
  Count: text,
  Share: text,
  Flag: text,
  SeenAtUtc: text,
  Finding: text,
  Severity: "high",
}));

export function hostileRun(): Promise<JournalledRun> {
  return journalledRun(
    hostileJob,
    HOSTILE_ROWS.map((row, n) => ({ label: `${n}@x`, rows: [{ noise: undefined, row }] })),
  );
}
