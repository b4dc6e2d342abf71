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
  limit: number,
): Promise<readonly Place[]> {
  const found = await db.all(
    // Each key by itself: the table is sorted so, and the first of a million need not be looked for among all of them.
    `SELECT DISTINCT a.line, a.n FROM unnest($2::bigint[]) AS k (hash) CROSS JOIN LATERAL (
       SELECT line, n FROM accesses WHERE run = $1 AND hash = k.hash AND (line, n) > ($3::integer, $4::integer)
       ORDER BY line, n LIMIT $5) a
     ORDER BY a.line, a.n LIMIT $5`,
    run,
    keys.map(hashOf),
    line,
    n,
    limit,
  );
  return found.map((cells) => [asNumber(cells["line"]), asNumber(cells["n"])]);
}

/** Each row by its key: a server that has not counted a new table yet would rather read all of it, again and again. */
const AT = `CROSS JOIN LATERAL (SELECT take FROM targets WHERE run = $1 AND line = a.line LIMIT 1) t
  CROSS JOIN LATERAL (SELECT * FROM found WHERE run = $1 AND line = a.line AND take = t.take AND n = a.n LIMIT 1) f`;

/** Lines that the rows at these places are about, in their order, each once. A redrive may have left fewer. */
export async function linesOf(
  db: Session,
  run: number,
  places: readonly Place[],
): Promise<readonly number[]> {
  const found = await db.all(
    `SELECT f.about FROM unnest($2::integer[], $3::integer[]) AS a (line, n) ${AT} ORDER BY f.line, f.n`,
    run,
    places.map(([line]) => line),
    places.map(([, n]) => n),
  );
  return [...new Set(found.map((cells) => asNumber(cells["about"])))];
}

/** All rows under the keys about these lines: line by line, first what its own reading brought. */
export async function rowsAlong(
  db: Session,
  run: number,
  keys: readonly string[],
  lines: readonly number[],
): Promise<readonly StoredRow[]> {
  const found = await db.all(
    `SELECT w.place, 0 AS other, ${ROW} FROM unnest($2::integer[]) WITH ORDINALITY AS w (about, place)
       CROSS JOIN LATERAL (
         SELECT DISTINCT line, n FROM accesses WHERE run = $1 AND hash = ANY($3::bigint[]) AND line = w.about) a
       ${AT} WHERE f.about = w.about
     UNION ALL
     SELECT w.place, 1, ${ROW} FROM unnest($2::integer[]) WITH ORDINALITY AS w (about, place)
       CROSS JOIN LATERAL (SELECT * FROM found e WHERE e.run = $1 AND e.about = w.about AND e.about <> e.line) f
       CROSS JOIN LATERAL (SELECT FROM targets WHERE run = $1 AND line = f.line AND take = f.take LIMIT 1) t
       CROSS JOIN LATERAL (
         SELECT FROM accesses WHERE run = $1 AND hash = ANY($3::bigint[]) AND line = f.line AND n = f.n LIMIT 1) x
     ORDER BY 1, 2, 4, 5`,
    run,
    lines,
    keys.map(hashOf),
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
