/** Intents: writes announced before they are sent. */
import { asNumber } from "../cells.ts";
import { INTENT_COLUMNS, toIntent, whyNotOpened } from "../intents.ts";
import type { Intent, IntentEnd, Intents, NewIntent, OpenIntentResult } from "../contract/intents.ts";
import type { Json } from "../contract/json.ts";
import { mustBeSealed } from "../refusals.ts";
import type { Seal } from "../seal.ts";
import { crashPoint } from "../../test-points.ts";
import type { Connection } from "./connection.ts";
import type { Ground } from "./ground.ts";
import { headOf } from "./run-record.ts";
import type { Shapes } from "./shapes.ts";
import { type OpenTarget, targetOf } from "./stage.ts";

export function intentsOn(on: Ground): Intents {
  return {
    async openIntent(intent) {
      const result = await on.write((db) => openIntent(db, on.shapes, intent));
      crashPoint("intent.committed");
      return result;
    },
    addLook: (run, line, n, look) => on.write((db) => addLook(db, run, line, n, look)),
    endIntent: (run, line, n, end) => on.write((db) => endIntent(db, run, line, n, end)),
    intents: (run, line) => on.read((db) => intentsOf(db, run, line)),
    openIntents: (run, after, limit) => on.read((db) => linesWithOpenIntent(db, run, after, limit)),
  };
}

function openIntent(db: Connection, shapes: Shapes, intent: NewIntent): OpenIntentResult {
  const { line, attempt } = intent;
  const run = headOf(db, intent.run);
  const target = targetOf(db, shapes, run, line);
  const open =
    target.intent === undefined ? undefined : readIntent(db, intent.run, run.key, line, target.intent);
  const refusal = whyNotOpened(run.state, { outcome: target.outcome, open }, attempt);
  if (refusal !== undefined) return refusal;
  mustBeSealed(run, intent.run);
  if (open !== undefined) endIntent(db, intent.run, line, open.n, "refused");
  const n = target.intents + 1;
  db.run(
    `INSERT INTO intents (run, line, n, redrive, attempt, worker, effect, cmdlet, digest, before, at, clock)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    run.key,
    line,
    n,
    target.redrive,
    attempt,
    intent.worker,
    intent.effect,
    intent.cmdlet,
    intent.digest,
    JSON.stringify(intent.before),
    Math.trunc(intent.atMs),
    JSON.stringify(intent.clock),
  );
  db.run("UPDATE targets SET intents = ?1, intent = ?1 WHERE run = ?2 AND line = ?3", n, run.key, line);
  crashPoint("intent.before-commit");
  return { is: "opened", n };
}

/** @returns false when it is not open */
function addLook(db: Connection, id: string, line: number, n: number, look: Json): boolean {
  const changed = db.run(
    "UPDATE intents SET looks = coalesce(looks || ',', '') || ? WHERE run = ? AND line = ? AND n = ? AND ended IS NULL",
    JSON.stringify(look),
    headOf(db, id).key,
    line,
    n,
  );
  return changed > 0;
}

/** @returns false when it is not open */
function endIntent(db: Connection, id: string, line: number, n: number, end: IntentEnd): boolean {
  return closeIntent(db, headOf(db, id).key, line, n, end);
}

/** @returns false when it is not open */
export function closeIntent(db: Connection, run: number, line: number, n: number, end: IntentEnd): boolean {
  const ended = db.run(
    "UPDATE intents SET ended = ? WHERE run = ? AND line = ? AND n = ? AND ended IS NULL",
    end,
    run,
    line,
    n,
  );
  if (ended === 0) return false;
  db.run("UPDATE targets SET intent = NULL WHERE run = ? AND line = ? AND intent = ?", run, line, n);
  return true;
}

/** Seals the intents of this version of a target with its outcome. All of them have an end. */
export function sealIntents(
  db: Connection,
  run: number,
  line: number,
  target: Pick<OpenTarget, "intents" | "redrive">,
  seal: Seal,
): void {
  if (target.intents === 0) return;
  const intents = db.all(
    `SELECT ${INTENT_COLUMNS} FROM intents WHERE run = ? AND line = ? AND redrive = ?`,
    run,
    line,
    target.redrive,
  );
  for (const cells of intents) seal.addIntent(cells);
}

function intentsOf(db: Connection, id: string, line: number): readonly Intent[] {
  return db
    .all(
      `SELECT ${INTENT_COLUMNS} FROM intents WHERE run = ? AND line = ? ORDER BY n`,
      headOf(db, id).key,
      line,
    )
    .map((cells) => toIntent(id, cells));
}

function linesWithOpenIntent(db: Connection, id: string, after: number, limit: number): readonly number[] {
  return db
    .all(
      `SELECT line FROM targets INDEXED BY open_intents
       WHERE run = ? AND line > ? AND intent IS NOT NULL ORDER BY line LIMIT ?`,
      headOf(db, id).key,
      after,
      limit,
    )
    .map((cells) => asNumber(cells["line"]));
}

function readIntent(db: Connection, id: string, run: number, line: number, n: number): Intent | undefined {
  const cells = db.get(
    `SELECT ${INTENT_COLUMNS} FROM intents WHERE run = ? AND line = ? AND n = ?`,
    run,
    line,
    n,
  );
  return cells && toIntent(id, cells);
}
