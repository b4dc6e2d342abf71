/** Evidence of a run as the tables keep it, all of it as it was at one moment. */
import { asNumber } from "../cells.ts";
import type { Cells } from "../cells.ts";
import type { EvidenceSource } from "../evidence.ts";
import { INTENT_COLUMNS } from "../intents.ts";
import { unknownRun } from "../refusals.ts";
import type { Session } from "./database.ts";
import { someIds } from "./manifest.ts";
import { headOf, readRun } from "./run-record.ts";
import { READ_STEP } from "./steps.ts";

const MOST_LINE = 2 ** 31 - 1;

/** @param db a session in a snapshot: work may go on meanwhile */
export async function evidenceOf(db: Session, id: string): Promise<EvidenceSource> {
  const { key } = await headOf(db, id);
  return {
    async standing() {
      const run = await readRun(db, id);
      if (run === undefined) throw unknownRun(id);
      return { run, mark: "" };
    },
    ids: (kind, after) => someIds(db, key, kind, after),
    async lines(after) {
      const targets = await db.all(
        `SELECT targets.*, 0 AS shape FROM targets WHERE run = $1 AND line > $2 ORDER BY line LIMIT ${READ_STEP}`,
        key,
        after,
      );
      const to = asNumber(targets.at(-1)?.["line"] ?? MOST_LINE);
      const of = (table: string, columns: string, order: string): Promise<readonly Cells[]> =>
        db.all(
          `SELECT ${columns} FROM ${table} WHERE run = $1 AND line > $2 AND line <= $3 ORDER BY line, ${order}`,
          key,
          after,
          to,
        );
      const earlier = await of("earlier", "*", "redrive");
      const intents = await of("intents", INTENT_COLUMNS, "n");
      return { found: { targets, earlier, intents }, names: [] };
    },
    async rows([line, take, n], to) {
      const found = await db.all(
        `SELECT line, take, n, about, noise, 0 AS shape, body FROM found
         WHERE run = $1 AND line <= $2 AND (line, take, n) > ($3, $4, $5) ORDER BY line, take, n LIMIT ${READ_STEP}`,
        key,
        to,
        line,
        take,
        n,
      );
      return { found, names: [] };
    },
  };
}
