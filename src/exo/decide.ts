/** What to do with a call after an answer, or after none: the only place where repeats are decided. Pure; time and chance are passed in. */
import type { Settings } from "../config.ts";
import type { Call, History } from "./call.ts";
import type { Envelope } from "./decode.ts";
import type { ExoError } from "./errors.ts";
import { failureOf } from "./failure.ts";
import type { Outcome, Scope } from "./lesson.ts";
import { MAX_BACKOFF_MS } from "./limits.ts";
import { planted } from "../test-points.ts";

export interface Situation {
  readonly call: Pick<Call, "cmdlet" | "effect" | "history">;
  readonly outcome: Outcome;
  /** Of the refusals in the same request. */
  readonly scope: Scope | undefined;
  /** Calls that share this outcome: the whole batch, or 1. */
  readonly sharedBy: number;
  readonly requestId: string | undefined;
  /** The cmdlet brought rows before, for this tenant and app. */
  readonly worked: boolean;
  /** Another call of this tenant got through since this one was sent. */
  readonly othersPass: boolean;
  readonly nowMs: number;
  /** 0 to 1. */
  readonly chance: number;
  readonly settings: Settings["requests"];
}

export type Step =
  | { readonly do: "settle"; readonly envelope: Envelope }
  | { readonly do: "fail"; readonly error: ExoError }
  /** It fails for good, with one of these: the trouble is its own when others get through, else it is the whole tenant's. */
  | { readonly do: "ask-around"; readonly own: ExoError; readonly everybodys: ExoError }
  /** Again, after a wait; with a new token first when `renew`. */
  | {
      readonly do: "again";
      readonly afterMs: number;
      readonly history: History;
      readonly cause: string;
      readonly renew: boolean;
    };

/** First wait for a busy mailbox that names none; doubles (`throttle.md` 7.1). */
const BUSY_MS = 2_000;
const MAX_BUSY_MS = 256_000;
/** Refusals in a row before a call waits by itself, and how long at most. */
const PATIENCE = 2;
const MAX_THROTTLED_MS = 2_000;

/** New tokens for one call before the app itself is in doubt. */
const RENEWALS = 2;

export function decide(situation: Situation): Step {
  const { call, outcome, scope } = situation;
  const { verdict } = outcome;
  const history: History = {
    ...call.history,
    throttles: verdict.is === "throttled" ? call.history.throttles : 0,
    renewals: verdict.is === "unauthorized" || verdict.is === "forbidden" ? call.history.renewals : 0,
  };
  const fail = (facts: Parameters<typeof failureOf>[1] = {}): Step => ({
    do: "fail",
    error: failureOf(situation, facts),
  });
  const again = (cause: string, afterMs: number, changes: Partial<History>, renew = false): Step => ({
    do: "again",
    afterMs,
    history: { ...history, ...changes },
    cause,
    renew,
  });

  const more = { renewals: history.renewals + 1 };

  switch (verdict.is) {
    case "rows":
      return { do: "settle", envelope: verdict.envelope };
    case "throttled":
      if (planted("count-throttles-as-failures")) return fail({ remedy: "give-up" });
      if (scope === "mailbox") return decideBusy(situation, history, fail, again);
      if (spentMs(situation) >= situation.settings.maxRetryMs) {
        return fail({ remedy: "wait", retryAfterMs: outcome.retryAfterMs });
      }
      // First in the line again: the gate knows when. Refused again and again, it waits a little by itself, whatever the gate knows.
      return again(
        "throttled",
        Math.min(MAX_THROTTLED_MS, backoffMs(situation, history.throttles - PATIENCE)),
        {
          throttles: history.throttles + 1,
          refusedAtMs: situation.nowMs,
        },
      );
    case "unauthorized":
      return history.renewals < renewalsFor(situation)
        ? again("unauthorized", backoffMs(situation, history.renewals), more, true)
        : fail({ remedy: "pause-run" });
    case "forbidden":
      if (situation.worked) return fail({ remedy: "denied" });
      if (history.renewals > 0) return fail({ remedy: "pause-run" });
      return again("forbidden", 0, more, true);
    case "cursor-lost":
      return fail({ kind: "cursor-expired" });
    case "batch-refused": {
      const company = verdict.tooLarge ? Math.floor(situation.sharedBy / 2) : 1;
      return again("batch refused", 0, { company, single: company <= 1 });
    }
    case "refused":
      return fail({ kind: verdict.kind, remedy: verdict.remedy });
    case "fault":
      return decideFault(situation, history, fail, again);
  }
}

/**
 * A token may end or be revoked on its way, and the next one too; while others get through with theirs, it is not the
 * app that is refused.
 */
function renewalsFor({ othersPass, settings }: Situation): number {
  return othersPass ? Math.max(RENEWALS, settings.maxRetries) : RENEWALS;
}

type Fail = (facts?: Parameters<typeof failureOf>[1]) => Step;
type Again = (cause: string, afterMs: number, changes: Partial<History>) => Step;

/** A mailbox with its own trouble waits alone; for longer than a moment it gives its task's place to another. */
function decideBusy(
  { outcome, nowMs, settings }: Situation,
  history: History,
  fail: Fail,
  again: Again,
): Step {
  const since = history.busySinceMs ?? nowMs;
  const waitMs = outcome.retryAfterMs ?? Math.min(BUSY_MS * 2 ** history.busy, MAX_BUSY_MS);
  if (nowMs - since + waitMs > settings.maxBusyMs) {
    return fail({ kind: "mailbox-busy", remedy: "wait", retryAfterMs: waitMs });
  }
  return again("mailbox busy", waitMs, { busy: history.busy + 1, busySinceMs: since, single: true });
}

function decideFault(situation: Situation, history: History, fail: Fail, again: Again): Step {
  const { call, outcome, sharedBy, settings } = situation;
  if (outcome.verdict.is !== "fault") return fail();
  const { kind, executed } = outcome.verdict;
  const sent = kind !== "not-sent";
  // "Exchange says it failed" is proof enough for what can be done twice, but not for what cannot.
  const twice = call.effect === "create" || call.effect === "once";
  const retried = planted(call.effect === "once" ? "retry-lost-once" : "retry-lost-write");
  if (call.effect !== "read" && sent && (executed === "unknown" || twice) && !retried) {
    return fail({ kind, remedy: "give-up", ambiguous: true });
  }
  if (kind === "too-large" && sharedBy === 1) return fail({ kind, remedy: "give-up" });

  const waitMs = Math.max(backoffMs(situation, history.faults + 1), outcome.retryAfterMs ?? 0);
  const tired = history.faults >= settings.maxRetries;
  if (tired || spentMs(situation) + waitMs > settings.maxRetryMs) {
    if (situation.othersPass) return fail({ kind, remedy: "give-up" });
    return {
      do: "ask-around",
      own: failureOf(situation, { kind, remedy: "give-up" }),
      everybodys: failureOf(situation, { kind, remedy: "pause-run" }),
    };
  }
  const single =
    history.single || sharedBy === 1 || history.faults > 0 || kind === "timeout" || kind === "too-large";
  return again(kind, waitMs, { faults: history.faults + 1, single });
}

function spentMs({ call, nowMs }: Situation): number {
  return nowMs - (call.history.firstSentAtMs ?? nowMs);
}

/** 0 until the first time; then doubling, times 0.5 to 1.5. */
function backoffMs({ chance, settings }: Situation, times: number): number {
  if (times <= 0) return 0;
  return Math.min(settings.retryDelayMs * 2 ** (times - 1), MAX_BACKOFF_MS) * (0.5 + chance);
}
