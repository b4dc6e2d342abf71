/** The last look before a request leaves: each call that wants a word first has it, and one that came too late stays behind. */
import type { Call } from "./call.ts";
import { planted } from "../test-points.ts";
import { ExoError } from "./errors.ts";

/** @returns those that may leave now; the others have heard why they may not */
export async function admit(calls: readonly Call[]): Promise<readonly Call[]> {
  if (calls.every(({ beforeSend }) => beforeSend === undefined)) return calls;
  const aheadMs = wallAheadMs();
  const words = await Promise.all(
    calls.map(async (call): Promise<{ readonly call: Call; readonly untilMs: number } | undefined> => {
      try {
        return { call, untilMs: (await call.beforeSend?.()) ?? Number.POSITIVE_INFINITY };
      } catch (error) {
        call.reject(error);
        return undefined;
      }
    }),
  );
  // Nothing is awaited from here until the request is handed to the network: a process that slept until now sees it here.
  // A machine that was suspended sees it only on the wall clock: its own stood still.
  const nowMs = performance.now() + Math.max(0, wallAheadMs() - aheadMs);
  return words.flatMap((word) => {
    if (word === undefined) return [];
    if (nowMs <= word.untilMs || planted("skip-deadline")) return [word.call];
    word.call.reject(tooLate(word.call));
    return [];
  });
}

function wallAheadMs(): number {
  return Date.now() - performance.now();
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
