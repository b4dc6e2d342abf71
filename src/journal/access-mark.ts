/**
 * How far the access index of a run goes. It is made in passes over the lines: a pass takes the outcomes recorded before it began that no
 * pass before took, whose places in the chain tell them (`chain.ts`); so what a redrive changed is found by the next pass.
 */
import { JournalError } from "./contract/errors.ts";
import type { PlacedRow, UnindexedRows } from "./contract/rows.ts";

export interface AccessMark {
  /** Outcomes up to this place are in the index. */
  readonly done: number;
  /** The pass takes outcomes up to this place; as `done` between passes. */
  readonly upTo: number;
  /** The last row the pass has taken. */
  readonly line: number;
  readonly n: number;
}

const MARK = /^(\d+) (\d+) (\d+) (\d+)$/;

/** A mark as it is kept; `undefined` before the first pass. */
export function readMark(text: string | undefined): AccessMark {
  if (text === undefined) return { done: 0, upTo: 0, line: 0, n: 0 };
  const [, done, upTo, line, n] = (MARK.exec(text) ?? []).map(Number);
  if (done === undefined || upTo === undefined || line === undefined || n === undefined)
    throw new JournalError(
      "Cannot read how far the access index goes",
      "The journal was changed by another program; put back a copy made before",
    );
  return { done, upTo, line, n };
}

function writeMark({ done, upTo, line, n }: AccessMark): string {
  return `${done} ${upTo} ${line} ${n}`;
}

/** The pass that goes on from here, or the next one; undefined when there is nothing to take. @param outcomes recorded so far */
function passFrom(mark: AccessMark, outcomes: number): AccessMark | undefined {
  if (mark.done < mark.upTo) return mark;
  return outcomes > mark.done ? { done: mark.done, upTo: outcomes, line: 0, n: 0 } : undefined;
}

/** Where a pass stands that has come to the end of the manifest. */
export function passed({ upTo }: AccessMark): AccessMark {
  return { done: upTo, upTo, line: 0, n: 0 };
}

export function isPassed(mark: AccessMark): boolean {
  return mark.done === mark.upTo;
}

/** Rows of one stretch, or a few more. */
const STRETCH_ROWS = 10_000;

/** Some of the rows a pass has to take, and where it stands then. */
export interface Taken {
  readonly rows: readonly PlacedRow[];
  readonly mark: AccessMark;
}

/**
 * The next stretch of the index; undefined when it is whole.
 * @param stand the mark as it is kept, and how many outcomes there are
 */
export async function nextStretch(
  stand: { readonly mark: string | undefined; readonly outcomes: number },
  take: (mark: AccessMark) => Promise<Taken>,
): Promise<UnindexedRows | undefined> {
  let mark = passFrom(readMark(stand.mark), stand.outcomes);
  if (mark === undefined) return undefined;
  const rows: PlacedRow[] = [];
  do {
    const taken: Taken = await take(mark);
    rows.push(...taken.rows);
    mark = taken.mark;
  } while (!isPassed(mark) && rows.length < STRETCH_ROWS);
  return { from: stand.mark ?? "", to: writeMark(mark), rows };
}
