/** Plays a tenant to the law, step by step, and watches what it promises. */
import {
  type Answer,
  type LawResult,
  type LawSettings,
  type LawState,
  acquire,
  newState,
  report,
  view,
} from "../../../src/throttle/law/index.ts";

export const SETTINGS: LawSettings = {
  startWindow: 3,
  maxWindow: 50,
  maxCalls: 20,
  leaseMs: 30_000,
  maxWaitMs: 60_000,
  probeShare: 0.02,
  wasteShare: 0.003,
  sharePercent: 100,
};

export function passed(calls: number, tookMs = 300): LawResult {
  return {
    calls,
    tookMs,
    passed: calls,
    slotRefused: 0,
    refused: 0,
    passedBy: 0,
    knownBusy: 0,
    whole: false,
    tooLarge: false,
    fault: false,
  };
}

/** The request itself was refused for the tenant. */
export function refusedWhole(calls: number, retryAfterMs?: number): LawResult {
  return {
    ...passed(calls, 60),
    passed: 0,
    refused: calls,
    whole: true,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

export function slotRefused(calls: number, retryAfterMs?: number): LawResult {
  return {
    ...passed(calls, 60),
    passed: 0,
    slotRefused: calls,
    whole: true,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

interface Flight {
  readonly lease: string;
  readonly calls: number;
  readonly sentMs: number;
}

/** One tenant and the processes that send to it. */
export class Play {
  state: LawState;
  nowMs: number;
  readonly settings: LawSettings;
  readonly flying: Flight[] = [];
  closedUntilMs = 0;
  #number = 0;

  constructor(settings: LawSettings = SETTINGS, startMs = 1_700_000_000_000) {
    this.settings = settings;
    this.nowMs = startMs;
    this.state = newState(startMs);
  }

  ask(kind: "read" | "write" = "read", waiting = 1_000, process = "a"): Answer {
    const lease = `${process}/${(this.#number += 1)}`;
    const ask = { process, lease, kind, waiting, maxCalls: 20, random: 0.5 };
    // Stored and loaded again, as in Redis.
    this.state = JSON.parse(JSON.stringify(this.state)) as LawState;
    const answer = acquire(this.state, ask, this.settings, this.nowMs);
    if (answer.kind === "go") this.flying.push({ lease, calls: answer.calls, sentMs: this.nowMs });
    return answer;
  }

  /** Ends the batch that has been out for longest. */
  end(resultOf: (calls: number) => LawResult, at = 0): void {
    const [flight] = this.flying.splice(Math.min(at, this.flying.length - 1), 1);
    if (flight === undefined) return;
    const reaction = report(this.state, flight.lease, resultOf(flight.calls), this.settings, this.nowMs);
    this.closedUntilMs = Math.max(this.closedUntilMs, reaction.closedUntilMs);
  }

  view(): ReturnType<typeof view> {
    return view(this.state, this.settings, this.nowMs);
  }

  /** Lets time pass and everything out pass, until a batch may leave. @returns ms it took */
  untilGo(): number {
    const startMs = this.nowMs;
    for (let steps = 0; steps < 10_000; steps += 1) {
      while (this.flying.length > 0) this.end(passed);
      const answer = this.ask();
      if (answer.kind === "go") return this.nowMs - startMs;
      this.nowMs = answer.untilMs;
    }
    throw new Error("Cannot get on: the law never lets a batch go");
  }

  /** Names of numbers in the state that are none. */
  oddNumbers(): string[] {
    return oddIn(this.state, "state");
  }
}

function oddIn(value: unknown, path: string): string[] {
  if (typeof value === "number") return Number.isFinite(value) ? [] : [`${path} = ${value}`];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => oddIn(each, `${path}.${name}`));
}
