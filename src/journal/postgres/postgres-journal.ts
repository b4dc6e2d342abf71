/** The journal in a schema of a Postgres database, shared by the processes of any number of machines: its parts, put together. */
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

export function postgresJournal(on: Ground): Journal {
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
    close: () => on.close(),
  };
}
