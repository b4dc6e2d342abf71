/** Rivals that steer a window of requests: AIMD, Netflix's Vegas and Gradient2, Cosmos bulk, Google SRE's throttle, PnP's headers. */
import type { Again, MakePolicy, Told } from "../policy.ts";
import { dice } from "../random.ts";
import { ownBackoff } from "./naive.ts";

const CALLS = 10;

interface Limit {
  /** Requests that may be on the wire now. */
  places(nowMs: number): number;
  told(told: Told, refused: boolean, flying: number): void;
  /** Nothing may be sent before. */
  untilMs?(nowMs: number): number;
  again?(told: Told): Again[];
}

/** One limit in each process. */
function windowed(make: () => Limit): MakePolicy {
  return () => {
    const limits = new Map<string, Limit>();
    const open = new Map<string, number>();
    let number = 0;
    const limitOf = (process: string): Limit => {
      const known = limits.get(process) ?? make();
      limits.set(process, known);
      return known;
    };
    return {
      ask(process, _waiting, nowMs) {
        const limit = limitOf(process);
        const untilMs = limit.untilMs?.(nowMs) ?? 0;
        if (untilMs > nowMs) return { untilMs };
        const flying = open.get(process) ?? 0;
        if (flying >= Math.max(1, Math.floor(limit.places(nowMs)))) return { untilMs: nowMs + 1_000 };
        open.set(process, flying + 1);
        return { id: String((number += 1)), calls: CALLS, neverRefused: false };
      },
      told(told) {
        const flying = open.get(told.process) ?? 1;
        const refused = told.end.calls.some(({ is }) => is === "slot" || is === "refused");
        limitOf(told.process).told(told, refused, flying);
        open.set(told.process, flying - 1);
        return limitOf(told.process).again?.(told) ?? ownBackoff(told);
      },
    };
  };
}

/** +1 a window of successes, half on a refusal. */
export function aimd(): MakePolicy {
  return windowed(() => {
    let limit = 10;
    return {
      places: () => limit,
      told(_told, refused, flying) {
        if (refused) limit = Math.max(1, limit / 2);
        else if (flying >= limit / 2) limit = Math.min(200, limit + 1 / limit);
      },
    };
  });
}

/** Netflix VegasLimit: queue = limit x (1 - best / measured time). */
export function vegas(): MakePolicy {
  return windowed(() => {
    let [limit, best] = [10, Infinity];
    return {
      places: () => limit,
      told({ tookMs }, refused, flying) {
        if (refused) {
          limit = Math.max(1, limit - Math.max(1, Math.log10(limit)));
          return;
        }
        best = Math.min(best, tookMs);
        const queue = Math.ceil(limit * (1 - best / tookMs));
        const step = Math.max(1, Math.log10(limit));
        if (flying < limit / 2) return;
        if (queue <= 3 * step) limit = Math.min(200, limit + step);
        else if (queue >= 6 * step) limit = Math.max(1, limit - step);
      },
    };
  });
}

/** Netflix Gradient2Limit: long over short time, with room for a queue of four; does not look at refusals. */
export function gradient2(): MakePolicy {
  return windowed(() => {
    let [limit, long] = [20, 0];
    return {
      places: () => limit,
      told({ tookMs }, _refused, flying) {
        long = long === 0 ? tookMs : long + (2 / 601) * (tookMs - long);
        if (long / tookMs > 2) long *= 0.95;
        if (flying < limit / 2) return;
        const gradient = Math.max(0.5, Math.min(1, (1.5 * long) / tookMs));
        limit = Math.max(20, Math.min(200, 0.8 * limit + 0.2 * (limit * gradient + 4)));
      },
    };
  });
}

/** Azure Cosmos bulk: each second one more when nothing was refused, else at most five or half fewer. */
export function cosmos(): MakePolicy {
  return windowed(() => {
    let [limit, second, throttles] = [1, 0, 0];
    return {
      places: () => limit,
      told({ nowMs }, refused) {
        if (refused) throttles += 1;
        const now = Math.floor(nowMs / 1_000);
        if (now === second) return;
        second = now;
        limit = throttles > 0 ? Math.max(1, limit - Math.min(5, limit / 2)) : Math.min(200, limit + 1);
        throttles = 0;
      },
    };
  });
}

/** Google SRE: rejects locally with 1 - 2 x accepted / requests of the last two minutes, fifty at once. */
export function sre(): MakePolicy {
  return windowed(() => {
    const chance = dice(5);
    const seconds: { at: number; sent: number; accepted: number }[] = [];
    let restUntilMs = 0;
    return {
      places: () => 50,
      untilMs: (nowMs) => {
        if (restUntilMs > nowMs) return restUntilMs;
        const sent = seconds.reduce((sum, each) => sum + each.sent, 0);
        const accepted = seconds.reduce((sum, each) => sum + each.accepted, 0);
        if (chance.next() < (sent - 2 * accepted) / (sent + 1)) restUntilMs = nowMs + 1_000;
        return restUntilMs;
      },
      told({ nowMs }, refused) {
        const at = Math.floor(nowMs / 1_000);
        if (seconds.at(-1)?.at !== at) seconds.push({ at, sent: 0, accepted: 0 });
        while ((seconds[0]?.at ?? at) < at - 120) seconds.shift();
        const last = seconds.at(-1);
        if (last === undefined) return;
        last.sent += 1;
        if (!refused) last.accepted += 1;
      },
    };
  });
}

/** PnP Core: ten at once, everything pauses until the reset when less than a tenth remains; Retry-After binds one request. */
export function headers(): MakePolicy {
  return windowed(() => {
    let pauseUntilMs = 0;
    return {
      places: () => 10,
      untilMs: () => pauseUntilMs,
      told({ end, nowMs }) {
        if (end.rate && end.rate.remaining < 0.1 * end.rate.limit) pauseUntilMs = nowMs + end.rate.resetInMs;
      },
      again: (told) =>
        told.end.calls.map((call, place) => {
          const tries = (told.histories[place]?.refused ?? 0) + (told.histories[place]?.faults ?? 0);
          const delayMs = call.is === "passed" ? 0 : (call.retryAfterMs ?? 1_000 * 2 ** Math.min(tries, 6));
          return { delayMs, alone: false };
        }),
    };
  });
}
