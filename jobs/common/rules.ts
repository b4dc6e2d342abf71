/** Findings as data: what is the matter with a row, how much that matters, and why. Pure. */
import type { Finding, GroupReach, Judge, Reaches, Row, RuleFacts } from "../../src/job/index.ts";
import { withReach } from "./groups/reach-cells.ts";

/** `why` is what stands in `Finding`, behind the id. */
export interface Rule extends RuleFacts {
  /** @param reach whom the row's group brings in; undefined where it has none, or its members were not read */
  readonly fires: (row: Row, reach: GroupReach | undefined) => boolean;
}

/** In the order of the rules. */
export function findingsOf(rules: readonly Rule[], row: Row, reach?: GroupReach): readonly Finding[] {
  return rules
    .filter(({ fires }) => fires(row, reach))
    .map(({ id, severity, why }) => ({ rule: id, severity, words: why }));
}

/** Groups that the rows of a job tell of. */
interface InGroups {
  /** Id of the group a row tells of; undefined for a row about somebody else. */
  readonly groupIn: (row: Row) => string | undefined;
  readonly reaches: Reaches | undefined;
}

const NO_GROUPS: InGroups = { groupIn: () => undefined, reaches: undefined };

/** A judge for rules that look at one row at a time, and at the group it tells of. */
export function judgeBy(
  rules: readonly Rule[],
  { groupIn, reaches = new Map() }: InGroups = NO_GROUPS,
): Judge {
  return {
    observe: () => undefined,
    report: (rows) =>
      rows.map((found) => {
        if (found.noise !== undefined) return found;
        const { row, reach } = withReach(found.row, groupIn(found.row), reaches);
        return { ...found, row, findings: findingsOf(rules, row, reach) };
      }),
  };
}
