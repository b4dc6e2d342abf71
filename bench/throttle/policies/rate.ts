/** Rivals that steer a rate: a fixed token bucket at a multiple of the truth, and the AWS SDK's adaptive mode. */
import { oracleRate } from "../oracle.ts";
import type { MakePolicy } from "../policy.ts";
import { dice } from "../random.ts";
import { ownBackoff } from "./naive.ts";

const CALLS = 10;

/** A token bucket of a fixed rate, this many times what the oracle has on average; knows nothing of refusals. */
export function fixedRate(times: number): MakePolicy {
  return (processes, scenario) => {
    const perMs = (oracleRate(scenario) * times) / processes / 1_000;
    const buckets = new Map<string, { tokens: number; atMs: number }>();
    let number = 0;
    return {
      ask(process, _waiting, nowMs) {
        const bucket = buckets.get(process) ?? { tokens: CALLS, atMs: nowMs };
        buckets.set(process, bucket);
        bucket.tokens = Math.min(
          Math.max(CALLS, perMs * 1_000),
          bucket.tokens + (nowMs - bucket.atMs) * perMs,
        );
        bucket.atMs = nowMs;
        if (bucket.tokens < CALLS) return { untilMs: nowMs + Math.ceil((CALLS - bucket.tokens) / perMs) };
        bucket.tokens -= CALLS;
        return { id: String((number += 1)), calls: CALLS, neverRefused: false };
      },
      told: ownBackoff,
    };
  };
}

/** botocore's adaptive retry: off until the first throttle, then x0.7 on each and CUBIC growth, at most twice the measured rate. */
export function aws(): MakePolicy {
  return () => {
    const chance = dice(3);
    const states = new Map<
      string,
      {
        on: boolean;
        fill: number;
        tokens: number;
        atMs: number;
        lastMax: number;
        throttledMs: number;
        measured: number;
        bucket: number;
        count: number;
      }
    >();
    const stateOf = (process: string, nowMs: number) => {
      const known = states.get(process);
      if (known) return known;
      const fresh = {
        on: false,
        fill: 0,
        tokens: 0,
        atMs: nowMs,
        lastMax: 0,
        throttledMs: nowMs,
        measured: 0,
        bucket: 0,
        count: 0,
      };
      states.set(process, fresh);
      return fresh;
    };
    const open = new Map<string, number>();
    let number = 0;
    return {
      ask(process, _waiting, nowMs) {
        const state = stateOf(process, nowMs);
        if ((open.get(process) ?? 0) >= 50) return { untilMs: Number.MAX_SAFE_INTEGER };
        if (state.on) {
          state.tokens = Math.min(
            Math.max(1, state.fill),
            state.tokens + ((nowMs - state.atMs) / 1_000) * state.fill,
          );
          state.atMs = nowMs;
          if (state.tokens < 1)
            return { untilMs: nowMs + Math.ceil(((1 - state.tokens) / state.fill) * 1_000) };
          state.tokens -= 1;
        }
        open.set(process, (open.get(process) ?? 0) + 1);
        return { id: String((number += 1)), calls: CALLS, neverRefused: false };
      },
      told(told) {
        open.set(told.process, (open.get(told.process) ?? 1) - 1);
        const state = stateOf(told.process, told.nowMs);
        const half = Math.floor(told.nowMs / 500);
        state.count += 1;
        if (half > state.bucket) {
          state.measured = 0.8 * (state.count / ((half - state.bucket) / 2)) + 0.2 * state.measured;
          state.bucket = half;
          state.count = 0;
        }
        const throttled = told.end.calls.some(({ is }) => is === "slot" || is === "refused");
        let rate: number;
        if (throttled) {
          const now = state.on ? Math.min(state.measured, state.fill) : state.measured;
          state.lastMax = now;
          state.throttledMs = told.nowMs;
          state.on = true;
          rate = now * 0.7;
        } else {
          const window = Math.cbrt((state.lastMax * 0.3) / 0.4);
          rate = 0.4 * ((told.nowMs - state.throttledMs) / 1_000 - window) ** 3 + state.lastMax;
        }
        state.fill = Math.max(0.5, Math.min(rate, 2 * state.measured));
        return told.end.calls.map((call, place) => {
          const tries = (told.histories[place]?.refused ?? 0) + (told.histories[place]?.faults ?? 0);
          const delayMs =
            call.is === "passed" ? 0 : Math.min(20_000, 1_000 * chance.next() * 2 ** Math.min(tries, 10));
          return { delayMs, alone: false };
        });
      },
    };
  };
}
