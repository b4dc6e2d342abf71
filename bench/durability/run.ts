/** Runs on a stage: started, followed to their end, and held against what the tenant really is. */
import { join } from "node:path";
import { catalogue } from "../../jobs/index.ts";
import { connectRedis } from "../../src/queue/index.ts";
import type { RunRecord, TargetStatus } from "../../src/journal/index.ts";
import { exportRun } from "../../src/reports/index.ts";
import { DEFAULT_TYPES, type Scope } from "../../src/runs/index.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { difference, factOfRow, factOfTruth, readCsv } from "../../test/support/facts.ts";
import type { Stage } from "../stage.ts";
import { mailboxesOf, truthOf } from "./witness.ts";

type Changes = Extract<Scope, { kind: "changes" }>["changes"];

export async function startAudit({ app }: Stage): Promise<string> {
  const scope: Scope = { kind: "all", types: [...DEFAULT_TYPES] };
  const { id } = await app.runs.start({ job: "permission-audit", tenant: "bench", params: {}, scope });
  return id;
}

/** Approved, and on its way. */
export async function startChanges({ app }: Stage, changes: Changes): Promise<string> {
  const scope: Scope = { kind: "changes", changes };
  const { id } = await app.runs.start({ job: "apply-changes", tenant: "bench", params: {}, scope });
  for await (const { run } of app.runs.watch(id, new AbortController().signal))
    if (run.state === "awaiting_approval") await app.runs.approve(id, "the bench");
  return id;
}

/** Waits for its end, or until this part of its targets has an outcome. @throws when it pauses */
export async function follow({ app }: Stage, id: string, part = 1): Promise<RunRecord> {
  const leave = new AbortController();
  let last: RunRecord | undefined;
  for await (const { run } of app.runs.watch(id, leave.signal)) {
    last = run;
    if (run.state === "paused") throw new Error(`Cannot measure: the run is paused: ${run.reason ?? ""}`);
    const settled = Object.values(run.outcomes).reduce((sum, count) => sum + count, 0);
    if (part < 1 && run.manifest !== undefined && settled >= run.manifest.count * part) leave.abort();
  }
  if (last === undefined) throw new Error("Cannot measure: the run was never seen");
  return last;
}

export async function flushAll({ app }: Stage): Promise<void> {
  const redis = await connectRedis({ dataDir: app.dataDir }, new Telemetry());
  await redis.patient.flushall();
  await redis.close();
}

export async function targetsOf({ app }: Stage, id: string): Promise<readonly TargetStatus[]> {
  const all: TargetStatus[] = [];
  for await (const chunk of app.runs.items(id, {})) all.push(...chunk);
  return all;
}

export interface Whole {
  /** Mailboxes without a line of their own, and lines without `ok`. */
  readonly mailboxesLost: number;
  /** Facts of the tenant that the export has not, and facts of the export that the tenant has not. */
  readonly rowsLost: number;
  readonly rowsInvented: number;
  /** What verifying the journal finds. */
  readonly problems: number;
}

/** Holds a finished audit against the tenant. */
export async function wholeness(stage: Stage, id: string): Promise<Whole> {
  const { app } = stage;
  const run = await app.runs.get(id);
  const job = catalogue.find(({ name }) => name === run.job);
  if (job === undefined) throw new Error(`Cannot measure: there is no job ${run.job}`);
  const out = join(app.dataDir, `${id}.csv`);
  await exportRun({ journal: app.journal, run, job, format: "csv", out, includeNoise: true });
  const rows = difference((await truthOf(stage)).map(factOfTruth), (await readCsv(out)).map(factOfRow));
  const read = (await targetsOf(stage, id)).filter(
    ({ kind, outcome }) => kind === "mailbox" && outcome === "ok",
  );
  const mailboxes = difference(
    await mailboxesOf(stage),
    read.map((target) => target.id),
  );
  return {
    mailboxesLost: mailboxes.missing.length + mailboxes.surplus.length,
    rowsLost: rows.missing.length,
    rowsInvented: rows.surplus.length,
    problems: (await app.runs.verify(id)).problems.length,
  };
}
