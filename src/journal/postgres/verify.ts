/** Recounts a run from its lines up, as it was at one moment, and says in sentences where it is not what it says. */
import { asNumber } from "../cells.ts";
import type { Verification } from "../journal.ts";
import { INTENT_COLUMNS } from "../intents.ts";
import { Recount } from "../recount.ts";
import { unknownRun } from "../refusals.ts";
import { PLAIN } from "./columns.ts";
import type { Session } from "./database.ts";
import { hashManifest } from "./manifest.ts";
import { headOf, readRun } from "./run-record.ts";
import { READ_STEP } from "./steps.ts";

/** In a snapshot: work may go on meanwhile. */
export async function verify(db: Session, id: string, head?: string): Promise<Verification> {
  const { key } = await headOf(db, id);
  const record = await readRun(db, id);
  if (record === undefined) throw unknownRun(id);
  const manifest = await hashManifest(db, key);
  const recount = new Recount(record, () => PLAIN, head);
  await recountLines(db, key, recount);
  return recount.conclude(record, manifest);
}

const MOST_LINE = 2 ** 31 - 1;

/** Walks targets and rows side by side, both in line order. */
async function recountLines(db: Session, run: number, recount: Recount): Promise<void> {
  for (let after = 0; ;) {
    const targets = await db.all(
      `SELECT * FROM targets WHERE run = $1 AND line > $2 ORDER BY line LIMIT ${READ_STEP}`,
      run,
      after,
    );
    const last = targets.at(-1)?.["line"];
    const to = last === undefined ? MOST_LINE : asNumber(last);
    const earlier = await db.all(
      "SELECT * FROM earlier WHERE run = $1 AND line > $2 AND line <= $3 ORDER BY line, redrive",
      run,
      after,
      to,
    );
    const intents = await db.all(
      `SELECT ${INTENT_COLUMNS} FROM intents WHERE run = $1 AND line > $2 AND line <= $3 ORDER BY line, n`,
      run,
      after,
      to,
    );
    recount.open(targets, earlier, intents);
    await recountRows(db, run, { after, to }, recount);
    recount.close();
    if (last === undefined) return;
    after = to;
  }
}

async function recountRows(
  db: Session,
  run: number,
  span: { readonly after: number; readonly to: number },
  recount: Recount,
): Promise<void> {
  let [line, take, n] = [span.after, MOST_LINE, 0];
  for (;;) {
    const rows = await db.all(
      `SELECT line, take, n, about, noise, 0 AS shape, body FROM found
       WHERE run = $1 AND line <= $2 AND (line, take, n) > ($3, $4, $5) ORDER BY line, take, n LIMIT ${READ_STEP}`,
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
  }
}
