/** Notes: single values under a name, about a tenant or a run. */
import { asJson, optional } from "../cells.ts";
import type { Json } from "../contract/json.ts";
import type { Notes } from "../contract/notes.ts";
import type { Connection } from "./connection.ts";
import type { Ground } from "./ground.ts";

export function notesOn(on: Ground): Notes {
  return {
    putNote: (about, name, value) => on.write((db) => putNote(db, about, name, value)),
    note: (about, name) => on.read((db) => readNote(db, about, name)),
  };
}

function putNote(db: Connection, about: string, name: string, value: Json): void {
  db.run(
    "INSERT INTO notes (about, name, value) VALUES (?, ?, ?) ON CONFLICT (about, name) DO UPDATE SET value = excluded.value",
    about,
    name,
    JSON.stringify(value),
  );
}

function readNote(db: Connection, about: string, name: string): Json | undefined {
  return optional(
    db.get("SELECT value FROM notes WHERE about = ? AND name = ?", about, name)?.["value"],
    asJson,
  );
}
