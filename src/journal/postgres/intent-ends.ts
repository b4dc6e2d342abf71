/** Ends of intents, any number of them in one transaction, and their seal. */
import { asNumber } from "../cells.ts";
import type { Cells } from "../cells.ts";
import { INTENT_COLUMNS } from "../intents.ts";
import type { IntentEnd } from "../contract/intents.ts";
import type { Seal } from "../seal.ts";
import type { Session } from "./database.ts";

/** An intent by its place, and the end it gets. */
export interface End {
  readonly line: number;
  readonly n: number;
  readonly end: IntentEnd;
}

/** Ends intents; what their targets say of it is left to the caller. @returns how many were open */
export async function endIntents(db: Session, run: number, ends: readonly End[]): Promise<number> {
  if (ends.length === 0) return 0;
  return db.run(
    `UPDATE intents i SET ended = e.ended FROM unnest($2::integer[], $3::integer[], $4::text[]) AS e (line, n, ended)
     WHERE i.run = $1 AND i.line = e.line AND i.n = e.n AND i.ended IS NULL`,
    run,
    ends.map(({ line }) => line),
    ends.map(({ n }) => n),
    ends.map(({ end }) => end),
  );
}

/** Intents of the present version of these targets, as they are kept, by line. */
export async function keptByLine(
  db: Session,
  run: number,
  lines: readonly number[],
): Promise<ReadonlyMap<number, readonly Cells[]>> {
  if (lines.length === 0) return new Map();
  const kept = await db.all(
    `SELECT ${INTENT_COLUMNS} FROM intents i JOIN targets t USING (run, line, redrive)
     WHERE run = $1 AND line = ANY ($2::integer[])`,
    run,
    lines,
  );
  return Map.groupBy(kept, (cells) => asNumber(cells["line"]));
}

/** Seals intents with the outcome they led to; `end` is what one of them gets with it. */
export function sealIntents(seal: Seal, kept: readonly Cells[], end: End | undefined): void {
  for (const cells of kept) seal.addIntent(cells["n"] === end?.n ? { ...cells, ended: end?.end } : cells);
}
