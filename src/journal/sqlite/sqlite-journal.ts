/** The journal in one SQLite file, shared by the processes of one machine: its parts, put together. */
import type { Journal } from "../journal.ts";
import { accessesOn } from "./access-index.ts";
import { deliveriesOn } from "./deliveries.ts";
import type { Ground } from "./ground.ts";
import { intentsOn } from "./intents.ts";
import { manifestOn } from "./manifest.ts";
import { notesOn } from "./notes.ts";
import { principalsOn } from "./principals.ts";
import { proofsOn } from "./proofs.ts";
import { rowsOn } from "./rows.ts";
import { runNotesOn } from "./run-notes.ts";
import { runsOn } from "./runs.ts";
import { schedulesOn } from "./schedules.ts";
import { settlementsOn } from "./settlements.ts";
import { targetsOn } from "./targets.ts";

export function sqliteJournal(on: Ground, close: () => Promise<void>): Journal {
  return {
    ...runsOn(on),
    ...runNotesOn(on),
    ...manifestOn(on),
    ...targetsOn(on),
    ...settlementsOn(on),
    ...rowsOn(on),
    ...proofsOn(on),
    ...intentsOn(on),
    ...principalsOn(on),
    ...accessesOn(on),
    ...notesOn(on),
    ...schedulesOn(on),
    ...deliveriesOn(on),
    close,
  };
}
