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
import type { Session } from "./database.ts";
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

async function addDeliveries(db: Session, deliveries: readonly NewDelivery[]): Promise<number> {
  let added = 0;
  for (const { id, sink, schedule, run, message, createdAtMs } of deliveries)
    added += await db.run(
      `INSERT INTO deliveries (id, sink, schedule, run, message, state, tries, next_at, created_at)
       VALUES ($1, $2, $3, $4, $5, 'waiting', '[]', $6, $6) ON CONFLICT (id) DO NOTHING`,
      id,
      sink,
      schedule,
      run ?? null,
      JSON.stringify(message),
      createdAtMs,
    );
  return added;
}

async function claimDelivery(
  db: Session,
  sink: string,
  owner: string,
  leaseMs: number,
  nowMs: number,
): Promise<Delivery | undefined> {
  // Whoever is claiming the same one at this moment keeps it.
  const cells = await db.get(
    `UPDATE deliveries SET owner = $2, owner_until = $3 WHERE id =
       (SELECT id FROM deliveries WHERE sink = $1 AND state = 'waiting' AND next_at <= $4
        AND (owner IS NULL OR owner_until <= $4) ORDER BY created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING *`,
    sink,
    owner,
    nowMs + leaseMs,
    nowMs,
  );
  return cells && toDelivery(cells);
}

async function endTry(
  db: Session,
  id: string,
  owner: string,
  made: DeliveryTry,
  end: DeliveryEnd,
): Promise<boolean> {
  const cells = await db.get("SELECT * FROM deliveries WHERE id = $1 AND owner = $2 FOR UPDATE", id, owner);
  if (cells === undefined) return false;
  const { tries, nextAtMs } = toDelivery(cells);
  const moved = await db.run(
    "UPDATE deliveries SET state = $2, tries = $3, next_at = $4, ended_at = $5, owner = NULL, owner_until = NULL WHERE id = $1",
    id,
    end.state,
    triesColumn([...tries, made]),
    end.state === "waiting" ? end.nextAtMs : nextAtMs,
    end.state === "waiting" ? null : made.atMs + made.tookMs,
  );
  return moved > 0;
}

async function retryDelivery(db: Session, id: string, atMs: number): Promise<boolean> {
  const sql = `UPDATE deliveries SET state = 'waiting', next_at = $2, ended_at = NULL, reason = NULL
    WHERE id = $1 AND state = 'failed'`;
  return (await db.run(sql, id, atMs)) > 0;
}

async function giveUpDeliveries(
  db: Session,
  { sinks, dueBeforeMs, atMs, reason }: Unsent,
  limit: number,
): Promise<readonly Delivery[]> {
  const given = await db.all(
    `UPDATE deliveries SET state = 'failed', ended_at = $2, reason = $5, owner = NULL, owner_until = NULL WHERE id IN
       (SELECT id FROM deliveries WHERE state = 'waiting' AND next_at < $1 AND (owner IS NULL OR owner_until <= $2)
        AND sink <> ALL ($3::text[]) ORDER BY created_at, id LIMIT $4 FOR UPDATE SKIP LOCKED)
     RETURNING *`,
    dueBeforeMs,
    atMs,
    sinks,
    limit,
    reason,
  );
  return given
    .map(toDelivery)
    .toSorted((one, other) => one.createdAtMs - other.createdAtMs || (one.id < other.id ? -1 : 1));
}

function forgetDeliveries(db: Session, endedBeforeMs: number, limit: number): Promise<number> {
  // None ends before it was made: by that the index finds them.
  return db.run(
    `DELETE FROM deliveries WHERE id IN
       (SELECT id FROM deliveries WHERE created_at < $1 AND state <> 'waiting' AND coalesce(ended_at, created_at) < $1
        AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.id = deliveries.run AND runs.${IS_OPEN})
        ORDER BY created_at, id LIMIT $2 FOR UPDATE SKIP LOCKED)`,
    endedBeforeMs,
    limit,
  );
}

async function listDeliveries(
  db: Session,
  { schedule, sink, state }: DeliveryFilter,
  limit: number,
): Promise<readonly Delivery[]> {
  const found = await db.all(
    `SELECT * FROM deliveries WHERE ($1::text IS NULL OR schedule = $1) AND ($2::text IS NULL OR sink = $2)
     AND ($3::text IS NULL OR state = $3) ORDER BY created_at DESC, id DESC LIMIT $4`,
    schedule ?? null,
    sink ?? null,
    state ?? null,
    limit,
  );
  return found.map(toDelivery);
}
