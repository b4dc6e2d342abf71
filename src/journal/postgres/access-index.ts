/** Making the access index a stretch at a time, and reading along it. */
import { nextStretch, readMark } from "../access-mark.ts";
import type { Accesses, StoredRow } from "../contract/rows.ts";
import { growingSteps } from "../in-steps.ts";
import { LineSet } from "../line-set.ts";
import { crashPoint } from "../../test-points.ts";
import * as accesses from "./accesses.ts";
import type { Ground } from "./ground.ts";
import { headOf } from "./run-record.ts";
import { rowsAbout } from "./rows.ts";
import { READ_STEP } from "./steps.ts";

export function accessesOn(on: Ground): Accesses {
  return {
    unindexed: (run) =>
      on.do(async () => {
        const stand = await on.database.read((db) => accesses.standOf(db, run));
        return nextStretch(stand, (from) => on.database.read((db) => accesses.someUnindexed(db, run, from)));
      }),

    async indexAccess(run, stretch, leads) {
      const added = await on.write((db) => accesses.addLeads(db, run, stretch, leads));
      crashPoint("access.part-indexed");
      return added;
    },

    rowsUnder: (run, keys) => ({
      [Symbol.asyncIterator]: () => along(on, run, keys),
      about: (lines) =>
        on.read(async (db) => {
          const stand = await accesses.standOf(db, run);
          const key = await on.keyOf(db, run);
          return readMark(stand.mark).done === stand.outcomes
            ? accesses.rowsAlong(db, key, keys, lines)
            : rowsAbout(db, key, lines);
        }),
    }),
  };
}

async function* along(
  on: Ground,
  run: string,
  keys: readonly string[],
): AsyncGenerator<readonly StoredRow[]> {
  const { key, targets } = await on.read((db) => headOf(db, run));
  const told = new LineSet(targets);
  let after: accesses.Place = [0, 0];
  for (const { from, to } of growingSteps(Number.POSITIVE_INFINITY, READ_STEP)) {
    const last = after;
    const places = await on.read((db) => accesses.placesUnder(db, key, keys, last, to - from));
    const lines = await on.read((db) => accesses.linesOf(db, key, places));
    const fresh = lines.filter((line) => !told.has(line));
    for (const line of fresh) told.add(line);
    const rows = fresh.length === 0 ? [] : await on.read((db) => accesses.rowsAlong(db, key, keys, fresh));
    if (rows.length > 0) yield rows;
    if (places.length < to - from) return;
    after = places.at(-1) ?? after;
  }
}
