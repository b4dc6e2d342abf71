/**
 * Tenants drawn by lot, so that nobody can tune to a fixed list: spans, log-uniformly, concurrency 3-40 in requests or calls, rates
 * 5-200 calls a second with bursts of 0-60 s (a tenth of that where requests are counted), windows of 5-300 s, recharge 0.4-6, round
 * trip 10-300 ms, batch overhead up to 500 ms, 1-4 lanes, 1-8 processes, up to two changes of x0.3-x4, neighbours, up to 3 % faults,
 * with and without headers, Retry-After exact, wrong or missing, refusals that are charged or not.
 */
import { dice } from "./random.ts";
import type { Change, Limits, Neighbour, Scenario } from "./scenario.ts";

export function randomScenario(seed: number): Scenario {
  const chance = dice(seed * 7_919 + 13);
  const between = (low: number, high: number): number => low * (high / low) ** chance.next();
  const whole = (low: number, high: number): number => Math.round(between(low, high));
  const happens = (share: number): boolean => chance.next() < share;

  const kinds = { a: happens(0.35), b: happens(0.55), c: happens(0.55) };
  if (!kinds.a && !kinds.b && !kinds.c) kinds[chance.next() < 0.5 ? "b" : "c"] = true;
  const limits: Limits = {};
  let label = "";
  if (kinds.a) {
    const size = between(0.3, 3);
    const recharge = between(0.4, 6);
    const start = 300_000 * size;
    limits.budget = {
      recharge,
      cutoff: -3_000_000 * size,
      cap: start,
      start,
      gain: between(10, 40),
      maxDelay: 30_000,
      unlock: happens(0.3) ? 0 : 0.9,
      warn: happens(0.6),
    };
    label += `A${recharge.toFixed(1)}${limits.budget.warn ? "w" : ""} `;
  }
  if (kinds.b) {
    const max = whole(3, 40);
    const unit = happens(0.3) ? "item" : "request";
    limits.conc = { max, unit, retryAfter: happens(0.25) ? whole(1, 30) : null };
    label += `B${max}${unit === "item" ? "i" : ""} `;
  }
  if (kinds.c) {
    const unit = happens(0.3) ? "request" : "item";
    const rate = between(5, 200) / (unit === "request" ? 10 : 1);
    const headers = happens(0.5);
    const word = chance.next();
    const retryAfter = word < 0.7 ? "exact" : word < 0.85 ? "missing" : whole(1, 60);
    const chargeRefused = happens(0.15);
    if (happens(0.5)) {
      const per = whole(5, 300);
      const n = Math.max(unit === "request" ? 2 : 25, Math.round(rate * per));
      limits.rate = { kind: "window", n, per, unit, headers, retryAfter, chargeRefused };
      label += `Cw${n}/${per}`;
    } else {
      const burst = Math.max(unit === "request" ? 1 : 20, Math.round(rate * 60 * chance.next()));
      limits.rate = { kind: "bucket", rate, burst, unit, headers, retryAfter, chargeRefused };
      label += `Cb${rate.toFixed(1)}+${burst}`;
    }
    label += `${unit === "request" ? "r" : ""}${headers ? "h" : ""}`;
    if (retryAfter !== "exact") label += `,ra=${retryAfter}`;
    if (chargeRefused) label += ",charged";
    label += " ";
  }
  const changes: Change[] = [];
  const count = happens(0.5) ? 0 : happens(0.6) ? 1 : 2;
  let [at, factor, least] = [0, 1, 1];
  for (let nth = 0; nth < count; nth += 1) {
    at += whole(200, 3_000);
    factor *= between(0.3, 4);
    factor = Math.max(0.3, Math.min(4, factor));
    least = Math.min(least, factor);
    changes.push({ at, set: scaled(limits, factor) });
  }
  if (count > 0) label += `x${factor.toFixed(1)} `;
  const neighbour = happens(0.2) ? neighbourOf(limits, between, chance.next() * least) : undefined;
  if (neighbour) label += "N ";
  const procs = whole(1, 8);
  const lanes = whole(1, 4);
  const roundTripMs = whole(10, 300);
  const overheadMs = happens(0.1) ? 0 : whole(10, 500);
  const faults = happens(0.5) ? 0 : 0.03 * chance.next();
  const itemThrottle = kinds.c && limits.rate?.unit === "item" && happens(0.15);
  if (itemThrottle) label += "items ";
  label += `p${procs} l${lanes} rtt${roundTripMs} o${overheadMs}`;
  return {
    id: `R${seed}`,
    title: label,
    ...limits,
    ...(itemThrottle ? { itemThrottle } : {}),
    ...(faults > 0 ? { p5xx: faults, p5xxItem: faults / 4 } : {}),
    ...(changes.length > 0 ? { changes } : {}),
    ...(neighbour ? { neighbour } : {}),
    procs,
    lanes,
    roundTripMs,
    overheadMs,
  };
}

function scaled({ budget, conc, rate }: Limits, by: number): Change["set"] {
  return {
    ...(budget ? { budget: { recharge: budget.recharge * by } } : {}),
    ...(conc ? { conc: { max: Math.max(2, Math.round(conc.max * by)) } } : {}),
    ...(rate?.kind === "window" ? { rate: { n: Math.max(2, Math.round((rate.n ?? 1) * by)) } } : {}),
    ...(rate?.kind === "bucket" ? { rate: { rate: (rate.rate ?? 1) * by } } : {}),
  };
}

/** Takes up to 40 % of the least there is, on and off. */
function neighbourOf(
  { budget, conc, rate }: Limits,
  between: (low: number, high: number) => number,
  share: number,
): Neighbour {
  const part = 0.4 * share;
  const perSecond = rate?.kind === "window" ? (rate.n ?? 0) / (rate.per ?? 1) : (rate?.rate ?? 0);
  return {
    on: Math.round(between(30, 300)),
    off: Math.round(between(30, 300)),
    ...(budget ? { budget: budget.recharge * part } : {}),
    ...(conc ? { slots: Math.floor(conc.max * part) } : {}),
    ...(rate ? { rate: perSecond * part } : {}),
  };
}
