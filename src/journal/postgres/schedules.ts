/** Schedules, and their ticks. */
import { sourceOf, toSchedule, toTick } from "../schedules.ts";
import type { NewSchedule, ScheduleRecord, Schedules, Tick, TickClaim, TickState } from "../schedules.ts";
import type { Session } from "./database.ts";
import type { Ground } from "./ground.ts";

export function schedulesOn(on: Ground): Schedules {
  return {
    addSchedule: (schedule) => on.write((db) => addSchedule(db, schedule)),
    dropSchedule: (name) => on.write((db) => dropSchedule(db, name)),
    schedules: () => on.read(listSchedules),
    pauseSchedule: (name, paused, atMs) => on.write((db) => pauseSchedule(db, name, paused, atMs)),
    claimTick: (claim) => on.write((db) => claimTick(db, claim, on.nowMs())),
    moveTick: (tick, to, reason) => on.write((db) => moveTick(db, tick, to, reason)),
    openTicks: () => on.read(openTicks),
    ticks: (schedule, limit) => on.read((db) => listTicks(db, schedule, limit)),
  };
}

async function addSchedule(db: Session, schedule: NewSchedule): Promise<boolean> {
  const added = await db.run(
    `INSERT INTO schedules (name, job, tenant, cron, zone, params, scope, missed, paused, decided, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $9) ON CONFLICT (name) DO NOTHING`,
    schedule.name,
    schedule.job,
    schedule.tenant,
    schedule.cron,
    schedule.zone,
    JSON.stringify(schedule.params),
    JSON.stringify(schedule.scope),
    schedule.missed,
    schedule.createdAtMs,
  );
  return added > 0;
}

async function dropSchedule(db: Session, name: string): Promise<boolean> {
  return (await db.run("DELETE FROM schedules WHERE name = $1", name)) > 0;
}

async function listSchedules(db: Session): Promise<readonly ScheduleRecord[]> {
  return (await db.all("SELECT * FROM schedules ORDER BY name")).map(toSchedule);
}

async function pauseSchedule(db: Session, name: string, paused: boolean, atMs: number): Promise<boolean> {
  const sql = "UPDATE schedules SET paused = $2, decided = $3 WHERE name = $1";
  return (await db.run(sql, name, Number(paused), atMs)) > 0;
}

async function claimTick(db: Session, claim: TickClaim, nowMs: number): Promise<Tick | undefined> {
  const until = nowMs + claim.leaseMs;
  const [schedule, due, byHand] = [claim.schedule, claim.dueMs, Number(claim.byHand)];
  // It waits for whoever is claiming the same one at this moment.
  const added = await db.run(
    `INSERT INTO ticks (schedule, due, by_hand, run, state, owner, owner_until)
     SELECT name, $2, $3, $4, 'claimed', $5, $6 FROM schedules
     WHERE name = $1 AND ($3::integer = 1 OR (paused = 0 AND decided < $2))
     ON CONFLICT (schedule, due) DO NOTHING`,
    schedule,
    due,
    byHand,
    claim.run,
    claim.owner,
    until,
  );
  const taken =
    added > 0 ||
    (await db.run(
      `UPDATE ticks SET owner = $3, owner_until = $4 WHERE schedule = $1 AND due = $2
       AND state IN ('claimed', 'started') AND (owner IS NULL OR owner = $3 OR owner_until <= $5)`,
      schedule,
      due,
      claim.owner,
      until,
      nowMs,
    )) > 0;
  const cells = taken
    ? await db.get("SELECT * FROM ticks WHERE schedule = $1 AND due = $2", schedule, due)
    : undefined;
  return cells && toTick(cells);
}

async function moveTick(
  db: Session,
  { schedule, dueMs, owner }: Pick<TickClaim, "schedule" | "dueMs" | "owner">,
  to: TickState,
  reason: string | undefined,
): Promise<boolean> {
  const moved = await db.run(
    `UPDATE ticks SET state = $4, reason = coalesce($5, reason), owner = NULL, owner_until = NULL
     WHERE schedule = $1 AND due = $2 AND owner = $3 AND state = $6`,
    schedule,
    dueMs,
    owner,
    to,
    reason ?? null,
    sourceOf(to) ?? null,
  );
  await db.run(
    `UPDATE schedules SET decided = greatest(decided, $2) WHERE name = $1
     AND EXISTS (SELECT 1 FROM ticks WHERE schedule = $1 AND due = $2 AND by_hand = 0 AND state <> 'claimed')`,
    schedule,
    dueMs,
  );
  return moved > 0;
}

async function openTicks(db: Session): Promise<readonly Tick[]> {
  const found = await db.all(
    "SELECT * FROM ticks WHERE state IN ('claimed', 'started') ORDER BY schedule, due",
  );
  return found.map(toTick);
}

async function listTicks(db: Session, schedule: string, limit: number): Promise<readonly Tick[]> {
  const sql = "SELECT * FROM ticks WHERE schedule = $1 ORDER BY due DESC LIMIT $2";
  return (await db.all(sql, schedule, limit)).map(toTick);
}
