/** Walks the lines of a run and their rows side by side, in steps. */
import { asNumber } from "../cells.ts";
import { INTENT_COLUMNS } from "../intents.ts";
import type { Recount } from "../recount.ts";
import type { Connection } from "./connection.ts";
import { READ_STEP } from "./steps.ts";

/** Targets, and their intents with them, are read before their rows: those of a settled take do not change any more. */
export function* recountLines(db: Connection, run: number, recount: Recount): Generator<undefined, void> {
  for (let after = 0; ;) {
    const targets = db.all(
      `SELECT * FROM targets WHERE run = ? AND line > ? ORDER BY line LIMIT ${READ_STEP}`,
      run,
      after,
    );
    const last = targets.at(-1)?.["line"];
    const to = last === undefined ? Number.MAX_SAFE_INTEGER : asNumber(last);
    recount.open(
      targets,
      db.all("SELECT * FROM earlier WHERE run = ? AND line > ? AND line <= ?", run, after, to),
      db.all(
        `SELECT ${INTENT_COLUMNS} FROM intents WHERE run = ? AND line > ? AND line <= ? ORDER BY line, n`,
        run,
        after,
        to,
      ),
    );
    yield* recountRows(db, run, { after, to }, recount);
    recount.close();
    if (last === undefined) return;
    after = to;
    yield;
  }
}

function* recountRows(
  db: Connection,
  run: number,
  span: { readonly after: number; readonly to: number },
  recount: Recount,
): Generator<undefined, void> {
  let [line, take, n] = [span.after, Number.MAX_SAFE_INTEGER, 0];
  for (;;) {
    const rows = db.all(
      `SELECT line, take, n, about, noise, shape, body FROM found
       WHERE run = ? AND line <= ? AND (line, take, n) > (?, ?, ?) ORDER BY line, take, n LIMIT ${READ_STEP}`,
      run,
      span.to,
      line,
      take,
      n,
    );
    for (const cells of rows) {
      [line, take, n] = [asNumber(cells["line"]), asNumber(cells["take"]), asNumber(cells["n"])];
      recount.addRow(cells);
    }
    if (rows.length < READ_STEP) return;
    yield;
  }
}
