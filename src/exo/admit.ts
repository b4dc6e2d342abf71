/** The last look before a request leaves: each call that wants a word first has it, and one that came too late stays behind. */
import type { Call } from "./call.ts";
import { planted } from "../test-points.ts";
import { ExoError } from "./errors.ts";
import { stopped } from "./failure.ts";
import { MAX_WORD_MS } from "./limits.ts";

export interface Admitted {
  /** Those that may leave now; the others have heard why they may not. */
  readonly calls: readonly Call[];
  /** The earliest of their moments, on the clock of `performance.now()`: after it none of them may leave any more. */
  readonly leaveByMs: number;
}

/**
 * @param wordMs how long a word is waited for: one that never comes must not hold the place at the gate for ever
 */
export async function admit(calls: readonly Call[], wordMs = MAX_WORD_MS): Promise<Admitted> {
  const never = Number.POSITIVE_INFINITY;
  if (calls.every(({ beforeSend }) => beforeSend === undefined)) return { calls, leaveByMs: never };
  const aheadMs = wallAheadMs();
  const words = await Promise.all(
    calls.map(async (call): Promise<{ readonly call: Call; readonly untilMs: number } | undefined> => {
      try {
        return { call, untilMs: await wordOf(call, wordMs) };
      } catch (error) {
        call.reject(error);
        return undefined;
      }
    }),
  );
  // Nothing is awaited from here until the request is handed to the network: a process that slept until now sees it here.
  // A machine that was suspended sees it only on the wall clock: its own stood still.
  const sleptMs = Math.max(0, wallAheadMs() - aheadMs);
  const nowMs = performance.now() + sleptMs;
  const admitted = words.flatMap((word) => {
    if (word === undefined) return [];
    if (word.call.signal?.aborted === true) {
      word.call.reject(stopped(word.call));
      return [];
    }
    if (nowMs <= word.untilMs || planted("skip-deadline")) return [word];
    word.call.reject(tooLate(word.call));
    return [];
  });
  return {
    calls: admitted.map(({ call }) => call),
    leaveByMs: planted("skip-deadline")
      ? never
      : Math.min(never, ...admitted.map(({ untilMs }) => untilMs)) - sleptMs,
  };
}

function wallAheadMs(): number {
  return Date.now() - performance.now();
}

/** The moment until which a call may leave. One whose word comes too late is not sent, though it may still be announced. */
async function wordOf(call: Call, wordMs: number): Promise<number> {
  if (call.beforeSend === undefined) return Number.POSITIVE_INFINITY;
  const patience = Promise.withResolvers<never>();
  const timer = setTimeout(() => patience.reject(tooLate(call)), wordMs);
  try {
    return await Promise.race([call.beforeSend(), patience.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function tooLate({ cmdlet }: Call): ExoError {
  return new ExoError(
    `Cannot send ${cmdlet}: this process was held up for longer than its announcement holds`,
    {
      cmdlet,
      kind: "not-sent",
      remedy: "stopped",
    },
  );
}
