/** Notes: single values under a name, about a tenant or a run. */
import { asJson, optional } from "../cells.ts";
import type { Json } from "../contract/json.ts";
import type { Notes } from "../contract/notes.ts";
import type { Session } from "./database.ts";
import type { Ground } from "./ground.ts";

export function notesOn(on: Ground): Notes {
  return {
    putNote: (about, name, value) => on.write((db) => putNote(db, about, name, value)),
    note: (about, name) => on.read((db) => readNote(db, about, name)),
  };
}

async function putNote(db: Session, about: string, name: string, value: Json): Promise<void> {
  await db.run(
    "INSERT INTO notes (about, name, value) VALUES ($1, $2, $3) ON CONFLICT (about, name) DO UPDATE SET value = excluded.value",
    about,
    name,
    JSON.stringify(value),
  );
}

async function readNote(db: Session, about: string, name: string): Promise<Json | undefined> {
  const cells = await db.get("SELECT value FROM notes WHERE about = $1 AND name = $2", about, name);
  return optional(cells?.["value"], asJson);
}
