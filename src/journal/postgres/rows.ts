/** Rows on their way out: those of settled targets, by the line they are about. */
import { ahead } from "../ahead.ts";
import { asJson, asNumber, asText, optional } from "../cells.ts";
import type { Rows, StoredRow } from "../contract/rows.ts";
import type { Session } from "./database.ts";
import type { Ground } from "./ground.ts";
import { headOf } from "./run-record.ts";
import { READ_STEP } from "./steps.ts";
import type { Value } from "./wire.ts";

/** A step covers as many lines as the last one suggests will bring `READ_STEP` rows. */
const MOST_LINES = 10_000;
const FIRST_LINES = 200;

const COLUMNS = "f.about, f.line, f.n, f.noise, f.body";

export function rowsOn(on: Ground): Rows {
  return {
    rows: (run) => ahead(allRows(on, run)),
    rowsAbout: (run, lines) => on.read(async (db) => rowsAbout(db, await on.keyOf(db, run), lines)),
  };
}

async function* allRows(on: Ground, run: string): AsyncGenerator<readonly StoredRow[], void> {
  const head = await on.read((db) => headOf(db, run));
  let lines = FIRST_LINES;
  for (let after = 0; after < head.targets;) {
    const span = { after, to: Math.min(head.targets, after + lines) };
    const some = await on.read((db) => rowsIn(db, head.key, span));
    if (some.length > 0) yield some;
    lines = nextLines(lines, some.length);
    after = span.to;
  }
}

/** Rows about the lines in (after, to]: grouped by that line, then by the line that brought them, in the order they were found. */
function rowsIn(
  db: Session,
  run: number,
  span: { readonly after: number; readonly to: number },
): Promise<readonly StoredRow[]> {
  return found(db, (line) => `${line} > $2 AND ${line} <= $3`, [run, span.after, span.to]);
}

/** The same for lines anywhere. */
export function rowsAbout(db: Session, run: number, lines: readonly number[]): Promise<readonly StoredRow[]> {
  return found(db, (line) => `${line} = ANY ($2::integer[])`, [run, lines]);
}

/**
 * A target is looked up once for all the rows its own reading brought: `OFFSET 0` keeps the server from beginning with the rows.
 * @param among a condition on a line; the first of the values is the run
 */
async function found(
  db: Session,
  among: (line: string) => string,
  values: readonly Value[],
): Promise<readonly StoredRow[]> {
  const cellsOf = await db.all(
    `SELECT ${COLUMNS} FROM targets t CROSS JOIN LATERAL (
       SELECT * FROM found WHERE run = $1 AND line = t.line AND take = t.take AND about = t.line OFFSET 0) f
     WHERE t.run = $1 AND ${among("t.line")}
     UNION ALL
     SELECT ${COLUMNS} FROM found f JOIN targets t ON t.run = f.run AND t.line = f.line AND t.take = f.take
     WHERE f.run = $1 AND ${among("f.about")} AND f.about <> f.line
     ORDER BY 1, 2, 3`,
    ...values,
  );
  return cellsOf.map((cells) => ({
    about: asNumber(cells["about"]),
    line: asNumber(cells["line"]),
    noise: optional(cells["noise"], asText),
    row: asRow(cells["body"]),
  }));
}

/** How many lines the next step covers, when the last one covered `lines` and brought `rows`. */
function nextLines(lines: number, rows: number): number {
  return Math.max(1, Math.min(MOST_LINES, Math.round((lines * READ_STEP) / Math.max(1, rows))));
}

function asRow(body: unknown): StoredRow["row"] {
  // Only rows are written into this table.
  return asJson(body) as StoredRow["row"];
}
