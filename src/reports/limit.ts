/** What a run met of the tenant's hidden limit, and how that compares with the run before. Pure, but for a look at earlier runs. */
import type { Journal, RunRecord } from "../journal/index.ts";

/** As the gate knew it when the run was sealed. A value that survives JSON. */
export type Limit = {
  /** Of what was found possible, 0 to 1; 0: not known. */
  readonly used: number;
  /** Requests at once. */
  readonly window: number;
  /** A larger one was refused: the window is the service's limit, not only as far as we got. */
  readonly windowRefused: boolean;
  /** Calls a second; null: none is known. */
  readonly pace: number | null;
  /** The limit that the last run of this tenant met, when it was another one. */
  readonly before: { readonly atMs: number; readonly window: number; readonly pace: number | null } | null;
};

/** A limit that is found anew each night differs by a little; more than this is a change of the service's. */
const MOVED = 1.3;
/** Earlier runs that are looked at. */
const LOOK_BACK = 20;
/** Of the requests left with others waiting behind them: then the limit, and not the work, took the time. */
const DOMINATED = 0.5;
const DOMINATED_LEAST_REQUESTS = 20;

/** @param now what the gate knows at the end of this run */
export async function limitOf(
  journal: Pick<Journal, "runs">,
  run: Pick<RunRecord, "id" | "tenant">,
  now: Omit<Limit, "before">,
): Promise<Limit> {
  const runs = await journal.runs({ tenant: run.tenant, limit: LOOK_BACK });
  for (const earlier of runs) {
    const limit = earlier.id === run.id ? undefined : limitIn(earlier.summary);
    if (limit === undefined) continue;
    const { window, pace } = limit;
    const before = { atMs: earlier.endedAtMs ?? earlier.createdAtMs, window, pace };
    return { ...now, before: movedText({ ...now, before }) === undefined ? null : before };
  }
  return { ...now, before: null };
}

/** `the limit went up since 2026-11-20: 10 → 20 requests at once`; undefined when it is about the same, or nobody can tell. */
export function movedText({ window, windowRefused, pace, before }: Limit): string | undefined {
  if (before === null) return undefined;
  const day = new Date(before.atMs).toISOString().slice(0, 10);
  if (pace !== null && before.pace !== null && hasMoved(before.pace, pace)) {
    return `the limit went ${pace > before.pace ? "up" : "down"} since ${day}: ${rate(before.pace)} → ${rate(pace)} calls a second`;
  }
  // A smaller window may be all that this run had use for.
  if (!hasMoved(before.window, window) || (window < before.window && !windowRefused)) return undefined;
  return `the limit went ${window > before.window ? "up" : "down"} since ${day}: ${before.window} → ${window} requests at once`;
}

/** Most of the time went into waiting for the limit: one that was met, not only what the gate dared at first. */
export function isDominated({ calls }: Pick<RunRecord, "calls">, limit: Limit | undefined): boolean {
  const isMet =
    calls.throttledItems + calls.throttledBatches > 0 ||
    limit?.windowRefused === true ||
    typeof limit?.pace === "number";
  return isMet && calls.batches >= DOMINATED_LEAST_REQUESTS && calls.busyBatches >= DOMINATED * calls.batches;
}

function hasMoved(before: number, now: number): boolean {
  return before > 0 && now > 0 && Math.max(now / before, before / now) >= MOVED;
}

function rate(callsPerSecond: number): string {
  return callsPerSecond < 10 ? callsPerSecond.toFixed(1) : String(Math.round(callsPerSecond));
}

/** The limit that a run's summary tells of. */
function limitIn(summary: unknown): Pick<Limit, "window" | "pace"> | undefined {
  if (typeof summary !== "object" || summary === null || !("limit" in summary)) return undefined;
  const { limit } = summary;
  if (typeof limit !== "object" || limit === null || !("window" in limit) || !("pace" in limit))
    return undefined;
  const { window, pace } = limit;
  if (typeof window !== "number") return undefined;
  return { window, pace: typeof pace === "number" ? pace : null };
}
