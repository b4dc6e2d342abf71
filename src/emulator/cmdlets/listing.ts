/** Rows of many objects, a page at a time: a place is an object's number and how many of its rows were given. */
import type { RowSource, WireRow } from "../cmdlet.ts";
import type { Range } from "../organisation/census.ts";

/**
 * Walks ranges of objects in order.
 * @param rowsOf no rows for an object that is not listed
 */
export function listing(ranges: readonly Range[], rowsOf: (index: number) => readonly WireRow[]): RowSource {
  return {
    read(from, limit) {
      const place = parsePlace(from);
      const rows: WireRow[] = [];
      for (const { first, end } of ranges) {
        for (let index = Math.max(first, place.index); index < end; index++) {
          const all = rowsOf(index);
          const start = index === place.index ? place.given : 0;
          const room = limit - rows.length;
          rows.push(...all.slice(start, start + room));
          if (all.length - start > room) return { rows, next: `${index}.${start + room}` };
        }
      }
      return { rows, next: undefined };
    },
  };
}

/** Rows that are already there. */
export function rowsOf(rows: readonly WireRow[]): RowSource {
  return {
    read(from, limit) {
      const start = parsePlace(from).given;
      const end = start + limit;
      return { rows: rows.slice(start, end), next: end < rows.length ? `0.${end}` : undefined };
    },
  };
}

function parsePlace(from: string | undefined): { readonly index: number; readonly given: number } {
  if (from === undefined) return { index: 0, given: 0 };
  const [, index, given] = /^(\d{1,9})\.(\d{1,9})$/.exec(from) ?? [];
  if (index === undefined) throw new RangeError(`Cannot continue a listing: "${from}" is not a place in it`);
  return { index: Number(index), given: Number(given) };
}
