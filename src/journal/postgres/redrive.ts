/** Redriving: settled targets are opened for another try, and what they had becomes history. */
import { asCounts, asNumber } from "../cells.ts";
import type { Cells } from "../cells.ts";
import type { TargetFilter } from "../contract/targets.ts";
import { asOutcome } from "../records.ts";
import type { Session } from "./database.ts";
import { lockRun } from "./run-record.ts";
import { WRITE_STEP } from "./steps.ts";
import { Tallies } from "./tallies.ts";
import { filterSql, filterValues } from "./targets.ts";

/** The columns of an outcome, the same in `targets` and `earlier`. */
const COLUMNS =
  "outcome, reason, request_id, fingerprint, settled_at, take, rows, noise, counts, seal, place, link";

/**
 * Opens the first settled targets after `after` that match; the first of all makes it a redrive of the run. What is in doubt takes a
 * decision (`decide.ts`).
 * @returns how many, and the last of them; fewer than `WRITE_STEP` means none are left
 */
export async function reopenSome(
  db: Session,
  id: string,
  asked: { readonly filter: TargetFilter; readonly after: number; readonly first: boolean },
): Promise<{ readonly opened: number; readonly last: number }> {
  const { key } = await lockRun(db, id);
  const found = await db.all(
    `SELECT line, outcome, rows, noise, counts FROM targets
     WHERE run = $1 AND line > $2 AND outcome NOT IN ('unresolved', 'conflict') AND ${filterSql(3)} ORDER BY line LIMIT ${WRITE_STEP}`,
    key,
    asked.after,
    ...filterValues(asked.filter),
  );
  if (found.length === 0) return { opened: 0, last: asked.after };
  await reopen(db, key, found);
  if (asked.first) await db.run("UPDATE runs SET redrives = redrives + 1 WHERE key = $1", key);
  return { opened: found.length, last: asNumber(found.at(-1)?.["line"]) };
}

/** @param found lines and outcomes of targets, with what those brought */
export async function reopen(db: Session, key: number, found: readonly Cells[]): Promise<void> {
  const lines = found.map((cells) => asNumber(cells["line"]));
  await db.run(
    `INSERT INTO earlier (run, line, redrive, ${COLUMNS})
     SELECT run, line, redrive, ${COLUMNS} FROM targets WHERE run = $1 AND line = ANY ($2::integer[])`,
    key,
    lines,
  );
  await db.run(
    `UPDATE targets SET redrive = redrive + 1, outcome = NULL, reason = NULL, request_id = NULL, fingerprint = NULL,
       settled_at = NULL, take = NULL, rows = 0, noise = NULL, counts = NULL, seal = NULL, place = NULL, link = NULL
     WHERE run = $1 AND line = ANY ($2::integer[])`,
    key,
    lines,
  );
  const tallies = new Tallies();
  for (const cells of found) {
    tallies.addOutcome(-1, {
      outcome: asOutcome(cells["outcome"]),
      rows: asNumber(cells["rows"]),
      noise: asCounts(cells["noise"]),
      counts: asCounts(cells["counts"]),
    });
  }
  await tallies.write(db, key);
}
