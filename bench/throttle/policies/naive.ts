/** The rivals people write: one after another, batches in sequence, n at once with exponential back-off, RobustCloudCommand's sleep. */
import type { Again, MakePolicy, Told } from "../policy.ts";

/** As p-retry does it: 1 s, 2 s, 4 s … in a row, without looking at Retry-After; no upper bound. */
export function ownBackoff({ end, histories }: Told): Again[] {
  return end.calls.map((call, place) => {
    const history = histories[place];
    const tries = (history?.refused ?? 0) + (history?.faults ?? 0);
    return { delayMs: call.is === "passed" ? 0 : 1_000 * 2 ** Math.min(tries, 16), alone: false };
  });
}

/** So many workers in each process, each with a batch of so many calls; a worker sleeps through the back-off of what it was refused. */
export function fixedWindow(places: number, calls: number): MakePolicy {
  return () => {
    /** When each worker is free again, by process. */
    const workers = new Map<string, number[]>();
    const of = new Map<string, number>();
    let number = 0;
    return {
      ask(process, _waiting, nowMs) {
        const own = workers.get(process) ?? Array.from({ length: places }, () => 0);
        workers.set(process, own);
        const free = own.findIndex((until) => until <= nowMs);
        if (free < 0) return { untilMs: Math.min(...own) };
        own[free] = Number.MAX_SAFE_INTEGER;
        const id = String((number += 1));
        of.set(id, free);
        return { id, calls, neverRefused: false };
      },
      told(told) {
        const again = ownBackoff(told);
        const own = workers.get(told.process);
        const free = of.get(told.id);
        of.delete(told.id);
        const sleepMs = Math.max(...again.map(({ delayMs }) => delayMs));
        if (own && free !== undefined) own[free] = told.nowMs + sleepMs;
        return again;
      },
    };
  };
}

/** One stream that waits Retry-After, else 3 s × attempt, before anything else is sent (ExoHelper, CIPP, the EXO module). */
export function sequential(calls: number): MakePolicy {
  return () => {
    const busy = new Set<string>();
    const waitUntil = new Map<string, number>();
    let number = 0;
    return {
      ask(process, _waiting, nowMs) {
        const until = waitUntil.get(process) ?? 0;
        if (busy.has(process)) return { untilMs: Number.MAX_SAFE_INTEGER };
        if (nowMs < until) return { untilMs: until };
        busy.add(process);
        return { id: String((number += 1)), calls, neverRefused: false };
      },
      told({ process, end, histories, nowMs }) {
        busy.delete(process);
        let waitMs = 0;
        for (const [place, call] of end.calls.entries()) {
          if (call.is === "passed") continue;
          const tries = (histories[place]?.refused ?? 0) + (histories[place]?.faults ?? 0) + 1;
          waitMs = Math.max(waitMs, call.retryAfterMs ?? 3_000 * Math.min(tries, 10));
        }
        waitUntil.set(process, nowMs + waitMs);
        return end.calls.map(() => ({ delayMs: 0, alone: false }));
      },
    };
  };
}

/** RobustCloudCommand: one after another, and every 870 s a pause of 870 s × (1 − recharge) / 2 − 15 s plus a new session of 15 s. */
export function robust(): MakePolicy {
  return (processes, scenario) => {
    const inner = sequential(1)(processes, scenario);
    const recharge = scenario.budget?.recharge ?? 0.75;
    const pauseMs = Math.max(0, (870 * (1 - Math.min(1, recharge))) / 2 - 15) * 1_000 + 15_000;
    return {
      ask(process, waiting, nowMs) {
        const at = nowMs % (870_000 + pauseMs);
        if (at > 870_000) return { untilMs: nowMs - at + 870_000 + pauseMs };
        return inner.ask(process, waiting, nowMs);
      },
      told: (told) => inner.told(told),
    };
  };
}
