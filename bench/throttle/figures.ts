/** What is measured of a run (`throttle.md` 4). */
import { oracleOf, type Oracle } from "./oracle.ts";
import { MAILBOXES, type Scenario } from "./scenario.ts";
import type { Server } from "./server/server.ts";
import type { Track } from "./simulate.ts";

export interface Figures {
  /** Done of what the oracle would have done by the time 99 % were done; 1 is all of it. */
  readonly util: number;
  /** Refused attempts of all attempts. */
  readonly wasted: number;
  /** Requests with a refusal in them, of all requests. */
  readonly requestsRefused: number;
  readonly endS: number;
  /** Total time over the oracle's. */
  readonly timeX: number;
  /** From first attempt to success, 99th percentile. */
  readonly p99S: number;
  /** Seconds from the start and from each change until 90 % of the oracle are reached with at most 2 % refused; -1: never. */
  readonly convergedS: readonly number[];
  /** Jain's index of what the processes did in the first half. */
  readonly fairness: number;
  /** Refusals over those the mailboxes would have given to anybody. */
  readonly refused: number;
  readonly ownRefusals: number;
  readonly done: number;
}

const CONVERGED_S = 60;

export function figuresOf(scenario: Scenario, track: Track, server: Server): Figures {
  const count = scenario.mailboxes ?? MAILBOXES;
  const oracle = oracleOf(scenario, server.meanWorkMs, server.balance, track.endMs + 60_000);
  const nearly = Math.min(track.done, count * 0.99);
  const waits = track.waitsMs.sort((a, b) => a - b);
  const starts = [0, ...(scenario.changes ?? []).map(({ at }) => at)].filter(
    (at) => at * 1_000 < track.nearlyMs,
  );
  const shares = [...track.share.values()];
  const sum = shares.reduce((a, b) => a + b, 0);
  const squares = shares.reduce((a, b) => a + b * b, 0);
  return {
    util: nearly / Math.max(1e-9, oracle.served(track.nearlyMs)),
    wasted: track.refusedAll / track.attemptsAll,
    requestsRefused: track.requestsRefused / track.requests,
    endS: track.endMs / 1_000,
    timeX: track.endMs / Math.max(1, oracle.timeFor(track.done)),
    p99S: (waits[Math.floor(waits.length * 0.99)] ?? 0) / 1_000,
    convergedS: starts.map((at) => convergence(track, oracle, at)),
    fairness: (sum * sum) / ((scenario.procs ?? 1) * squares),
    refused: track.refusedAll,
    ownRefusals: server.ownRefusals,
    done: track.done,
  };
}

function convergence(track: Track, oracle: Oracle, fromS: number): number {
  const endS = Math.floor(track.nearlyMs / 1_000);
  for (let s = Math.floor(fromS); s + 5 < endS; s += 1) {
    const to = Math.min(endS, s + CONVERGED_S);
    let passed = 0;
    let attempts = 0;
    let refused = 0;
    for (let at = s; at < to; at += 1) {
      passed += track.passed[at] ?? 0;
      attempts += track.attempts[at] ?? 0;
      refused += track.refused[at] ?? 0;
    }
    const able = oracle.served(to * 1_000) - oracle.served(s * 1_000);
    if (passed >= 0.9 * able && refused <= 0.02 * attempts) return s - Math.floor(fromS);
  }
  return -1;
}
