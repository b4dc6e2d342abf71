/** What people were told of a schedule last: kept in the journal, so that the next night is compared with that. */
import { z } from "zod";
import type { Journal, Json } from "../journal/index.ts";

const NAME = "told";

const toldSchema = z.object({
  schemaVersion: z.literal(1),
  /** The last night. */
  run: z.string(),
  /** The last night whose rows were judged, and when: what the next one is compared with. Null when there is none yet. */
  judged: z.object({ run: z.string(), atMs: z.number() }).nullable(),
  /** What was wrong with the last night, without numbers; null: nothing. */
  trouble: z.string().nullable(),
  /** Findings that were told of, and that the last judged night could not read. */
  carried: z.array(z.string()),
  /**
   * Runs whose groups the next night is compared with, the last judged first: more than that one where it has not read all of its own. Null
   * where an older version wrote this.
   */
  members: z.array(z.string()).nullable().default(null),
});
export type Told = Omit<z.infer<typeof toldSchema>, "schemaVersion">;

/** @returns undefined when nobody was told of it yet */
export async function readTold(journal: Pick<Journal, "note">, schedule: string): Promise<Told | undefined> {
  return toldSchema.safeParse(await journal.note(aboutOf(schedule), NAME)).data;
}

export async function writeTold(
  journal: Pick<Journal, "putNote">,
  schedule: string,
  told: Told,
): Promise<void> {
  const note: Json = { schemaVersion: 1, ...told };
  await journal.putNote(aboutOf(schedule), NAME, note);
}

function aboutOf(schedule: string): string {
  return `schedule ${schedule}`;
}
