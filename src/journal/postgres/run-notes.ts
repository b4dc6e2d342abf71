/** What is noted of a run while it goes on, and when it ends. */
import { asJson, asNumber, asText } from "../cells.ts";
import type { Json } from "../contract/json.ts";
import type { RunEvent, RunNotes } from "../contract/run-notes.ts";
import { type CallCounts, isOver } from "../contract/runs.ts";
import { unknownRun } from "../refusals.ts";
import { crashPoint } from "../../test-points.ts";
import type { Session } from "./database.ts";
import type { Ground } from "./ground.ts";
import { headOf, lockRun } from "./run-record.ts";
import { Tallies } from "./tallies.ts";

export function runNotesOn(on: Ground): RunNotes {
  return {
    async setSummary(id, summary) {
      const set = await on.write((db) => setSummary(db, id, summary));
      crashPoint("summary.written");
      return set;
    },
    setLimits: (id, limits, was) => on.write((db) => setLimits(db, id, limits, was)),
    addCalls: (id, delta) => on.write((db) => addCalls(db, id, delta)),
    addEvent: (id, event) => on.write((db) => addEvent(db, id, event)),
    events: (id, limit) => on.read((db) => listEvents(db, id, limit)),
  };
}

async function setSummary(db: Session, id: string, summary: Json): Promise<boolean> {
  const { key, state } = await lockRun(db, id);
  if (isOver(state)) return false;
  return (await db.run("UPDATE runs SET summary = $2 WHERE key = $1", key, JSON.stringify(summary))) > 0;
}

async function setLimits(db: Session, id: string, limits: Json, was: Json | undefined): Promise<boolean> {
  const known = was === undefined ? null : JSON.stringify(was);
  const sql = "UPDATE runs SET limits = $2 WHERE id = $1 AND limits IS NOT DISTINCT FROM $3";
  if ((await db.run(sql, id, JSON.stringify(limits), known)) > 0) return true;
  await headOf(db, id);
  return false;
}

async function addCalls(db: Session, id: string, delta: CallCounts): Promise<void> {
  const { key } = await lockRun(db, id);
  const tallies = new Tallies();
  for (const [name, by] of Object.entries(delta)) tallies.add("call", name, Number(by));
  await tallies.write(db, key);
}

export async function addEvent(db: Session, id: string, event: RunEvent): Promise<void> {
  const added = await db.run(
    "INSERT INTO events (run, at, kind, data) SELECT key, $2, $3, $4 FROM runs WHERE id = $1",
    id,
    Math.trunc(event.atMs),
    event.kind,
    JSON.stringify(event.data),
  );
  if (added === 0) throw unknownRun(id);
}

async function listEvents(db: Session, id: string, limit: number): Promise<readonly RunEvent[]> {
  const { key } = await headOf(db, id);
  const last = await db.all(
    "SELECT at, kind, data FROM events WHERE run = $1 ORDER BY n DESC LIMIT $2",
    key,
    limit,
  );
  return last.toReversed().map((cells) => ({
    atMs: asNumber(cells["at"]),
    kind: asText(cells["kind"]),
    data: asJson(cells["data"]),
  }));
}
