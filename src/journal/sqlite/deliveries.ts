/** Deliveries: messages to people, and what became of them. */
import { toDelivery, triesColumn } from "../deliveries.ts";
import type {
  Deliveries,
  Delivery,
  DeliveryEnd,
  DeliveryFilter,
  DeliveryTry,
  NewDelivery,
  Unsent,
} from "../deliveries.ts";
import type { Connection } from "./connection.ts";
import type { Ground } from "./ground.ts";
import { IS_OPEN } from "./run-record.ts";

export function deliveriesOn(on: Ground): Deliveries {
  return {
    addDeliveries: (added) => on.write((db) => addDeliveries(db, added)),
    claimDelivery: (sink, owner, leaseMs) =>
      on.write((db) => claimDelivery(db, sink, owner, leaseMs, on.nowMs())),
    endTry: (id, owner, made, end) => on.write((db) => endTry(db, id, owner, made, end)),
    retryDelivery: (id, atMs) => on.write((db) => retryDelivery(db, id, atMs)),
    giveUpDeliveries: (unsent, limit) => on.write((db) => giveUpDeliveries(db, unsent, limit)),
    forgetDeliveries: (endedBeforeMs, limit) => on.write((db) => forgetDeliveries(db, endedBeforeMs, limit)),
    deliveries: (filter, limit) => on.read((db) => listDeliveries(db, filter, limit)),
  };
}

function addDeliveries(db: Connection, deliveries: readonly NewDelivery[]): number {
  let added = 0;
  for (const { id, sink, schedule, run, message, createdAtMs } of deliveries)
    added += db.run(
      `INSERT INTO deliveries (id, sink, schedule, run, message, state, tries, next_at, created_at)
       VALUES (?1, ?2, ?3, ?4, ?5, 'waiting', '[]', ?6, ?6) ON CONFLICT (id) DO NOTHING`,
      id,
      sink,
      schedule,
      run ?? null,
      JSON.stringify(message),
      createdAtMs,
    );
  return added;
}

function claimDelivery(
  db: Connection,
  sink: string,
  owner: string,
  leaseMs: number,
  nowMs: number,
): Delivery | undefined {
  const cells = db.get(
    `SELECT id FROM deliveries WHERE sink = ?1 AND state = 'waiting' AND next_at <= ?2
     AND (owner IS NULL OR owner_until <= ?2) ORDER BY created_at, id LIMIT 1`,
    sink,
    nowMs,
  );
  if (cells === undefined) return undefined;
  const id = String(cells["id"]);
  db.run("UPDATE deliveries SET owner = ?2, owner_until = ?3 WHERE id = ?1", id, owner, nowMs + leaseMs);
  const claimed = db.get("SELECT * FROM deliveries WHERE id = ?", id);
  return claimed && toDelivery(claimed);
}

function endTry(db: Connection, id: string, owner: string, made: DeliveryTry, end: DeliveryEnd): boolean {
  const cells = db.get("SELECT * FROM deliveries WHERE id = ?1 AND owner = ?2", id, owner);
  if (cells === undefined) return false;
  const { tries, nextAtMs } = toDelivery(cells);
  return (
    db.run(
      `UPDATE deliveries SET state = ?2, tries = ?3, next_at = ?4, ended_at = ?5, owner = NULL, owner_until = NULL WHERE id = ?1`,
      id,
      end.state,
      triesColumn([...tries, made]),
      end.state === "waiting" ? end.nextAtMs : nextAtMs,
      end.state === "waiting" ? null : made.atMs + made.tookMs,
    ) > 0
  );
}

function retryDelivery(db: Connection, id: string, atMs: number): boolean {
  const sql = `UPDATE deliveries SET state = 'waiting', next_at = ?2, ended_at = NULL, reason = NULL
    WHERE id = ?1 AND state = 'failed'`;
  return db.run(sql, id, atMs) > 0;
}

function giveUpDeliveries(
  db: Connection,
  { sinks, dueBeforeMs, atMs, reason }: Unsent,
  limit: number,
): readonly Delivery[] {
  const given = db.all(
    `SELECT id FROM deliveries WHERE state = 'waiting' AND next_at < ?1 AND (owner IS NULL OR owner_until <= ?2)
     AND sink NOT IN (SELECT value FROM json_each(?3)) ORDER BY created_at, id LIMIT ?4`,
    dueBeforeMs,
    atMs,
    JSON.stringify(sinks),
    limit,
  );
  return given.flatMap(({ id = null }) => {
    db.run(
      `UPDATE deliveries SET state = 'failed', ended_at = ?2, reason = ?3, owner = NULL, owner_until = NULL WHERE id = ?1`,
      id,
      atMs,
      reason,
    );
    const cells = db.get("SELECT * FROM deliveries WHERE id = ?", id);
    return cells === undefined ? [] : [toDelivery(cells)];
  });
}

function forgetDeliveries(db: Connection, endedBeforeMs: number, limit: number): number {
  // None ends before it was made: by that the index finds them.
  return db.run(
    `DELETE FROM deliveries WHERE id IN
       (SELECT id FROM deliveries WHERE created_at < ?1 AND state <> 'waiting' AND coalesce(ended_at, created_at) < ?1
        AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.id = deliveries.run AND runs.${IS_OPEN})
        ORDER BY created_at, id LIMIT ?2)`,
    endedBeforeMs,
    limit,
  );
}

function listDeliveries(
  db: Connection,
  { schedule, sink, state }: DeliveryFilter,
  limit: number,
): readonly Delivery[] {
  return db
    .all(
      `SELECT * FROM deliveries WHERE (?1 IS NULL OR schedule = ?1) AND (?2 IS NULL OR sink = ?2) AND (?3 IS NULL OR state = ?3)
       ORDER BY created_at DESC, id DESC LIMIT ?4`,
      schedule ?? null,
      sink ?? null,
      state ?? null,
      limit,
    )
    .map(toDelivery);
}
