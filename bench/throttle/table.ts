/** The figures for people: a line a run, and a summary a policy. */
import type { Figures } from "./figures.ts";

export interface Row {
  readonly policy: string;
  readonly id: string;
  readonly title: string;
  readonly seed: number;
  readonly figures: Figures;
}

export interface Summary {
  readonly policy: string;
  readonly runs: number;
  readonly utilMean: number;
  readonly utilMedian: number;
  readonly utilP10: number;
  readonly utilWorst: number;
  readonly worstId: string;
  readonly wastedMean: number;
  readonly wastedMedian: number;
  readonly wastedP90: number;
  readonly wastedWorst: number;
  readonly requestsRefused: number;
  readonly timeX: number;
  /** Runs at util >= 0.97 with at most 0.5 % refused. */
  readonly good: number;
  /** Runs that never settled after the start. */
  readonly neverSettled: number;
}

export const HEADING =
  "policy     id     util %  wasted %  w.req %   time s  time x   p99 s  settled s      Jain  title";

export function line({ policy, id, title, figures }: Row): string {
  const settled = figures.convergedS.map((s) => (s < 0 ? "never" : String(s))).join("/");
  return [
    policy.padEnd(10),
    id.padEnd(5),
    percent(figures.util, 1, 7),
    percent(figures.wasted, 3, 9),
    percent(figures.requestsRefused, 2, 8),
    figures.endS.toFixed(0).padStart(8),
    figures.timeX.toFixed(3).padStart(7),
    figures.p99S.toFixed(1).padStart(7),
    ` ${settled.padEnd(14)}`,
    figures.fairness.toFixed(3),
    ` ${title}`,
  ].join(" ");
}

/** @param rows of one policy, at least one */
export function summaryOf(policy: string, rows: readonly Row[]): Summary {
  const sorted = (of: (figures: Figures) => number): number[] =>
    rows.map(({ figures }) => of(figures)).sort((a, b) => a - b);
  const utils = sorted(({ util }) => util);
  const wasted = sorted((figures) => figures.wasted);
  const worst = rows.find(({ figures }) => figures.util === utils[0]);
  return {
    policy,
    runs: rows.length,
    utilMean: mean(utils),
    utilMedian: at(utils, 0.5),
    utilP10: at(utils, 0.1),
    utilWorst: at(utils, 0),
    worstId: worst?.id ?? "",
    wastedMean: mean(wasted),
    wastedMedian: at(wasted, 0.5),
    wastedP90: at(wasted, 0.9),
    wastedWorst: at(wasted, 1),
    requestsRefused: mean(sorted((figures) => figures.requestsRefused)),
    timeX: mean(sorted(({ timeX }) => timeX)),
    good: rows.filter(({ figures }) => figures.util >= 0.97 && figures.wasted <= 0.005).length,
    neverSettled: rows.filter(({ figures }) => (figures.convergedS[0] ?? 0) < 0).length,
  };
}

export function summaryLine(summary: Summary): string {
  return (
    `${summary.policy}: util mean ${percent(summary.utilMean, 2)} median ${percent(summary.utilMedian, 2)} p10 ${percent(summary.utilP10, 1)} ` +
    `worst ${percent(summary.utilWorst, 1)} (${summary.worstId}); wasted mean ${percent(summary.wastedMean, 3)} median ${percent(summary.wastedMedian, 2)} ` +
    `p90 ${percent(summary.wastedP90, 2)} worst ${percent(summary.wastedWorst, 2)}; requests refused ${percent(summary.requestsRefused, 2)}; ` +
    `time x${summary.timeX.toFixed(2)}; ${summary.good} of ${summary.runs} at util >= 97 and wasted <= 0.5; never settled ${summary.neverSettled}`
  );
}

function percent(share: number, digits: number, width = 0): string {
  return (share * 100).toFixed(digits).padStart(width);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.round(share * (sorted.length - 1))] ?? 0;
}
