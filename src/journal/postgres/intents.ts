/** Intents: writes announced before they are sent. */
import { asNumber } from "../cells.ts";
import { INTENT_COLUMNS, toIntent } from "../intents.ts";
import type { Intent, Intents, NewIntent, OpenIntentResult } from "../contract/intents.ts";
import type { Json } from "../contract/json.ts";
import { crashPoint } from "../../test-points.ts";
import type { Session } from "./database.ts";
import type { Ground } from "./ground.ts";
import { Groups } from "./groups.ts";
import { type End, endIntents } from "./intent-ends.ts";
import { openGroup } from "./open-intents.ts";
import { headOf, lockRun } from "./run-record.ts";

export function intentsOn(on: Ground): Intents {
  const announcing = new Groups<NewIntent, OpenIntentResult>(on.database, {
    recordsOf: () => 0,
    work: openGroup,
  });
  return {
    openIntent: (intent) =>
      on.do(async () => {
        const result = await announcing.ask(intent);
        crashPoint("intent.committed");
        return result;
      }),
    addLook: (run, line, n, look) => on.write((db) => addLook(db, run, line, n, look)),
    endIntent: (run, line, n, end) => on.write((db) => endIntent(db, run, { line, n, end })),
    intents: (run, line) => on.read((db) => intentsOf(db, run, line)),
    openIntents: (run, after, limit) => on.read((db) => linesWithOpenIntent(db, run, after, limit)),
  };
}

/** @returns false when it is not open */
async function endIntent(db: Session, id: string, ended: End): Promise<boolean> {
  const { key } = await lockRun(db, id);
  if ((await endIntents(db, key, [ended])) === 0) return false;
  await db.run("UPDATE targets SET intent = NULL WHERE run = $1 AND line = $2", key, ended.line);
  return true;
}

/** @returns false when it is not open */
async function addLook(db: Session, id: string, line: number, n: number, look: Json): Promise<boolean> {
  const { key } = await lockRun(db, id);
  const changed = await db.run(
    `UPDATE intents SET looks = coalesce(looks || ',', '') || $4
     WHERE run = $1 AND line = $2 AND n = $3 AND ended IS NULL`,
    key,
    line,
    n,
    JSON.stringify(look),
  );
  return changed > 0;
}

async function intentsOf(db: Session, id: string, line: number): Promise<readonly Intent[]> {
  const { key } = await headOf(db, id);
  const found = await db.all(
    `SELECT ${INTENT_COLUMNS} FROM intents WHERE run = $1 AND line = $2 ORDER BY n`,
    key,
    line,
  );
  return found.map((cells) => toIntent(id, cells));
}

async function linesWithOpenIntent(
  db: Session,
  id: string,
  after: number,
  limit: number,
): Promise<readonly number[]> {
  const { key } = await headOf(db, id);
  const found = await db.all(
    "SELECT line FROM targets WHERE run = $1 AND line > $2 AND intent IS NOT NULL ORDER BY line LIMIT $3",
    key,
    after,
    limit,
  );
  return found.map((cells) => asNumber(cells["line"]));
}
