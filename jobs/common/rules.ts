/** Findings as data: what is the matter with a row, how much that matters, and why. Pure. */
import type { Judge, Row, Severity } from "../../src/job.ts";
import { JOINT, UNKNOWN } from "./cells.ts";

/** How bad a finding is; `unknown` where only something that has not been read could tell. */
export type Grade = Severity | typeof UNKNOWN;

export interface Rule {
  /** Lower-case words with hyphens; unique among the rules of a job. */
  readonly id: string;
  readonly severity: Grade;
  /** Why it deserves a look, without names: what stands in `Finding`, behind the id. */
  readonly why: string;
  readonly fires: (row: Row) => boolean;
}

/** Most severe first. What is unknown may be anything, but does not outrank what is known to matter. */
const ORDER: readonly Grade[] = ["critical", "high", "medium", UNKNOWN, "low", "info"];

/** The cells `Finding` and `Severity`; both empty when no rule fires. */
export function findingCells(rules: readonly Rule[], row: Row): Row {
  const found = rules
    .filter(({ fires }) => fires(row))
    .toSorted((one, other) => ORDER.indexOf(one.severity) - ORDER.indexOf(other.severity));
  return {
    Finding: found.map(({ id, why }) => `${id}: ${why}`).join(JOINT) || null,
    Severity: found[0]?.severity ?? null,
  };
}
/** A judge for rules that look at one row at a time. */
export function judgeBy(rules: readonly Rule[]): Judge {
  return {
    observe: () => undefined,
    report: (rows) =>
      rows.map((found) =>
        found.noise === undefined
          ? { ...found, row: { ...found.row, ...findingCells(rules, found.row) } }
          : found,
      ),
  };
}
