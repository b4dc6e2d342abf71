/** What one request teaches about the throttle (`throttle.md` 7.3): for the gate, and, once the gate has judged, for each of its calls. Pure. */
import type { Alone, BalanceReading, BatchResult, RateReading } from "../throttle/index.ts";
import type { Classified, Verdict } from "./verdict.ts";

/** Who a refusal is about: the whole tenant, the place of this request (too many at once), or one mailbox. */
export type Scope = "tenant" | "slot" | "mailbox";

/** How one call of a request came out. */
export interface Outcome extends Classified {
  readonly retryAfterMs: number | undefined;
  /** The call was refused as a busy mailbox before. */
  readonly wasBusy: boolean;
  /** Refusals by a throttle before this one, in a row. */
  readonly timesRefused: number;
  /** Other calls of this tenant got through since the last of them. */
  readonly othersPass: boolean;
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

/** Refused for the third time in a row, alone and while others get through, a mailbox is in trouble of its own (`throttle.md` 6, 7). */
const TELLING_TIMES = 2;

export function lessonOf({ outcomes, whole, tookMs, rate }: Round): BatchResult {
  const refused = outcomes.filter(({ verdict }) => isBudget(verdict));
  const slotRefused = outcomes.filter(({ verdict }) => isSlot(verdict)).length;
  const lastPass = outcomes.findLastIndex(({ verdict }) => passes(verdict));
  const passedBy = outcomes.filter(({ verdict }, place) => isBudget(verdict) && place < lastPass).length;
  const notPassedBy = outcomes.filter(({ verdict }, place) => isBudget(verdict) && place > lastPass);
  const knownBusy = notPassedBy.filter(
    ({ wasBusy, timesRefused, othersPass }) =>
      wasBusy || (refused.length === 1 && timesRefused >= TELLING_TIMES && (othersPass || lastPass >= 0)),
  ).length;
  // A 503 that names a time to come back is obeyed by everybody, like a 429.
  const overload = whole && refused.length + slotRefused === 0 ? outcomes.find(isOverload) : undefined;
  const waits = outcomes
    .filter((outcome) => outcome.verdict.is === "throttled" || outcome === overload)
    .map(({ retryAfterMs }) => retryAfterMs)
    .filter((ms) => ms !== undefined);
  const balance = outcomes.findLast(({ verdict }) => balanceOf(verdict) !== undefined);
  return {
    calls: outcomes.length,
    tookMs,
    passed: outcomes.filter(({ verdict }) => passes(verdict)).length,
    slotRefused,
    refused: overload === undefined ? refused.length : outcomes.length,
    passedBy,
    knownBusy,
    whole: whole && (refused.length > 0 || slotRefused > 0 || overload !== undefined),
    ...(waits.length === 0 ? {} : { retryAfterMs: Math.max(...waits) }),
    ...(rate === undefined ? {} : { rate }),
    ...(balance === undefined ? {} : withBalance(balance.verdict)),
    tooLarge: outcomes.some(({ verdict }) => verdict.is === "batch-refused" && verdict.tooLarge),
    fault: overload === undefined && whole && outcomes.some(({ verdict }) => saysNothing(verdict)),
  };
}

/**
 * @param alone what the gate said of the refused calls of this request
 * @returns per call, in order, who its refusal is about; undefined: it was not refused
 */
export function scopesOf(outcomes: readonly Outcome[], alone: Alone): readonly (Scope | undefined)[] {
  const lastPass = outcomes.findLastIndex(({ verdict }) => passes(verdict));
  return outcomes.map(({ verdict }, place) => {
    if (isSlot(verdict)) return "slot";
    if (!isBudget(verdict)) return undefined;
    return alone === "all" || (alone === "passed-by" && place < lastPass) ? "mailbox" : "tenant";
  });
}

function isBudget(verdict: Verdict): boolean {
  return verdict.is === "throttled" && verdict.by === "budget";
}

function isSlot(verdict: Verdict): boolean {
  return verdict.is === "throttled" && verdict.by === "slot";
}

/** Exchange dealt with the call, whatever it said. */
function passes({ is }: Verdict): boolean {
  return is === "rows" || is === "refused" || is === "cursor-lost";
}

function isOverload({ verdict, facts, retryAfterMs }: Outcome): boolean {
  return verdict.is === "fault" && facts.status === 503 && retryAfterMs !== undefined;
}

function saysNothing(verdict: Verdict): boolean {
  return verdict.is === "fault" || verdict.is === "unauthorized" || verdict.is === "forbidden";
}

function balanceOf(verdict: Verdict): BalanceReading | undefined {
  return verdict.is === "rows" ? verdict.envelope.balance : undefined;
}

function withBalance(verdict: Verdict): { readonly balance?: BalanceReading } {
  const balance = balanceOf(verdict);
  return balance === undefined ? {} : { balance };
}
