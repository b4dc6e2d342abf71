/** Our law, exactly as it runs in production: one state for all processes, or one for each (`gov-local`). */
import {
  type LawResult,
  type LawSettings,
  type LawState,
  acquire,
  newState,
  report,
} from "../../../src/throttle/law/index.ts";
import type { Again, History, MakePolicy, Policy, Told } from "../policy.ts";
import { dice } from "../random.ts";
import { MOST_CALLS } from "../scenario.ts";

export const NORMAL: LawSettings = {
  startWindow: 3,
  maxWindow: 100,
  maxCalls: MOST_CALLS,
  leaseMs: 30_000,
  maxWaitMs: 3_600_000,
  probeShare: 0.02,
  wasteShare: 0.003,
  sharePercent: 100,
};

/** Hands into the law's works, to take a part out (`ablations.ts`). */
export interface Meddle {
  /** Before every decision. */
  readonly state?: (state: LawState) => void;
  /** What the law is told. */
  readonly result?: (result: LawResult) => LawResult;
}

export function governor(shared: boolean, settings: LawSettings = NORMAL, meddle: Meddle = {}): MakePolicy {
  return () => {
    const states = new Map<string, LawState>();
    const chance = dice(7);
    let number = 0;
    const stateOf = (process: string): LawState => {
      const name = shared ? "" : process;
      const known = states.get(name);
      if (known) return known;
      const fresh = newState(0);
      states.set(name, fresh);
      return fresh;
    };
    const policy: Policy = {
      ask(process, waiting, nowMs) {
        const lease = `${process}/${(number += 1)}`;
        const ask = {
          process,
          lease,
          waiting,
          kind: "read",
          maxCalls: MOST_CALLS,
          random: chance.next(),
        } as const;
        const state = stateOf(process);
        meddle.state?.(state);
        const answer = acquire(state, ask, settings, nowMs);
        if (answer.kind === "wait") return { untilMs: answer.untilMs };
        return { id: lease, calls: answer.calls, neverRefused: answer.scout };
      },
      told(told) {
        const seen = resultOf(told);
        const result = meddle.result?.(seen) ?? seen;
        const state = stateOf(told.process);
        meddle.state?.(state);
        const { alone } = report(state, told.id, result, settings, told.nowMs);
        return againOf(told, alone, chance.next());
      },
    };
    return policy;
  };
}

function resultOf({ end, histories, tookMs }: Told): LawResult {
  const { calls, whole, rate, balance } = end;
  let [passed, slotRefused, refused, passedBy, knownBusy, faults] = [0, 0, 0, 0, 0, 0];
  let retryAfterMs = -1;
  for (let place = calls.length - 1; place >= 0; place -= 1) {
    const call = calls[place];
    if (call === undefined) continue;
    retryAfterMs = Math.max(retryAfterMs, call.retryAfterMs ?? -1);
    if (call.is === "passed") passed += 1;
    else if (call.is === "slot") slotRefused += 1;
    else if (call.is === "fault") faults += 1;
    else {
      refused += 1;
      if (passed > 0) passedBy += 1;
      else if (isKnownBusy(histories[place])) knownBusy += 1;
    }
  }
  return {
    calls: calls.length,
    tookMs,
    passed,
    slotRefused,
    refused,
    passedBy,
    knownBusy,
    whole,
    ...(retryAfterMs >= 0 ? { retryAfterMs } : {}),
    ...(rate ? { rate } : {}),
    ...(balance ? { balance } : {}),
    tooLarge: false,
    fault: whole && faults > 0,
  };
}

function isKnownBusy(history: History | undefined): boolean {
  return history !== undefined && (history.alone || history.refused >= 2);
}

function againOf({ end, histories }: Told, alone: string, random: number): Again[] {
  let passedLater = false;
  const again: Again[] = [];
  for (let place = end.calls.length - 1; place >= 0; place -= 1) {
    const call = end.calls[place];
    const history = histories[place];
    if (call === undefined || history === undefined) continue;
    if (call.is === "passed") {
      passedLater = true;
    } else if (call.is === "fault") {
      again[place] = { delayMs: 500 * 2 ** Math.min(6, history.faults) * (0.5 + random), alone: false };
    } else if (call.is === "slot") {
      again[place] = { delayMs: call.retryAfterMs ?? 0, alone: false };
    } else if (alone === "all" || (alone === "passed-by" && passedLater)) {
      const backoffMs = Math.min(256_000, 2_000 * 2 ** Math.min(7, history.refused));
      again[place] = { delayMs: Math.max(call.retryAfterMs ?? 0, backoffMs), alone: true };
    } else {
      again[place] = { delayMs: 0, alone: false };
    }
  }
  return again;
}
