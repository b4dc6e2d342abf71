/** Opening intents: any number of them in one transaction. */
import { asNumber, asText, optional } from "../cells.ts";
import { toIntent, whyNotOpened } from "../intents.ts";
import { JournalError } from "../contract/errors.ts";
import type { Intent, NewIntent, OpenIntentResult } from "../contract/intents.ts";
import type { RunHead } from "../records.ts";
import { mustBeSealed, unknownLine } from "../refusals.ts";
import { crashPoint } from "../../test-points.ts";
import type { Session } from "./database.ts";
import { type End, endIntents } from "./intent-ends.ts";
import { lockRun } from "./run-record.ts";

/** What an intent needs of its target. */
interface Subject {
  readonly outcome: string | undefined;
  readonly redrive: number;
  intents: number;
  open: Intent | undefined;
}

/** What a group of intents will write. */
interface Changes {
  readonly ends: End[];
  readonly opened: Intent[];
}

/** Opens in the order given. One that is refused does not disturb the others. @throws {JournalError} when there is no such run */
export async function openGroup(
  db: Session,
  id: string,
  intents: readonly NewIntent[],
): Promise<readonly (OpenIntentResult | JournalError)[]> {
  const run = await lockRun(db, id);
  const lines = [...new Set(intents.map(({ line }) => line))].filter((line) => line <= run.targets);
  const subjects = await subjectsOf(db, id, run.key, lines);
  const changes: Changes = { ends: [], opened: [] };
  const results = intents.map((intent) => {
    try {
      return open(run, subjects.get(intent.line), intent, changes);
    } catch (error) {
      if (error instanceof JournalError) return error;
      throw error;
    }
  });
  await insert(db, run.key, changes.opened);
  await endIntents(db, run.key, changes.ends);
  await nameOpen(db, run.key, subjects);
  crashPoint("intent.before-commit");
  return results;
}

function open(
  run: RunHead,
  subject: Subject | undefined,
  intent: NewIntent,
  changes: Changes,
): OpenIntentResult {
  if (subject === undefined) throw unknownLine(intent.line, run);
  const refusal = whyNotOpened(run.state, subject, intent.attempt);
  if (refusal !== undefined) return refusal;
  mustBeSealed(run, intent.run);
  if (subject.open !== undefined) changes.ends.push({ line: intent.line, n: subject.open.n, end: "refused" });
  subject.intents += 1;
  const opened: Intent = {
    ...intent,
    atMs: Math.trunc(intent.atMs),
    n: subject.intents,
    redrive: subject.redrive,
    end: undefined,
    looks: [],
  };
  changes.opened.push(opened);
  // For one of this line that comes later in the group.
  subject.open = opened;
  return { is: "opened", n: opened.n };
}

async function subjectsOf(
  db: Session,
  id: string,
  run: number,
  lines: readonly number[],
): Promise<ReadonlyMap<number, Subject>> {
  const found = await db.all(
    `SELECT t.line AS about, t.outcome, t.redrive AS version, t.intents, i.*
     FROM targets t LEFT JOIN intents i ON i.run = t.run AND i.line = t.line AND i.n = t.intent
     WHERE t.run = $1 AND t.line = ANY ($2::integer[])`,
    run,
    lines,
  );
  return new Map(
    found.map((cells) => {
      const subject: Subject = {
        outcome: optional(cells["outcome"], asText),
        redrive: asNumber(cells["version"]),
        intents: asNumber(cells["intents"]),
        open: cells["n"] === null ? undefined : toIntent(id, cells),
      };
      return [asNumber(cells["about"]), subject] as const;
    }),
  );
}

async function insert(db: Session, run: number, intents: readonly Intent[]): Promise<void> {
  if (intents.length === 0) return;
  await db.run(
    `INSERT INTO intents (run, line, n, redrive, attempt, worker, effect, cmdlet, digest, before, at, clock)
     SELECT $1, * FROM unnest($2::integer[], $3::integer[], $4::integer[], $5::bigint[], $6::text[], $7::text[], $8::text[],
       $9::text[], $10::text[], $11::bigint[], $12::text[])`,
    run,
    intents.map(({ line }) => line),
    intents.map(({ n }) => n),
    intents.map(({ redrive }) => redrive),
    intents.map(({ attempt }) => attempt),
    intents.map(({ worker }) => worker),
    intents.map(({ effect }) => effect),
    intents.map(({ cmdlet }) => cmdlet),
    intents.map(({ digest }) => digest),
    intents.map(({ before }) => JSON.stringify(before)),
    intents.map(({ atMs }) => atMs),
    intents.map(({ clock }) => JSON.stringify(clock)),
  );
}

/** Says in the targets what is open now. */
async function nameOpen(db: Session, run: number, subjects: ReadonlyMap<number, Subject>): Promise<void> {
  const named = [...subjects].flatMap(([line, { open }]) =>
    open === undefined ? [] : [{ line, n: open.n }],
  );
  if (named.length === 0) return;
  await db.run(
    `UPDATE targets t SET intents = e.n, intent = e.n FROM unnest($2::integer[], $3::integer[]) AS e (line, n)
     WHERE t.run = $1 AND t.line = e.line AND t.intents < e.n`,
    run,
    named.map(({ line }) => line),
    named.map(({ n }) => n),
  );
}
