/** Findings as data: what is the matter with a row, how much that matters, and why. Pure. */
import type { Finding, Judge, Row, RuleFacts } from "../../src/job/index.ts";

/** `why` is what stands in `Finding`, behind the id. */
export interface Rule extends RuleFacts {
  readonly fires: (row: Row) => boolean;
}

/** In the order of the rules. */
export function findingsOf(rules: readonly Rule[], row: Row): readonly Finding[] {
  return rules
    .filter(({ fires }) => fires(row))
    .map(({ id, severity, why }) => ({ rule: id, severity, words: why }));
}

/** A judge for rules that look at one row at a time. */
export function judgeBy(rules: readonly Rule[]): Judge {
  return {
    observe: () => undefined,
    report: (rows) =>
      rows.map((found) =>
        found.noise === undefined ? { ...found, findings: findingsOf(rules, found.row) } : found,
      ),
  };
}
