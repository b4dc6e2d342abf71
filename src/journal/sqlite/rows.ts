/** Rows on their way out: those of settled targets, by the line they are about. */
import type { StoredRow } from "../journal.ts";
import { asNumber, asText, optional } from "../cells.ts";
import type { Connection } from "./connection.ts";
import type { Shapes } from "./shapes.ts";
import { READ_STEP } from "./steps.ts";

/** A step covers as many lines as the last one suggests will bring `READ_STEP` rows. */
const MOST_LINES = 2_000;
export const FIRST_LINES = 50;

const COLUMNS = "f.about, f.line, f.n, f.noise, f.shape, f.body";
const SETTLED = "JOIN targets t ON t.run = f.run AND t.line = f.line AND t.take = f.take";

/** Rows about the lines in (after, to]: grouped by that line, then by the line that brought them, in the order they were found. */
export function rowsAbout(
  db: Connection,
  shapes: Shapes,
  run: number,
  span: { readonly after: number; readonly to: number },
): readonly StoredRow[] {
  return db
    .all(
      `SELECT ${COLUMNS} FROM found f ${SETTLED}
       WHERE f.run = ?1 AND f.line > ?2 AND f.line <= ?3 AND f.about = f.line
       UNION ALL
       SELECT ${COLUMNS} FROM found f INDEXED BY found_elsewhere ${SETTLED}
       WHERE f.run = ?1 AND f.about > ?2 AND f.about <= ?3 AND f.about <> f.line
       ORDER BY 1, 2, 3`,
      run,
      span.after,
      span.to,
    )
    .map((cells) => ({
      about: asNumber(cells["about"]),
      line: asNumber(cells["line"]),
      noise: optional(cells["noise"], asText),
      row: asRow(shapes, db, cells["shape"], cells["body"]),
    }));
}

/** How many lines the next step covers, when the last one covered `lines` and brought `rows`. */
export function nextLines(lines: number, rows: number): number {
  return Math.max(1, Math.min(MOST_LINES, Math.round((lines * READ_STEP) / Math.max(1, rows))));
}

function asRow(shapes: Shapes, db: Connection, shape: unknown, body: unknown): StoredRow["row"] {
  const value = shapes.unpack(db, asNumber(shape), asText(body));
  // Only rows were packed into this table.
  return value as StoredRow["row"];
}
