/** The rivals people write: one after another, batches in sequence, n at once with exponential back-off, RobustCloudCommand's sleep. */
import type { Again, MakePolicy, Told } from "../policy.ts";

/** As p-retry does it: 1 s, 2 s, 4 s …, without looking at Retry-After; no upper bound. */
export function ownBackoff({ end, histories }: Told): Again[] {
  return end.calls.map((call, place) => {
    const history = histories[place];
    const tries = (history?.refused ?? 0) + (history?.faults ?? 0);
    return { delayMs: call.is === "passed" ? 0 : 1_000 * 2 ** Math.min(tries, 16), alone: false };
  });
}

/** So many requests of so many calls at once in each process. */
export function fixedWindow(places: number, calls: number): MakePolicy {
  return () => {
    const open = new Map<string, number>();
    let number = 0;
    return {
      ask(process) {
        const now = open.get(process) ?? 0;
        if (now >= places) return { untilMs: Number.MAX_SAFE_INTEGER };
        open.set(process, now + 1);
        return { id: String((number += 1)), calls, neverRefused: false };
      },
      told(told) {
        open.set(told.process, (open.get(told.process) ?? 1) - 1);
        return ownBackoff(told);
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
