/** What is noted of a run while it goes on, and when it ends. */
import { asJson, asNumber, asText } from "../cells.ts";
import type { Json } from "../contract/json.ts";
import type { RunEvent, RunNotes } from "../contract/run-notes.ts";
import { type CallCounts, isOver } from "../contract/runs.ts";
import { crashPoint } from "../../test-points.ts";
import type { Connection } from "./connection.ts";
import type { Ground } from "./ground.ts";
import { headOf } from "./run-record.ts";
import { addTally } from "./tallies.ts";

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

function setSummary(db: Connection, id: string, summary: Json): boolean {
  const { key, state } = headOf(db, id);
  if (isOver(state)) return false;
  return db.run("UPDATE runs SET summary = ? WHERE key = ?", JSON.stringify(summary), key) > 0;
}

function setLimits(db: Connection, id: string, limits: Json, was: Json | undefined): boolean {
  const known = was === undefined ? null : JSON.stringify(was);
  const { key } = headOf(db, id);
  const sql = "UPDATE runs SET limits = ? WHERE key = ? AND limits IS ?";
  return db.run(sql, JSON.stringify(limits), key, known) > 0;
}

function addCalls(db: Connection, id: string, delta: CallCounts): void {
  const { key } = headOf(db, id);
  for (const [name, by] of Object.entries(delta)) addTally(db, key, "call", name, Number(by));
}

export function addEvent(db: Connection, id: string, event: RunEvent): void {
  const { key } = headOf(db, id);
  db.run(
    "INSERT INTO events (run, n, at, kind, data) SELECT ?1, coalesce(max(n), 0) + 1, ?2, ?3, ?4 FROM events WHERE run = ?1",
    key,
    Math.trunc(event.atMs),
    event.kind,
    JSON.stringify(event.data),
  );
}

function listEvents(db: Connection, id: string, limit: number): readonly RunEvent[] {
  return db
    .all("SELECT at, kind, data FROM events WHERE run = ? ORDER BY n DESC LIMIT ?", headOf(db, id).key, limit)
    .toReversed()
    .map((cells) => ({
      atMs: asNumber(cells["at"]),
      kind: asText(cells["kind"]),
      data: asJson(cells["data"]),
    }));
}
