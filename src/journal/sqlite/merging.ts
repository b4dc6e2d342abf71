/** Merging what has piled up of an index, in steps between which others write. */
import type { Connection } from "./connection.ts";
import { type Ground, LAZY } from "./ground.ts";
import type { Merge } from "./key-segments.ts";
import { WRITE_STEP } from "./steps.ts";

export interface Merging {
  /** @returns undefined when there is nothing to merge */
  readonly begin: (db: Connection) => Merge | undefined;
  /** @returns what is left of it */
  readonly goOn: (db: Connection, merge: Merge) => Merge | undefined;
  /** Frees some of what merges left behind. @returns false when there is nothing */
  readonly sweep: (db: Connection) => boolean;
}

export async function merge({ writer }: Ground, { begin, goOn, sweep }: Merging): Promise<void> {
  let left = await writer.write(1, begin, LAZY);
  if (left === undefined) return;
  while (left !== undefined) {
    const last: Merge = left;
    left = await writer.write(WRITE_STEP, (db) => goOn(db, last), LAZY);
  }
  while (await writer.write(WRITE_STEP, sweep, LAZY));
}
