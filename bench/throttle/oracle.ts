/**
 * The most calls a scenario's limits would have served: a fluid bound, granted the same final debt as the run, with the neighbour's
 * demand set aside. Two losses no client can avoid are counted against everybody: a place idles one round trip per batch, and a short
 * run does not fill its last window (`throttle.md` 4). Only where places are counted in calls is the round trip granted: there a batch of
 * one is best, and the trip would be up to half of every figure.
 */
import { dice } from "./random.ts";
import {
  MOST_CALLS,
  OVERHEAD_MS,
  ROUND_TRIP_MS,
  type Scenario,
  limitsAt,
  neighbourTakes,
} from "./scenario.ts";

/** Calls served up to each whole second. */
export interface Oracle {
  /** @returns calls served from the start until then */
  served(atMs: number): number;
  /** @returns when so many calls are served */
  timeFor(calls: number): number;
}

const STEP_MS = 100;

/**
 * @param meanWorkMs what a call takes
 * @param finalBalance of the run: so much debt may be made
 * @param untilMs at least as far
 */
export function oracleOf(
  scenario: Scenario,
  meanWorkMs: number,
  finalBalance: number,
  untilMs: number,
): Oracle {
  const sizes = sizeMatters(scenario) ? [1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20] : [MOST_CALLS];
  let best: number[] = [];
  for (const size of sizes) {
    const curve = curveOf(scenario, meanWorkMs, finalBalance, untilMs, size);
    if ((curve.at(-1) ?? 0) > (best.at(-1) ?? -1)) best = curve;
  }
  return {
    served(atMs) {
      const place = atMs / STEP_MS;
      const low = Math.min(best.length - 1, Math.floor(place));
      const high = Math.min(best.length - 1, low + 1);
      const from = best[low] ?? 0;
      return from + ((best[high] ?? 0) - from) * (place - Math.floor(place));
    },
    timeFor(calls) {
      let low = 0;
      let high = best.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((best[middle] ?? 0) < calls) low = middle + 1;
        else high = middle;
      }
      return low * STEP_MS;
    },
  };
}

/** Large batches are best, unless places are counted in calls. */
function sizeMatters(scenario: Scenario): boolean {
  return scenario.conc?.unit === "item";
}

function curveOf(
  scenario: Scenario,
  meanWorkMs: number,
  finalBalance: number,
  untilMs: number,
  size: number,
): number[] {
  const curve = [0];
  let limits = limitsAt(scenario, 0);
  let nextChange = 0;
  let balance = limits.budget?.start ?? 0;
  let window = -1;
  let tokens = limits.rate?.kind === "bucket" ? (limits.rate.burst ?? 0) : 0;
  const overheadMs = scenario.overheadMs ?? OVERHEAD_MS;
  const roundTripMs = limits.conc?.unit === "item" ? (scenario.roundTripMs ?? ROUND_TRIP_MS) : 0;
  const floor = Math.min(0, finalBalance);
  let total = 0;
  for (let atMs = 0; atMs < untilMs; atMs += STEP_MS) {
    if ((scenario.changes?.[nextChange]?.at ?? Infinity) * 1_000 <= atMs) {
      nextChange += 1;
      limits = limitsAt(scenario, atMs);
    }
    const { budget, conc, rate } = limits;
    const workMs = meanWorkMs * slowness(scenario, atMs);
    let able = Infinity;
    let calls = size;
    if (conc) {
      const places = Math.max(0, conc.max - neighbourTakes(scenario, atMs, "slots"));
      // A batch of more calls than there are places never passes.
      if (conc.unit === "item") calls = Math.min(size, Math.max(1, Math.floor(places)));
      const depth = depthOf(calls, Math.min(scenario.lanes ?? 1, calls));
      const batchMs = overheadMs + workMs * depth + roundTripMs;
      const requests = conc.unit === "item" ? places / calls : places;
      able = Math.min(able, ((requests * calls) / batchMs) * STEP_MS);
    }
    if (budget) {
      balance += STEP_MS * (budget.recharge - neighbourTakes(scenario, atMs, "budget"));
      balance = Math.min(balance, budget.cap);
      able = Math.min(able, Math.max(0, balance - floor) / workMs);
    }
    const perUnit = rate?.unit === "request" ? calls : 1;
    const others = (neighbourTakes(scenario, atMs, "rate") * STEP_MS) / 1_000;
    if (rate?.kind === "window") {
      const now = Math.floor(atMs / ((rate.per ?? 1) * 1_000));
      // Here tokens are what is used; the neighbour's demand of the whole window is set aside.
      if (now !== window) tokens = demandOf(scenario, atMs, (rate.per ?? 1) * 1_000);
      window = now;
      able = Math.min(able, Math.max(0, (rate.n ?? 0) - tokens) * perUnit);
    } else if (rate) {
      tokens = Math.min(rate.burst ?? 0, tokens + ((rate.rate ?? 0) * STEP_MS) / 1_000 - others);
      able = Math.min(able, Math.max(0, tokens) * perUnit);
    }
    if (able === Infinity) able = 1e9;
    total += able;
    balance -= able * workMs;
    if (rate?.kind === "window") tokens += able / perUnit;
    else tokens -= able / perUnit;
    curve.push(total);
  }
  return curve;
}

function demandOf(scenario: Scenario, fromMs: number, perMs: number): number {
  let sum = 0;
  for (let at = 0; at < perMs; at += STEP_MS) {
    sum += (neighbourTakes(scenario, fromMs + at, "rate") * STEP_MS) / 1_000;
  }
  return sum;
}

const depths = new Map<string, number>();

/** How long a batch takes in its lanes, in calls of average length: its last call leaves the other lanes idle. */
function depthOf(size: number, lanes: number): number {
  if (lanes === 1) return size;
  const name = `${size}/${lanes}`;
  const known = depths.get(name);
  if (known !== undefined) return known;
  const chance = dice(1);
  let [sum, work] = [0, 0];
  for (let batch = 0; batch < 20_000; batch += 1) {
    const ends = Array.from({ length: lanes }, () => 0);
    for (let call = 0; call < size; call += 1) {
      const long = chance.next() < 0.005 ? 8 : 1;
      const ms = Math.exp(0.5 * chance.normal()) * long;
      work += ms;
      const first = ends.indexOf(Math.min(...ends));
      ends[first] = (ends[first] ?? 0) + ms;
    }
    sum += Math.max(...ends);
  }
  const depth = (sum / work) * size;
  depths.set(name, depth);
  return depth;
}

/** How many times longer the average call takes. */
function slowness({ slow }: Scenario, atMs: number): number {
  if (slow === undefined || atMs < slow.from * 1_000 || atMs >= slow.to * 1_000) return 1;
  return 1 + slow.share * (slow.x - 1);
}

/** Calls per second the limits allow in the long run, before any change. */
export function oracleRate(scenario: Scenario): number {
  const { changes: _changes, ...before } = scenario;
  const untilMs = 1_200_000;
  return (oracleOf(before, MEAN_WORK_MS, 0, untilMs).served(untilMs) / untilMs) * 1_000;
}

/** 220 ms in the median, log-normal with a tail. */
const MEAN_WORK_MS = 258;
