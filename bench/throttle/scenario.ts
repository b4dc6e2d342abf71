/** A pretended tenant: which limits it has, how they change, who else uses them (`throttle.md` 4). Times in seconds as in the data file, unless named `…Ms`. */
import { readFileSync } from "node:fs";

export interface BudgetLimit {
  /** ms of work per ms of time. */
  recharge: number;
  cutoff: number;
  cap: number;
  start: number;
  gain: number;
  maxDelay: number;
  /** A locked tenant opens at this share of the cutoff. */
  unlock: number;
  warn: boolean;
}

export interface ConcurrencyLimit {
  max: number;
  unit: "request" | "item";
  retryAfter: number | null;
}

export interface RateLimit {
  kind: "window" | "bucket";
  /** Of a window. */
  n?: number;
  per?: number;
  /** Of a bucket. */
  rate?: number;
  burst?: number;
  unit: "request" | "item";
  headers: boolean;
  /** Default exact; a number is told whatever is true. */
  retryAfter?: "exact" | "missing" | number;
  chargeRefused?: boolean;
}

export interface Neighbour {
  readonly on: number;
  readonly off: number;
  readonly slots?: number;
  readonly budget?: number;
  readonly rate?: number;
}

export interface Limits {
  budget?: BudgetLimit;
  conc?: ConcurrencyLimit;
  rate?: RateLimit;
}

export interface Change {
  readonly at: number;
  readonly set: {
    readonly budget?: Partial<BudgetLimit>;
    readonly conc?: Partial<ConcurrencyLimit>;
    readonly rate?: Partial<RateLimit>;
  };
}

export interface Scenario extends Limits {
  readonly id: string;
  readonly title: string;
  readonly itemThrottle?: boolean;
  readonly p5xx?: number;
  readonly p5xxItem?: number;
  readonly slow?: { readonly from: number; readonly to: number; readonly x: number; readonly share: number };
  readonly busy?: { readonly share: number; readonly s: number; readonly ra: number | null };
  readonly neighbour?: Neighbour;
  readonly changes?: readonly Change[];
  readonly procs?: number;
  /** Calls a process has in hand at most, sent or waiting to be; absent: all there are. */
  readonly tasks?: number;
  readonly restarts?: readonly { readonly at: number; readonly proc: number; readonly down: number }[];
  /** Default 100,000. */
  readonly mailboxes?: number;
  /** Calls of a batch that run at once. */
  readonly lanes?: number;
  readonly roundTripMs?: number;
  readonly overheadMs?: number;
}

export const MAILBOXES = 100_000;
export const ROUND_TRIP_MS = 40;
export const OVERHEAD_MS = 150;
/** How long the service takes to refuse. */
export const REFUSAL_MS = 20;
export const MOST_CALLS = 20;

export function knownScenarios(): readonly Scenario[] {
  return JSON.parse(readFileSync(new URL("scenarios.json", import.meta.url), "utf8")) as Scenario[];
}

/** The limits at a moment, with every change up to then. */
export function limitsAt(scenario: Scenario, atMs: number): Limits {
  const limits: Limits = {
    ...(scenario.budget ? { budget: { ...scenario.budget } } : {}),
    ...(scenario.conc ? { conc: { ...scenario.conc } } : {}),
    ...(scenario.rate ? { rate: { ...scenario.rate } } : {}),
  };
  for (const { at, set } of scenario.changes ?? []) {
    if (at * 1_000 > atMs) continue;
    if (limits.budget && set.budget) Object.assign(limits.budget, set.budget);
    if (limits.conc && set.conc) Object.assign(limits.conc, set.conc);
    if (limits.rate && set.rate) Object.assign(limits.rate, set.rate);
  }
  return limits;
}

/** What the neighbour takes at a moment. */
export function neighbourTakes(scenario: Scenario, atMs: number, what: "slots" | "budget" | "rate"): number {
  const neighbour = scenario.neighbour;
  const takes = neighbour?.[what];
  if (neighbour === undefined || takes === undefined) return 0;
  return (atMs / 1_000) % (neighbour.on + neighbour.off) < neighbour.on ? takes : 0;
}
