/** One run: a policy, a pretended service and a job of so many mailboxes, in virtual time. The same seed gives the same figures. */
import { Events } from "./events.ts";
import { type Figures, figuresOf } from "./figures.ts";
import type { MakePolicy } from "./policy.ts";
import { dice } from "./random.ts";
import { MAILBOXES, type Scenario } from "./scenario.ts";
import { Server } from "./server/server.ts";
import { type Call, Work } from "./work.ts";

/** Work of a dead process goes to another after this long. */
const TAKEN_OVER_MS = 30_000;

export interface Track {
  /** By second. */
  readonly passed: number[];
  readonly attempts: number[];
  readonly refused: number[];
  readonly waitsMs: number[];
  readonly share: Map<string, number>;
  requests: number;
  requestsRefused: number;
  attemptsAll: number;
  refusedAll: number;
  done: number;
  /** When 99 % were done, when all were. */
  nearlyMs: number;
  endMs: number;
}

interface Process {
  name: string;
  alive: boolean;
  /** The wake-up that counts; older ones are not heard. */
  alarm: number;
  readonly open: Set<readonly Call[]>;
}

/** @param longestMs the run is given up then, with what was done */
export function simulate(
  scenario: Scenario,
  make: MakePolicy,
  seed: number,
  longestMs = 400_000_000,
): Figures {
  const { track, server } = play(scenario, make, seed, longestMs);
  return figuresOf(scenario, track, server);
}

/** The same, second by second. */
export function play(
  scenario: Scenario,
  make: MakePolicy,
  seed: number,
  longestMs: number,
): { readonly track: Track; readonly server: Server } {
  const count = scenario.mailboxes ?? MAILBOXES;
  const events = new Events();
  const server = new Server(scenario, events, dice(seed));
  const work = new Work(count);
  const processes: Process[] = Array.from({ length: scenario.procs ?? 1 }, (_, at) => ({
    name: `p${at}`,
    alive: true,
    alarm: 0,
    open: new Set(),
  }));
  const policy = make(processes.length, scenario);
  const track: Track = {
    passed: [],
    attempts: [],
    refused: [],
    waitsMs: [],
    share: new Map(),
    requests: 0,
    requestsRefused: 0,
    attemptsAll: 0,
    refusedAll: 0,
    done: 0,
    nearlyMs: 0,
    endMs: 0,
  };

  const alarm = (process: Process, atMs: number): void => {
    process.alarm += 1;
    const mine = process.alarm;
    events.at(atMs, () => {
      if (process.alarm === mine) go(process);
    });
  };

  const handsFree = ({ open }: Process): number =>
    scenario.tasks === undefined
      ? Number.MAX_SAFE_INTEGER
      : [...open].reduce((free, calls) => free - calls.length, scenario.tasks);

  const go = (process: Process): void => {
    if (!process.alive) return;
    for (;;) {
      const nowMs = events.nowMs;
      const waiting = Math.min(work.waiting(nowMs), handsFree(process));
      if (waiting <= 0) {
        if (work.nextAtMs !== undefined) alarm(process, Math.max(nowMs + 1, work.nextAtMs));
        return;
      }
      const permission = policy.ask(process.name, waiting, nowMs);
      if ("untilMs" in permission) {
        alarm(process, Math.max(nowMs + 1, permission.untilMs));
        return;
      }
      send(process, permission.id, work.take(permission.calls, permission.neverRefused, nowMs));
    }
  };

  const send = (process: Process, id: string, calls: readonly Call[]): void => {
    const sentMs = events.nowMs;
    const name = process.name;
    process.open.add(calls);
    for (const call of calls) call.firstSentMs ??= sentMs;
    server.send(
      calls.map(({ mailbox }) => mailbox),
      (end) => {
        // The process that sent it is dead.
        if (!process.open.delete(calls)) return;
        const nowMs = events.nowMs;
        const again = policy.told({
          id,
          process: name,
          end,
          histories: calls.map(({ history }) => history),
          tookMs: nowMs - sentMs,
          nowMs,
        });
        settle(name, calls, end, again, nowMs);
        // Whoever waits is told that something changed.
        for (const each of processes) if (each.alive) go(each);
      },
    );
  };

  const settle = (
    name: string,
    calls: readonly Call[],
    end: Parameters<Parameters<Server["send"]>[1]>[0],
    again: readonly { delayMs: number; alone: boolean }[],
    nowMs: number,
  ): void => {
    const second = Math.floor(nowMs / 1_000);
    let refused = 0;
    let passed = 0;
    for (const [place, call] of calls.entries()) {
      const is = end.calls[place]?.is;
      const { history } = call;
      if (is === "passed") {
        passed += 1;
        track.waitsMs.push(nowMs - (call.firstSentMs ?? nowMs));
        continue;
      }
      const plan = again[place] ?? { delayMs: 1_000, alone: false };
      if (is === "fault") {
        history.faults += 1;
      } else {
        refused += 1;
        if (is === "refused") history.refused += 1;
        history.alone = plan.alone;
      }
      work.again(call, nowMs + plan.delayMs, nowMs);
    }
    track.passed[second] = (track.passed[second] ?? 0) + passed;
    track.attempts[second] = (track.attempts[second] ?? 0) + calls.length;
    track.refused[second] = (track.refused[second] ?? 0) + refused;
    track.requests += 1;
    track.requestsRefused += refused > 0 ? 1 : 0;
    track.attemptsAll += calls.length;
    track.refusedAll += refused;
    track.done += passed;
    // One that came back is the same as before.
    const who = name.split("+")[0] ?? name;
    if (track.done <= count / 2) track.share.set(who, (track.share.get(who) ?? 0) + passed);
    if (track.nearlyMs === 0 && track.done >= count * 0.99) track.nearlyMs = nowMs;
    if (track.done === count) track.endMs = nowMs;
  };

  for (const { at, proc, down } of scenario.restarts ?? []) {
    const process = processes[proc];
    if (process === undefined) continue;
    events.at(at * 1_000, () => {
      process.alive = false;
      const lost = [...process.open].flat();
      process.open.clear();
      const nowMs = events.nowMs;
      for (const call of lost) work.again(call, nowMs + TAKEN_OVER_MS, nowMs);
    });
    events.at((at + down) * 1_000, () => {
      process.alive = true;
      process.name += "+";
      go(process);
    });
  }
  // One after another, as real ones start.
  for (const [at, process] of processes.entries()) events.at(at * 5, () => go(process));
  while (track.done < count && events.nowMs < longestMs && events.step());
  if (track.endMs === 0) track.endMs = events.nowMs;
  if (track.nearlyMs === 0) track.nearlyMs = events.nowMs;
  return { track, server };
}
