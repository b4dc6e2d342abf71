/** The access index: rows, found under the keys of whoever they give access. */
import { hash } from "node:crypto";
import { type AccessMark, passed, type Taken } from "../access-mark.ts";
import { asJson, asNumber, asText, optional } from "../cells.ts";
import type { Cells } from "../cells.ts";
import type { AccessLead, PlacedRow, StoredRow } from "../contract/rows.ts";
import type { Session } from "./database.ts";
import { headOf, lockRun } from "./run-record.ts";
import { READ_STEP } from "./steps.ts";

/** Lines looked through in one step. */
const STEP_LINES = 20_000;

const ROW = "f.about, f.line, f.n, f.noise, f.body";

/** The mark as it is kept, and how many outcomes there are. */
export async function standOf(
  db: Session,
  id: string,
): Promise<{ readonly mark: string | undefined; readonly outcomes: number }> {
  const cells = await db.get("SELECT indexed, chain_length FROM runs WHERE id = $1", id);
  if (cells === undefined) return { mark: undefined, outcomes: (await headOf(db, id)).tip.length };
  return { mark: optional(cells["indexed"], asText), outcomes: asNumber(cells["chain_length"]) };
}

/** Some of the rows a pass has to take. @returns them, and where the pass stands then */
export async function someUnindexed(db: Session, id: string, mark: AccessMark): Promise<Taken> {
  const head = await headOf(db, id);
  const of = async (where: string, ...bounds: readonly number[]): Promise<readonly PlacedRow[]> =>
    (
      await db.all(
        `SELECT ${ROW} FROM targets t JOIN found f ON f.run = t.run AND f.line = t.line AND f.take = t.take
         WHERE t.run = $1 AND t.place > $2 AND t.place <= $3 AND ${where} ORDER BY f.line, f.n LIMIT ${READ_STEP}`,
        head.key,
        mark.done,
        mark.upTo,
        ...bounds,
      )
    ).map(toRow);
  // A bulk read's line has millions.
  const rest = await of("f.run = $1 AND f.line = $4 AND f.n > $5", mark.line, mark.n);
  const to = Math.min(head.targets, mark.line + STEP_LINES);
  const next =
    rest.length === READ_STEP ? [] : await of("f.run = $1 AND f.line > $4 AND f.line <= $5", mark.line, to);
  const rows = [...rest, ...next];
  const last = rows.at(-1);
  if (last !== undefined && (rest.length === READ_STEP || next.length === READ_STEP))
    return { rows, mark: { ...mark, line: last.line, n: last.n } };
  // Of the last line nothing is left.
  if (to === head.targets) return { rows, mark: passed(mark) };
  return { rows, mark: { ...mark, line: to, n: last?.line === to ? last.n : 0 } };
}

/** @returns false when the index stands elsewhere */
export async function addLeads(
  db: Session,
  id: string,
  stretch: { readonly from: string; readonly to: string },
  leads: readonly AccessLead[],
): Promise<boolean> {
  const { key } = await lockRun(db, id);
  const moved = await db.run(
    "UPDATE runs SET indexed = $3 WHERE key = $1 AND coalesce(indexed, '') = $2",
    key,
    stretch.from,
    stretch.to,
  );
  if (moved === 0) return false;
  const flat = leads.flatMap(({ line, n, keys }) => keys.map((each) => ({ hash: hashOf(each), line, n })));
  await db.run(
    `INSERT INTO accesses (run, hash, line, n) SELECT $1, * FROM unnest($2::bigint[], $3::integer[], $4::integer[])
     ORDER BY 2, 3, 4 ON CONFLICT DO NOTHING`,
    key,
    flat.map((lead) => lead.hash),
    flat.map((lead) => lead.line),
    flat.map((lead) => lead.n),
  );
  return true;
}

/** Where a row lies. */
export type Place = readonly [line: number, n: number];

/** The next places under any of the keys, by line. */
export async function placesUnder(
  db: Session,
  run: number,
  keys: readonly string[],
  [line, n]: Place,
): Promise<readonly Place[]> {
  const found = await db.all(
    `SELECT DISTINCT line, n FROM accesses WHERE run = $1 AND hash = ANY($2::bigint[]) AND (line, n) > ($3::integer, $4::integer)
     ORDER BY line, n LIMIT ${READ_STEP}`,
    run,
    keys.map(hashOf),
    line,
    n,
  );
  return found.map((cells) => [asNumber(cells["line"]), asNumber(cells["n"])]);
}

/** Those of the rows that are there: a redrive may have left fewer. */
export async function rowsAt(
  db: Session,
  run: number,
  places: readonly Place[],
): Promise<readonly StoredRow[]> {
  const found = await db.all(
    // Each row by its key: a server that has not counted a new table yet would rather read all of it, again and again.
    `SELECT ${ROW} FROM unnest($2::integer[], $3::integer[]) AS a (line, n)
       CROSS JOIN LATERAL (SELECT take FROM targets WHERE run = $1 AND line = a.line LIMIT 1) t
       CROSS JOIN LATERAL (SELECT * FROM found WHERE run = $1 AND line = a.line AND take = t.take AND n = a.n LIMIT 1) f
     ORDER BY f.line, f.n`,
    run,
    places.map(([line]) => line),
    places.map(([, n]) => n),
  );
  return found.map((cells) => {
    const { n: _, ...row } = toRow(cells);
    return row;
  });
}

function toRow(cells: Cells): PlacedRow {
  return {
    about: asNumber(cells["about"]),
    line: asNumber(cells["line"]),
    n: asNumber(cells["n"]),
    noise: optional(cells["noise"], asText),
    // Only rows are written into this table.
    row: asJson(cells["body"]) as StoredRow["row"],
  };
}

/** A key as it is stored: eight bytes of SHA-256, as the server's whole number. Whoever asks looks at the rows, so two keys may meet. */
function hashOf(key: string): string {
  return hash("sha256", key, "buffer").readBigInt64BE(0).toString();
}
