/** Making the access index a stretch at a time, and reading along it. */
import { setImmediate as breathe } from "node:timers/promises";
import { isPassed, nextStretch, readMark } from "../access-mark.ts";
import type { Accesses, StoredRow } from "../contract/rows.ts";
import { growingSteps } from "../in-steps.ts";
import { LineSet } from "../line-set.ts";
import { crashPoint } from "../../test-points.ts";
import * as accesses from "./accesses.ts";
import { type Ground, LAZY } from "./ground.ts";
import { merge } from "./merging.ts";
import { mergeIndex } from "./principals.ts";
import { rowsAbout } from "./rows.ts";
import { READ_STEP } from "./steps.ts";

export function accessesOn(on: Ground): Accesses {
  return {
    async unindexed(run) {
      const stand = await on.read((db) => accesses.standOf(db, run));
      return nextStretch(stand, async (from) => {
        await breathe();
        return on.read((db) => accesses.someUnindexed(db, on.shapes, run, from));
      });
    },

    async indexAccess(run, stretch, leads) {
      const added = await on.writer.write(
        1 + leads.length,
        (db) => accesses.addLeads(db, run, stretch, leads),
        LAZY,
      );
      crashPoint("access.part-indexed");
      if (!added) return false;
      const isWhole = isPassed(readMark(stretch.to));
      await merge(on, {
        begin: (db) => accesses.beginMerge(db, run, isWhole ? "all" : "piled"),
        goOn: (db, left) => accesses.goOnMerging(db, run, left),
        sweep: (db) => accesses.sweepLeads(db, run),
      });
      // Its other index, too: look-ups begin now, and ask for each group of somebody in each segment there is.
      if (isWhole) await mergeIndex(on, run, "all");
      return true;
    },

    rowsUnder(run, keys) {
      let last: Promise<accesses.Trail> | undefined;
      const find = (): Promise<accesses.Trail> => (last = on.read((db) => accesses.trailOf(db, run, keys)));
      return {
        [Symbol.asyncIterator]: () => along(on, find),
        about: async (lines) => {
          const trail = await (last ?? find());
          return on.read((db) =>
            trail.isWhole
              ? accesses.rowsAlong(db, on.shapes, trail, lines)
              : rowsAbout(db, on.shapes, trail.run, lines),
          );
        },
      };
    },
  };
}

async function* along(on: Ground, find: () => Promise<accesses.Trail>): AsyncGenerator<readonly StoredRow[]> {
  const trail = await find();
  const told = new LineSet(trail.lines);
  for (const step of growingSteps(trail.places.length, READ_STEP)) {
    const { lines, rows } = await on.read((db) => accesses.rowsOfStep(db, on.shapes, trail, step, told));
    for (const line of lines) told.add(line);
    if (rows.length > 0) yield rows;
    await breathe();
  }
}
