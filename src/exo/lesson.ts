/** What one request teaches about the throttle (`throttle.md` 7.3): for the gate, and for each of its calls. Pure. */
import type { BatchResult, RateReading } from "../throttle/index.ts";
import type { Classified, Verdict } from "./verdict.ts";

export type Scope = NonNullable<BatchResult["refusal"]>["scope"];

/** How one call of a request came out. */
export interface Outcome extends Classified {
  readonly retryAfterMs: number | undefined;
  /** The call was refused as a busy mailbox before. */
  readonly wasBusy: boolean;
}

/** One request and its end. */
export interface Round {
  /** In the order the calls were sent. */
  readonly outcomes: readonly Outcome[];
  /** The reply was one for all of them. */
  readonly whole: boolean;
  readonly tookMs: number;
  readonly rate: RateReading | undefined;
}

export interface Lesson {
  readonly result: BatchResult;
  /** Of the refusals in this request, if there were any. */
  readonly scope: Scope | undefined;
}

export function lessonOf({ outcomes, whole, tookMs, rate }: Round): Lesson {
  const refused = outcomes.filter(({ verdict }) => verdict.is === "throttled");
  const scope = scopeOf(outcomes, refused, whole);
  const waits = refused.map(({ retryAfterMs }) => retryAfterMs).filter((ms) => ms !== undefined);
  // A 503 that names a time to come back is obeyed by everybody, like a 429.
  const overload = whole && scope === undefined ? outcomes.find(isOverload) : undefined;
  const base = { calls: outcomes.length, tookMs, ...(rate === undefined ? {} : { rate }) };

  if (scope !== undefined) {
    const retryAfterMs = waits.length === 0 ? undefined : Math.max(...waits);
    return { result: { ...base, refusal: { scope, retryAfterMs, items: refused.length } }, scope };
  }
  if (overload !== undefined) {
    const { retryAfterMs } = overload;
    const refusal = { scope: "tenant", retryAfterMs, items: outcomes.length } as const;
    return { result: { ...base, refusal, fault: true }, scope: undefined };
  }
  const tooLarge = outcomes.some(({ verdict }) => verdict.is === "batch-refused" && verdict.tooLarge);
  const fault = whole && outcomes.some(({ verdict }) => saysNothing(verdict));
  return {
    result: { ...base, ...(tooLarge ? { tooLarge } : {}), ...(fault ? { fault } : {}) },
    scope: undefined,
  };
}

/** The tenant is out of budget when a whole request is refused, or its last items, or most of them; a single item among others has its own trouble. */
function scopeOf(
  outcomes: readonly Outcome[],
  refused: readonly Outcome[],
  whole: boolean,
): Scope | undefined {
  if (refused.length === 0) return undefined;
  if (refused.some(({ verdict }) => verdict.is === "throttled" && verdict.by === "slot")) return "slot";
  // Alone, a busy mailbox and an exhausted tenant look alike; what was busy a moment ago is taken to be busy still.
  if (refused.every(({ wasBusy }) => wasBusy)) return "mailbox";
  if (whole || refused.length === outcomes.length) return "tenant";
  if (refused.length === 1) return "mailbox";
  const tail = outcomes.slice(-refused.length).every(({ verdict }) => verdict.is === "throttled");
  return tail || refused.length > outcomes.length / 2 ? "tenant" : "mailbox";
}

function isOverload({ verdict, facts, retryAfterMs }: Outcome): boolean {
  return verdict.is === "fault" && facts.status === 503 && retryAfterMs !== undefined;
}

function saysNothing(verdict: Verdict): boolean {
  return verdict.is === "fault" || verdict.is === "unauthorized" || verdict.is === "forbidden";
}
