/**
 * The contract of a journal: the durable record of runs. `test/journal/journal.contract.ts` puts every implementation through it.
 *
 * Whatever an awaited method has answered is on stable storage (synced, not only written). Every method may be called from several
 * processes at once, and what one has been answered, all see. Nothing here is ever lost or silently changed: a redrive adds a version,
 * it does not erase.
 *
 * Every method may throw {JournalError}: when the storage fails, when it is asked for a run or line that is not there, and when what
 * is asked for is refused. A refused call has recorded nothing, but for the first parts of calls that work in parts. After a fault of
 * the storage a call may be repeated: what is recorded once stays so, while calls and events may then count twice.
 */
import type { Intents } from "./contract/intents.ts";
import type { Notes } from "./contract/notes.ts";
import type { Principals } from "./contract/principals.ts";
import type { Proofs } from "./contract/proofs.ts";
import type { Accesses, Rows } from "./contract/rows.ts";
import type { RunNotes } from "./contract/run-notes.ts";
import type { Runs } from "./contract/runs.ts";
import type { Settlements } from "./contract/settlements.ts";
import type { Manifest, Targets } from "./contract/targets.ts";
import type { Deliveries } from "./deliveries.ts";
import type { Schedules } from "./schedules.ts";

/** Its parts; an implementation makes each of them by itself and puts them together. */
export interface Journal
  extends
    Runs,
    RunNotes,
    Manifest,
    Targets,
    Settlements,
    Rows,
    Proofs,
    Intents,
    Principals,
    Accesses,
    Notes,
    Schedules,
    Deliveries {
  /** Finishes what was asked for; every later call is refused. */
  close(): Promise<void>;
}
