/** Which row of one run is which of another, about the same mailbox: by immutable ids, never by names where there are ids. Pure. */
import type { Cell, Comparison, FoundRow, Row } from "../../job/index.ts";

/** Written by jobs where a value exists but is not known. */
const UNKNOWN = "unknown";

export interface Matched<Found extends FoundRow = FoundRow> {
  readonly same: readonly (readonly [before: Found, after: Found])[];
  readonly onlyBefore: readonly Found[];
  readonly onlyAfter: readonly Found[];
}

/** What two rows must have in common to be the same; undefined when a row does not have it. */
type Mark = (row: Row) => string | undefined;

/**
 * Pairs rows off, the surest marks first. A row whose holder has no id known in one of the runs (an account that could not be looked up
 * that night) is the same as one called the same: ids that are known and differ are never overruled by a name.
 */
export function matchRows<Found extends FoundRow>(
  comparison: Comparison,
  before: readonly Found[],
  after: readonly Found[],
): Matched<Found> {
  const { key, who } = comparison;
  const place = (row: Row): string => JSON.stringify(key.map((column) => row[column] ?? null));
  const same: [Found, Found][] = [];
  let left: Pick<Matched<Found>, "onlyBefore" | "onlyAfter"> = { onlyBefore: before, onlyAfter: after };
  const pairBy = (mark: Mark, may: (before: Row, after: Row) => boolean = () => true): void => {
    left = pairOff(same, left, (row) => at(place(row), mark(row)), may);
  };
  if (who === undefined) pairBy(() => "");
  else {
    const hasId = (row: Row): boolean => who.ids.some((column) => known(row[column]) !== undefined);
    const isDoubtful = (one: Row, other: Row): boolean => !hasId(one) || !hasId(other);
    for (const column of who.ids) pairBy((row) => known(row[column]));
    const { address } = who;
    if (address !== undefined) pairBy((row) => known(row[address]), isDoubtful);
    pairBy((row) => known(row[who.name]), isDoubtful);
    pairBy((row) => (hasId(row) || known(row[who.name]) !== undefined ? undefined : ""));
  }
  return { same, ...left };
}

/** What a row is known by beside its mailbox: its place there, and the surest that is known of its holder. */
export function nameOfRow({ key, who }: Comparison, row: Row): readonly unknown[] {
  const place = key.map((column) => row[column] ?? null);
  if (who === undefined) return place;
  const holder = [...who.ids, who.name].map((column) => known(row[column])).find((id) => id !== undefined);
  return [...place, holder ?? ""];
}

function at(place: string, mark: string | undefined): string | undefined {
  return mark === undefined ? undefined : `${place}\n${mark}`;
}

/** Takes pairs with the same mark out of what is left, in the order of their rows. */
function pairOff<Found extends FoundRow>(
  same: [Found, Found][],
  left: Pick<Matched<Found>, "onlyBefore" | "onlyAfter">,
  mark: Mark,
  may: (before: Row, after: Row) => boolean,
): Pick<Matched<Found>, "onlyBefore" | "onlyAfter"> {
  if (left.onlyBefore.length === 0 || left.onlyAfter.length === 0) return left;
  const waiting = Map.groupBy(left.onlyBefore, ({ row }) => mark(row));
  waiting.delete(undefined);
  const taken = new Set<Found>();
  const onlyAfter = left.onlyAfter.filter((found) => {
    const candidates = waiting.get(mark(found.row));
    const place = candidates?.findIndex(({ row }) => may(row, found.row)) ?? -1;
    const [partner] = place < 0 ? [] : (candidates?.splice(place, 1) ?? []);
    if (partner === undefined) return true;
    taken.add(partner);
    same.push([partner, found]);
    return false;
  });
  return { onlyBefore: left.onlyBefore.filter((found) => !taken.has(found)), onlyAfter };
}

/** Columns whose facts differ. What was not known in one of the runs is no other fact. */
export function changedFacts({ facts }: Comparison, before: Row, after: Row): readonly string[] {
  return facts.filter((column) => {
    const [was, is] = [before[column] ?? null, after[column] ?? null];
    return was !== is && was !== UNKNOWN && is !== UNKNOWN;
  });
}

/** True when nothing that is compared differs, row by row. The usual case, told without making a single text. */
export function areAlike(
  columns: readonly string[],
  before: readonly FoundRow[],
  after: readonly FoundRow[],
): boolean {
  if (before.length !== after.length) return false;
  for (let place = 0; place < before.length; place += 1) {
    const [one, other] = [before[place], after[place]];
    if (one === undefined || other === undefined || one.noise !== other.noise) return false;
    for (let at = 0; at < columns.length; at += 1) {
      const column = columns[at] ?? "";
      if (one.row[column] !== other.row[column]) return false;
    }
  }
  return true;
}

/** All columns a comparison looks at. */
export function comparedColumns({ key, who, facts, source }: Comparison): readonly string[] {
  return [
    ...key,
    ...(who === undefined ? [] : [...who.ids, who.name]),
    ...facts,
    ...(source === undefined ? [] : [source]),
  ];
}

function known(cell: Cell | undefined): string | undefined {
  if (cell === undefined || cell === null || cell === "" || cell === UNKNOWN) return undefined;
  return String(cell).trim().toLowerCase();
}
