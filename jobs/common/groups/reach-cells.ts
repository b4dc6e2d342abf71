/** How many people come in by the group that a row tells of, as cells. They are known when the run's groups are, so a judge fills them in. Pure. */
import type { GroupReach, Reaches, Row } from "../../../src/job/index.ts";
import { UNKNOWN } from "../cells.ts";

export const REACH_COLUMNS = ["GroupPeople", "GroupGuests"] as const;
export const REACH_TYPES = { GroupPeople: "integer", GroupGuests: "integer" } as const;

/** Of a row whose group has not been read, and of a row about somebody else. */
export function unreadCells(isGroup: boolean): Row {
  const cell = isGroup ? UNKNOWN : null;
  return { GroupPeople: cell, GroupGuests: cell };
}

/** Numbers are only given where everybody is counted. */
export function reachCells(reach: GroupReach | undefined): Row {
  if (reach === undefined || reach.gap !== undefined) return unreadCells(true);
  return { GroupPeople: reach.people, GroupGuests: reach.guests };
}

/** A row with what is known of its group, and that. */
export function withReach(
  row: Row,
  group: string | undefined,
  reaches: Reaches,
): { readonly row: Row; readonly reach: GroupReach | undefined } {
  if (group === undefined) return { row, reach: undefined };
  const reach = reaches.get(group.toLowerCase());
  return { row: { ...row, ...reachCells(reach) }, reach };
}
