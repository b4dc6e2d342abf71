/** When a run stops by itself: so many failures, such a share of them, so many of one cause in a row, or a canary that has to be looked at. Pure. */
import { z } from "zod";
import type { Settings } from "../config.ts";
import type { Json, Outcome, RunRecord } from "../journal/index.ts";

/** Throttling, our own restarts and cancelling end in none of these. */
const FAILURES = [
  "denied",
  "failed",
  "conflict",
  "quarantined",
  "unresolved",
] as const satisfies readonly Outcome[];

/** A share of fewer settled targets than this says nothing. */
const SHARE_OF_AT_LEAST = 100;

export const limitsSchema = z.strictObject({
  /** Most failures; null for any number. */
  failures: z.int().min(1).nullable(),
  /** Most failures, of a hundred settled targets. */
  percent: z.number().min(0).max(100),
  /** Failures of one cause in a row, in one process. */
  streak: z.int().min(1),
  /** First lines of the manifest that are done before the others; 0: none. */
  canary: z.int().min(0),
  /** Runs with more targets than this wait for a person's word after the canary. */
  confirmAbove: z.int().min(0),
  /** The canary is done. */
  released: z.boolean().default(false),
  /** Failures somebody has seen, and let the run go on. */
  forgiven: z.int().min(0).default(0),
});
export type Limits = z.infer<typeof limitsSchema>;

/** What a person may change of them while a run goes on. */
export type LimitChange = Partial<Pick<Limits, "failures" | "percent" | "streak">>;

/** Of a run: what was said last, else the settings for its kind. */
export function limitsOf(limits: Json | undefined, writes: boolean, settings: Settings["limits"]): Limits {
  const said = limitsSchema.safeParse(limits);
  return said.success ? said.data : limitsSchema.parse(writes ? settings.writes : settings.reads);
}

/** @param writes a change whose mailbox, or trustee, is not there was not made: that is a failure of the plan */
export function failuresOf({ outcomes }: Pick<RunRecord, "outcomes">, writes: boolean): number {
  const failures = FAILURES.reduce((sum, outcome) => sum + (outcomes[outcome] ?? 0), 0);
  return failures + (writes ? (outcomes.gone ?? 0) : 0);
}

export function isFailure(outcome: Outcome, writes: boolean): boolean {
  return FAILURES.some((known) => known === outcome) || (writes && outcome === "gone");
}

/** Why the run must stop now; undefined while it need not. */
export function reached(
  run: Pick<RunRecord, "outcomes" | "manifest">,
  limits: Limits,
  writes: boolean,
): string | undefined {
  const failures = failuresOf(run, writes) - limits.forgiven;
  if (failures <= 0) return undefined;
  const settled = Object.values(run.outcomes).reduce((sum, count) => sum + count, 0);
  if (isCanary(run, limits)) return `${failures} of the first ${limits.canary} targets failed`;
  if (limits.failures !== null && failures >= limits.failures)
    return `${failures} targets failed; the limit is ${limits.failures}`;
  if (settled >= SHARE_OF_AT_LEAST && failures > (settled * limits.percent) / 100)
    return `${failures} of ${settled} targets failed; the limit is ${limits.percent} %`;
  return undefined;
}

/** Only the first lines may be worked on. */
export function isCanary(run: Pick<RunRecord, "manifest">, { canary, released }: Limits): boolean {
  return !released && canary > 0 && (run.manifest?.count ?? 0) > canary;
}

/** Said when the canary is through and a person has to decide; undefined when the run may simply go on. */
export function canaryWord(
  run: Pick<RunRecord, "manifest" | "outcomes">,
  limits: Limits,
): string | undefined {
  const count = run.manifest?.count ?? 0;
  if (count <= limits.confirmAbove) return undefined;
  const outcomes = Object.entries(run.outcomes).map(([outcome, n]) => `${n} ${outcome}`);
  return `the first ${limits.canary} of ${count} targets are done (${outcomes.join(", ")}): look at them, then resume`;
}
