/** Rows on their way into one writer of an export, for its tests. */
import type { Cell } from "../../src/job/index.ts";
import type { RunRecord } from "../../src/journal/index.ts";
import type { Column } from "../../src/reports/columns.ts";
import type { Writing, WritingContext } from "../../src/reports/formats.ts";
import { Sink } from "../../src/reports/sink.ts";

const RUN: RunRecord = {
  id: "rtest",
  job: "colours",
  tenant: "contoso",
  tenantId: "11111111-1111-4111-8111-111111111111",
  params: {},
  scope: { kind: "all" },
  naiveCallsPerTarget: 1,
  state: "complete",
  reason: undefined,
  manifest: { count: 2, sha256: "00" },
  outcomes: { ok: 2 },
  rows: 0,
  noise: {},
  calls: {
    batches: 0,
    items: 0,
    throttledItems: 0,
    throttledBatches: 0,
    retries: 0,
    busyBatches: 0,
    busyItems: 0,
    pages: 0,
  },
  counts: {},
  workers: [],
  redrives: 0,
  chain: { start: "00", sealed: undefined, length: 2, head: "0123456789abcdef0123456789abcdef" },
  summary: undefined,
  limits: undefined,
  createdAtMs: 0,
  startedAtMs: Date.UTC(2026, 4, 4, 3, 2, 1),
  endedAtMs: Date.UTC(2026, 4, 4, 3, 3),
};

/** What a writer makes of these rows. */
export async function written(
  writer: (context: WritingContext) => Writing,
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  run: Partial<RunRecord> = {},
): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  const sink = new Sink(async (bytes) => {
    // Writers may use their buffers again.
    parts.push(Buffer.from(bytes));
  });
  const writing = writer({
    run: { ...RUN, ...run },
    layout: { columns, cells: () => [] },
    sink,
    csv: { delimiter: ",", raw: false },
  });
  await writing.begin();
  for (const cells of rows) await writing.row(cells);
  await writing.end();
  await sink.flush();
  return Buffer.concat(parts);
}
