/** Starts the run of a tick that this process has claimed, and puts on record what came of it. */
import { z } from "zod";
import type { Journal, RunRecord, ScheduleRecord, Tick, TickState } from "../journal/index.ts";
import { RunError, type RunService, scopeSchema } from "../runs/index.ts";
import type { Telemetry } from "../telemetry/index.ts";
import { crashPoint } from "../test-points.ts";

/** Event of a run: which schedule started it, and for which time. */
const SCHEDULED = "scheduled";

export interface TickParts {
  readonly journal: Journal;
  readonly runs: Pick<RunService, "start">;
  readonly telemetry: Telemetry;
  /** Who claims: this process. */
  readonly owner: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export type TickEnd =
  | { readonly is: "started"; readonly run: RunRecord }
  /** The run before is not over, or it cannot be started at all. */
  | { readonly is: "skipped" | "failed"; readonly error: RunError };

const paramsSchema = z.record(z.string(), z.unknown());

/**
 * Whoever died over this tick may have started its run already: it has the tick's own id, so it is found and not started again.
 * @throws what may pass by itself (journal, network): the tick stays claimed, and is tried again
 */
export async function startTick(
  parts: TickParts,
  schedule: ScheduleRecord,
  tick: Tick,
  reason: string | undefined,
  signal: AbortSignal,
): Promise<TickEnd> {
  const { journal, now } = parts;
  const known = await journal.run(tick.run);
  let run: RunRecord;
  try {
    run = known ?? (await start(parts, schedule, tick, signal));
  } catch (error) {
    // Refused, perhaps, beside the very run that another process has just started for this tick.
    const other = await journal.run(tick.run);
    if (other === undefined) return await refused(parts, tick, error);
    run = other;
  }
  crashPoint("tick.run-started");
  const data = { schedule: tick.schedule, due: iso(tick.dueMs), byHand: tick.byHand, reason: reason ?? null };
  await journal.addEvent(run.id, { atMs: now(), kind: SCHEDULED, data });
  await moveTick(parts, tick, "started", reason);
  return { is: "started", run };
}

/** Puts on record what became of a tick of ours, and says so; nothing when it is not ours any more. */
export async function moveTick(
  { journal, telemetry, owner }: TickParts,
  { schedule, dueMs, run }: Tick,
  to: TickState,
  reason?: string,
): Promise<void> {
  if (!(await journal.moveTick({ schedule, dueMs, owner }, to, reason)) || to === "ended") return;
  crashPoint("tick.moved");
  const started = to === "started" ? run : undefined;
  telemetry.emit("schedule:decided", { schedule, dueMs, run: started, state: to, reason });
}

function start(
  { runs }: TickParts,
  { job, tenant, params, scope }: ScheduleRecord,
  tick: Tick,
  signal: AbortSignal,
): Promise<RunRecord> {
  return runs.start(
    { id: tick.run, job, tenant, params: paramsSchema.parse(params), scope: scopeSchema.parse(scope) },
    signal,
  );
}

async function refused(parts: TickParts, tick: Tick, error: unknown): Promise<TickEnd> {
  if (!(error instanceof RunError) || error.code === "dependency-down") throw error;
  const is = error.code === "run-open" ? "skipped" : "failed";
  await moveTick(parts, tick, is, error.message);
  return { is, error };
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString();
}
