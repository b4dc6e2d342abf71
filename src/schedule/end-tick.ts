/** What follows a scheduled run when it is over: found out once, told at least once. */
import { isComplete, isOver, type RunRecord, type Tick } from "../journal/index.ts";
import { isImported } from "../runs/index.ts";
import { moveTick, type TickParts } from "./start-tick.ts";

/** Event of a run that a schedule started: it is over, and this is the run to compare it with. */
const SCHEDULED_OVER = "scheduled-run-over";

/** A scheduled run that is over. */
export interface EndedNight {
  readonly schedule: string;
  readonly dueMs: number;
  readonly run: RunRecord;
  /** The last complete run of the same job and tenant before it that has read the tenant. */
  readonly before: RunRecord | undefined;
}

/**
 * Comparing, judging and telling after a night. Called at least once for every scheduled run, by one process at a time; again after a process
 * died over it, or when it threw. The id of the run tells one night from another.
 */
export type AfterNight = (night: EndedNight, signal: AbortSignal) => Promise<void>;

/** Runs of a tenant that are looked through for the one before. */
const LOOKED_THROUGH = 500;

/** Does nothing while the run goes on. */
export async function endTick(
  parts: TickParts & { readonly claimMs: number; readonly afterNight: AfterNight | undefined },
  tick: Tick,
  signal: AbortSignal,
): Promise<void> {
  const { journal, telemetry, owner, claimMs, now } = parts;
  const run = await journal.run(tick.run);
  if (run !== undefined && !isOver(run.state)) return;
  const claim = { ...tick, owner, leaseMs: claimMs };
  if ((await journal.claimTick(claim)) === undefined) return;
  if (run === undefined) return moveTick(parts, tick, "ended", "its run is not on record any more");
  const before = await completeBefore(parts, run);
  const { schedule, dueMs } = tick;
  const data = { schedule, due: new Date(dueMs).toISOString(), state: run.state, before: before?.id ?? null };
  await journal.addEvent(run.id, { atMs: now(), kind: SCHEDULED_OVER, data });
  // One that cannot be renewed runs out, and another process does it again: at least once is what was promised.
  const renewal = setInterval(() => void journal.claimTick(claim).catch(() => undefined), claimMs / 3);
  try {
    await parts.afterNight?.({ schedule, dueMs, run, before }, signal);
  } finally {
    clearInterval(renewal);
  }
  await moveTick(parts, tick, "ended");
  telemetry.emit("schedule:ended", { schedule, run: run.id, state: run.state, before: before?.id });
}

async function completeBefore({ journal }: TickParts, run: RunRecord): Promise<RunRecord | undefined> {
  const runs = await journal.runs({ tenant: run.tenant, limit: LOOKED_THROUGH });
  const place = runs.findIndex(({ id }) => id === run.id);
  return runs
    .slice(place + 1)
    .find((earlier) => earlier.job === run.job && isComplete(earlier.state) && !isImported(earlier));
}
